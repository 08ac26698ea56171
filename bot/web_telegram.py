"""`/webhooks/telegram`: Telegram calls, shows the secret, and gets its 200 once the update is stored."""

import hmac
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.web_requests import Pool, Unavailable, read_body

PATH = "/webhooks/telegram"
MAX_BODY = 512 * 1024  # bytes; the longest text that answers the longest text takes about a tenth
SECRET = "x-telegram-bot-api-secret-token"  # noqa: S105 - a header's name


def routes(take: Callable[[Mapping[str, Any]], None], secret: str) -> list[Route]:
    """The one route of this module. `take` stores an update and returns once it is committed."""
    pool = Pool()

    async def webhook(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get(SECRET, "").encode(), secret.encode()):
            return Response(status_code=403)
        body = await read_body(request, MAX_BODY)
        if body is None:
            return Response(status_code=413)
        update = _object(body)
        if update is None:
            return Response(status_code=400)
        try:
            await pool.run(partial(take, update))
        except Unavailable:
            return Response(status_code=503)  # Telegram brings it again
        return Response()

    return [Route(PATH, webhook, methods=["POST"])]


def _object(body: bytes) -> Mapping[str, Any] | None:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None
