"""Where Twilio knocks: incoming messages, stored before they are acknowledged, and what became of ours."""

import logging

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot import inbox, receipts
from bot.channels.twilio import STATUS_PATH
from bot.channels.twilio_inbound import Form, check_signature, read_form, read_message, read_status
from bot.errors import Forged, Unreadable
from bot.web_phone import Services
from bot.web_requests import Pool, Unavailable, read_body

log = logging.getLogger(__name__)

MESSAGES_PATH = "/webhooks/twilio/messages"
MAX_BODY = 64 * 1024  # bytes

NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""Replies leave by the outbox, which can try again; an answer here could not."""


class Webhooks:
    """The routes under /webhooks/twilio/. Without a public address or a token everything is refused."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._pool = Pool()

    def routes(self) -> list[Route]:
        """Starlette's routes."""
        return [
            Route(MESSAGES_PATH, self.messages, methods=["POST"]),
            Route(STATUS_PATH, self.status, methods=["POST"]),
        ]

    async def messages(self, request: Request) -> Response:
        """Stores one message, commits, then answers and wakes a turn."""
        try:
            inbound = read_message(await self._signed_form(request))
        except (Forged, Unreadable) as error:
            return _refused(error)
        if inbound is not None:
            message, services = inbound, self._services

            def store() -> inbox.Accepted:
                with services.database.transaction() as session:
                    return inbox.accept(session, message, services.clock())

            try:
                accepted = await self._pool.run(store)
            except Unavailable:
                return _unavailable()
            services.turns.submit(accepted.conversation_id)
        return Response(NOTHING_TO_SAY, media_type="text/xml")

    async def status(self, request: Request) -> Response:
        """Notes what became of a message of ours; whatever comes twice, late or out of order changes nothing."""
        try:
            receipt = read_status(await self._signed_form(request), _message_id(request))
        except (Forged, Unreadable) as error:
            return _refused(error)
        if receipt is not None:
            told, services = receipt, self._services

            def note() -> None:
                with services.database.transaction() as session:
                    receipts.note(session, told, services.clock())

            try:
                await self._pool.run(note)
            except Unavailable:
                return _unavailable()
        return Response(status_code=204)

    async def _signed_form(self, request: Request) -> Form:
        """The posted form, once its signature has been checked; raises Forged or Unreadable."""
        settings = self._services.settings
        if settings.public_url is None or settings.twilio_auth_token is None:
            raise Forged("nothing to check a signature with")
        body = await read_body(request, MAX_BODY)
        if body is None:
            raise Unreadable("too large")
        form = read_form(body)
        path = request.scope.get("raw_path", request.url.path.encode()).decode("ascii", "replace")
        query = request.scope.get("query_string", b"").decode("ascii", "replace")
        url = str(settings.public_url).rstrip("/") + path + (f"?{query}" if query else "")
        token = settings.twilio_auth_token.get_secret_value()
        check_signature(token, url, form, request.headers.get("x-twilio-signature", ""))
        return form


def _message_id(request: Request) -> int | None:
    """Our own id, which we gave Twilio with the address."""
    written = request.query_params.get("message", "")
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 16 else None


def _refused(error: Exception) -> Response:
    status = 403 if isinstance(error, Forged) else 400
    log.warning("a request to Twilio's webhook was refused: %s", error)
    return PlainTextResponse("refused\n", status_code=status)


def _unavailable() -> Response:
    return PlainTextResponse("unavailable\n", status_code=503, headers={"retry-after": "2"})
