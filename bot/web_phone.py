"""What the phone's page asks for: store a message, wait for answers, start afresh."""

import logging
from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import Any, Protocol, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot import inbox
from bot.channels import web, web_log
from bot.channels.web_bell import Mark
from bot.settings import Settings
from bot.sounds import Sounds
from bot.web_guard import Rate, same_origin
from bot.web_pages import COMPRESSED, NO_STORE, Pages, Problem
from bot.web_requests import Pool, Unavailable, read_body
from db.session import Database, DiskNearlyFull
from flows.engine.language import FRENCH

log = logging.getLogger(__name__)

COOKIE = "allervers_phone"
MAX_WAIT = 25.0  # seconds; below the half-minute after which mobile networks cut a silent connection
SWEEP = 1.0  # seconds between two looks for what other processes committed
MAX_WAITING = 500  # phones that wait at once; beyond, they are answered without waiting and come back
MAX_KNOWN = 64
KEPT = {"cache-control": "public, max-age=31536000, immutable"}

T = TypeVar("T")


class Turns(Protocol):
    """Who takes turns."""

    def submit(self, conversation_id: int) -> None:
        """Wakes a turn for this conversation."""
        ...

    def wake_jobs(self) -> None:
        """Something is owed that may leave at once."""
        ...


class Services(Protocol):
    """What the web needs of the house."""

    @property
    def settings(self) -> Settings: ...
    @property
    def database(self) -> Database: ...
    @property
    def clock(self) -> Callable[[], datetime]: ...
    @property
    def turns(self) -> Turns: ...
    @property
    def sounds(self) -> Sounds | None: ...


class Phone:
    """The routes under /phone/."""

    def __init__(self, services: Services, channel: web.WebChannel, pages: Pages) -> None:
        self._services = services
        self._bell = channel.bell
        self._pages = pages
        self._pool = Pool()  # a phone that waits holds none of it
        self._rate = Rate(burst=12, per_second=0.5)
        self._swept = 0.0

    def routes(self) -> list[Route]:
        """Starlette's routes."""
        return [
            Route("/phone/messages", self.send, methods=["POST"]),
            Route("/phone/messages", self.fetch, methods=["GET"]),
            Route("/phone/forget", self.forget, methods=["POST"]),
            Route("/phone/words/{language}", self.words, methods=["GET"], middleware=COMPRESSED),
        ]

    async def send(self, request: Request) -> Response:
        """Stores one message, commits, then answers 202 and wakes a turn."""
        self._check_origin(request)
        token = web.token_of(request.cookies.get(COOKIE))
        host = request.client.host if request.client else ""
        if seconds := self._rate.wait(token or f"host {host}", monotonic()):
            raise Problem("too_many", seconds)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Problem("bad_type")
        try:
            body = await read_body(request, web.MAX_BODY)
            if body is None:
                raise Problem("too_large")
            data = web.parse(body)
            token = token or web.first_token(web.client_id(data))
            inbound = web.read_inbound(data, token)
        except web.BadRequest as error:
            raise Problem(error.code) from None

        def store() -> inbox.Accepted:
            with self._services.database.transaction() as session:
                return inbox.accept(session, inbound, self._services.clock())

        accepted = await self._in_thread(store)
        self._services.turns.submit(accepted.conversation_id)
        self._bell.ring_address(token)
        response = JSONResponse({"message_id": accepted.message_id}, status_code=202, headers=NO_STORE)
        self._lay_cookie(request, response, token)
        return response

    async def fetch(self, request: Request) -> Response:
        """The messages the page does not hold yet; waits for them up to `wait` seconds."""
        token = web.token_of(request.cookies.get(COOKIE))
        page = await self._wait_for_page(request, token) if token else None
        if page is None:
            return JSONResponse({"messages": [], "conversation": False, "speaker": "bot"}, headers=NO_STORE)
        language = self._pages.known(page.language)
        body = {"messages": page.messages, "conversation": True, "speaker": page.speaker, "language": language}
        return JSONResponse(body, headers=NO_STORE)

    async def forget(self, request: Request) -> Response:
        """This phone starts a new conversation; what was said stays where it is."""
        self._check_origin(request)
        response = Response(status_code=204, headers=NO_STORE)
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax", secure=request.url.scheme == "https")
        return response

    async def words(self, request: Request) -> Response:
        """The page's words in a language; kept for a year, as their address carries their version."""
        language = request.path_params["language"]
        if self._pages.known(language) != language:
            raise Problem("not_found")
        return JSONResponse(self._pages.phone_words(language), headers=KEPT)

    async def language(self, request: Request) -> str:
        """The language of this phone's conversation; French when there is none, or no database."""
        token = web.token_of(request.cookies.get(COOKIE))
        if token is None:
            return FRENCH
        try:
            return await self._in_thread(lambda: web_log.language(self._services.database, token)) or FRENCH
        except Problem:
            return FRENCH

    async def _wait_for_page(self, request: Request, token: str) -> web_log.Page | None:
        """The page's next messages, perhaps none; None when this phone has no conversation."""
        after, known, wait = _asked(request)
        services = self._services
        deadline = monotonic() + (wait if len(self._bell.waiting()) < MAX_WAITING else 0)
        with self._bell.listen(token) as waiter:

            def look() -> web_log.Page | None:
                return web_log.read_page(services.database, token, after, known, services.clock(), waiter.watch)

            while True:
                waiter.reset()
                page = await self._in_thread(look)
                if page is None or page.messages:
                    return page
                waiter.mark = page.mark
                while not await waiter.wait(max(0.0, min(deadline - monotonic(), SWEEP))):
                    if monotonic() >= deadline or self._bell.closed or await request.is_disconnected():
                        return page
                    await self._sweep()
                if self._bell.closed:
                    return page

    async def _sweep(self) -> None:
        """Compares all the phones that wait with the database, in one query, at most once a second."""
        if monotonic() - self._swept < SWEEP:
            return
        self._swept = monotonic()

        def look() -> dict[int, Mark]:
            with self._services.database.reading() as session:
                return web_log.marks(session, self._bell.waiting())

        try:
            self._bell.compare(await self._in_thread(look))
        except Problem:
            log.warning("the database does not answer; the phones keep waiting")

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """Runs database work in the bounded pool; a database that is gone becomes words and a 503."""
        try:
            return await self._pool.run(work)
        except Unavailable:
            raise Problem("unavailable", 2) from None

    def _check_origin(self, request: Request) -> None:
        public_url = self._services.settings.public_url
        if not same_origin(request, [str(public_url)] if public_url else []):
            raise Problem("forged")

    def _lay_cookie(self, request: Request, response: Response, token: str) -> None:
        response.set_cookie(
            COOKIE,
            web.sign(token),
            max_age=self._services.settings.retention_days * 86_400,
            path="/",
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )

    async def ready(self) -> bool:
        """Whether the database answers and can keep what would be accepted."""
        try:
            await self._pool.run(self._services.database.ping)
            self._services.database.check_room()
        except (Unavailable, SQLAlchemyError, DiskNearlyFull) as error:
            log.warning("not ready: %s", type(error).__name__)
            return False
        return True


def _asked(request: Request) -> tuple[int, list[int], float]:
    """`after`, `known` and `wait` of a request; what cannot be read counts as not given."""
    after = _number(request.query_params.get("after"))
    known = [_number(part) for part in request.query_params.get("known", "").split(",")[:MAX_KNOWN]]
    return after, [number for number in known if number], min(_number(request.query_params.get("wait")), MAX_WAIT)


def _number(value: Any) -> int:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16 else 0
