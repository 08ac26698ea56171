"""`/webhooks/telegram`: Telegram calls, shows the secret, and gets its 200 once the update is stored."""

import hmac
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

import anyio.to_thread
from anyio import CapacityLimiter
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PATH = "/webhooks/telegram"
MAX_BODY = 512 * 1024  # bytes; the longest text that answers the longest text takes about a tenth
THREADS = 4  # updates stored at once
SECRET = "x-telegram-bot-api-secret-token"  # noqa: S105 - a header's name

log = logging.getLogger(__name__)


def routes(take: Callable[[Mapping[str, Any]], None], secret: str) -> list[Route]:
    """The one route of this module. `take` stores an update and returns once it is committed."""
    limiter = CapacityLimiter(THREADS)

    async def webhook(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get(SECRET, "").encode(), secret.encode()):
            return Response(status_code=403)
        body = await _body(request)
        if body is None:
            return Response(status_code=413)
        update = _object(body)
        if update is None:
            return Response(status_code=400)
        try:
            await anyio.to_thread.run_sync(take, update, limiter=limiter)
        except (OperationalError, InterfaceError, PoolTimeout) as error:
            log.warning("the database does not answer: %s", type(error).__name__)
            return Response(status_code=503)  # Telegram brings it again
        return Response()

    return [Route(PATH, webhook, methods=["POST"])]


async def _body(request: Request) -> bytes | None:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            return None
    return bytes(body)


def _object(body: bytes) -> Mapping[str, Any] | None:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None
