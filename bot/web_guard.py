"""What stands before every route: headers, a last resort for errors, same-origin checks, rate limits."""

import logging
import traceback
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

HEADERS = {
    "content-security-policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "geolocation=(self), camera=(), microphone=()",
    "cross-origin-opener-policy": "same-origin",
}


class Guard:
    """Puts the security headers on every answer and keeps what went wrong out of sight and out of the logs.

    An error's message may hold what a resident wrote (a statement's parameters, a JSON excerpt): the log gets its
    class and where it happened, nothing else. A header that a route or a mounted application set itself stays.
    """

    def __init__(self, app: ASGIApp, on_error: Callable[[Request], Awaitable[Response]]) -> None:
        self._app = app
        self._on_error = on_error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_guarded)
        except Exception as error:
            log.error("a request failed: %s", _where(error))
            if started:  # too late for words: the connection must break, or the page would trust half an answer
                raise RuntimeError("the answer broke off") from None
            response = await self._on_error(Request(scope, receive))
            await response(scope, receive, send_guarded)


def _where(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return f"{type(error).__name__} at " + " < ".join(f"{f.name}:{f.lineno}" for f in reversed(frames))


def same_origin(request: Request, others: Iterable[str] = ()) -> bool:
    """Whether a request comes from a page of this site; `others` are further addresses of ours.

    Browsers forbid pages to set these headers. `Sec-Fetch-Site` is theirs to compute and holds behind any proxy;
    older ones, and plain http, only give `Origin`. Neither: not a page of ours.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    if origin is None:
        return False
    ours = {request.headers.get("host", ""), *(urlsplit(other).netloc for other in others)}
    return urlsplit(origin).netloc in ours - {""}


class Rate:
    """How often one key may knock: `burst` at once, then `per_second`. In this process only."""

    def __init__(self, burst: float, per_second: float, keys: int = 10_000) -> None:
        self._burst, self._per_second, self._keys = burst, per_second, keys
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, key: str, moment: float) -> float:
        """Seconds this key must wait, 0 when it may pass (and that is counted). `moment`: any steady seconds."""
        left, before = self._levels.pop(key, (self._burst, moment))
        left = min(self._burst, left + (moment - before) * self._per_second)
        allowed = left >= 1
        self._levels[key] = (left - 1 if allowed else left, moment)
        if len(self._levels) > self._keys:
            self._levels.popitem(last=False)  # the one that has been quiet longest
        return 0 if allowed else (1 - left) / self._per_second
