"""What every answer and every form of the desk goes through, whoever is logged in."""

import logging
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.faults import describe

LARGEST_FORM = 64 * 1024  # bytes
MOST_FIELDS = 20

POLICY = "; ".join(
    (
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Mapping[str, str] = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "same-origin",  # stricter would make browsers send `Origin: null` with our own forms
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex",
}
PRIVATE = "no-store"
_log = logging.getLogger(__name__)
LONG_LIVED = "public, max-age=31536000, immutable"  # static files carry their version in the address


class Guard:
    """Adds the headers that tell a browser what this site never does, and turns any error into a page with words.

    The log gets the class of an error and where it happened: its message may quote what someone wrote.
    """

    def __init__(self, app: ASGIApp, secure: bool, on_error: Callable[[Request, int], Response]) -> None:
        self.app = app
        self.secure = secure
        self.on_error = on_error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_static = "/static/" in scope["path"]
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                kept = is_static and message["status"] == 200
                headers["cache-control"] = LONG_LIVED if kept else PRIVATE
                if self.secure or scope["scheme"] == "https":
                    headers["strict-transport-security"] = "max-age=31536000"
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except Exception as error:
            _log.error("a page of the desk failed: %s", describe(error))
            if started:
                raise RuntimeError("the answer broke off") from None
            away = isinstance(error, OperationalError | InterfaceError | TimeoutError)
            await self.on_error(Request(scope), 503 if away else 500)(scope, receive, send_with_headers)


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form sent from our own pages. Anything else is refused with a 4xx."""
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise HTTPException(403)
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/x-www-form-urlencoded":
        raise HTTPException(400)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            raise HTTPException(413)
    try:
        text = body.decode("ascii")
        fields = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, encoding="utf-8", errors="replace")
    except ValueError as error:
        raise HTTPException(400) from error
    form = dict(fields)
    request.state.form = form  # so that an error page can give back what was typed
    return form
