"""The desk's door: every page and every form but the login goes through here.

A `Page` shows, in a session that cannot write. An `Action` takes a form: session, CSRF token, form taken once, then
the deed, all in one transaction; what it owes leaves after the commit. Work runs in a bounded pool of threads.
"""

import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from anyio import CapacityLimiter, to_thread
from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.conversations.errors import CaseClosed, EmptyText, OtherSpeaker, TooLong, UnknownOutcome, Unreachable
from bot.errors import NotYours
from bot.settings import Settings
from db.session import Database
from desk import sessions, words
from desk.errors import Absent, Refused, Stale
from desk.guard import read_form
from desk.rendering import Renderer
from desk.sessions import Visitor
from directory.errors import BookingClosed, BookingUnknown

COOKIE = "desk_session"
THREADS = 4
LARGEST_ID = 2**53  # beyond, no row of ours can exist and a database may refuse to look


# What the rooms below refuse, and the words for it.
REFUSALS: Mapping[type[Exception], Refused] = {
    CaseClosed: Refused("closed"),
    EmptyText: Refused("empty"),
    NotYours: Absent("absent"),
    OtherSpeaker: Refused("other_speaker"),
    TooLong: Refused("too_long"),
    UnknownOutcome: Refused("outcome"),
    Unreachable: Refused("unreachable"),
    BookingClosed: Refused("booking_closed"),
    BookingUnknown: Absent("absent"),
}
_REFUSING: tuple[type[Exception], ...] = (Refused, *REFUSALS)


class Worker(Protocol):
    """Whoever sends what is owed."""

    def wake_jobs(self) -> Any: ...


class Services(Protocol):
    """What the desk needs of the wiring."""

    @property
    def settings(self) -> Settings: ...
    @property
    def database(self) -> Database: ...
    @property
    def worker(self) -> Worker: ...
    def clock(self) -> datetime: ...


@dataclass(frozen=True)
class Visit:
    """One request of a lead who is inside, with a session that ends with it."""

    renderer: Renderer
    settings: Settings
    session: Session
    visitor: Visitor
    now: datetime
    root: str
    params: Mapping[str, Any]
    query: Mapping[str, str]
    form: Mapping[str, str]
    problem: str | None = None  # why the form was refused

    def id(self, name: str) -> int:
        """A row's id in the address; raises Absent when it cannot be one."""
        value = int(self.params[name])
        if not 0 < value < LARGEST_ID:
            raise Absent("absent")
        return value

    @property
    def today(self) -> date:
        """The date on our wall."""
        return self.now.astimezone(self.renderer.zone).date()

    def page(self, template: str, **context: Any) -> Response:
        """A whole page."""
        return HTMLResponse(self.renderer.html(template, self.now, **self._common(), **context))

    def section(self, element_id: str, template: str, **context: Any) -> tuple[Markup, str]:
        """A part of a page that the script may refresh."""
        return self.renderer.section(element_id, template, self.now, root=self.root, **context)

    def _common(self) -> dict[str, Any]:
        return {
            "root": self.root,
            "visitor": self.visitor,
            "csrf": self.visitor.csrf_token,
            "new_token": partial(secrets.token_urlsafe, 16),
            "notice": words.WORDS["notices"].get(self.query.get("fait", "")),
            "problem": words.WORDS["problems"].get(self.problem),
            "form": self.form,
        }


def fragment(visit: Visit, html: str, version: str) -> Response:
    """Parts of a page for the script; 204 when it has this version already."""
    if visit.query.get("known") == version:
        return Response(status_code=204)
    return HTMLResponse(html, headers={"x-version": version})


@dataclass(frozen=True)
class Page:
    """Something to look at."""

    path: str
    show: Callable[[Visit], Response]


@dataclass(frozen=True)
class Action:
    """A form. `do` returns the code of what to say next, `target` where to go, `again` the page that held the form."""

    path: str
    do: Callable[[Visit], str]
    target: Callable[[Visit], str]
    again: Callable[[Visit], Response]


@dataclass(frozen=True)
class _Ask:
    """A request, read: what a thread needs of it."""

    token: str | None
    root: str
    path: str  # below the root, with its query
    crossed: bool  # the person comes from another site, so the browser kept the cookie back
    params: Mapping[str, Any]
    query: Mapping[str, str]
    form: Mapping[str, str]

    @staticmethod
    async def read(request: Request) -> "_Ask":
        root: str = request.scope.get("root_path", "")
        path: str = request.scope["path"]
        return _Ask(
            token=request.cookies.get(COOKIE),
            root=root,
            path=(path.removeprefix(root) or "/") + (f"?{request.url.query}" if request.url.query else ""),
            crossed=request.headers.get("sec-fetch-site") == "cross-site",
            params=request.path_params,
            query=request.query_params,
            form=await read_form(request) if request.method == "POST" else {},
        )


class Door:
    """Lets leads in, one request at a time."""

    def __init__(self, services: Services, renderer: Renderer) -> None:
        self.services = services
        self.renderer = renderer
        self.limiter = CapacityLimiter(THREADS)

    def route(self, item: Page | Action) -> Route:
        """The guarded route of a page or a form."""
        work = partial(self._show, item) if isinstance(item, Page) else partial(self._act, item)

        async def endpoint(request: Request) -> Response:
            ask = await _Ask.read(request)
            return await to_thread.run_sync(work, ask, limiter=self.limiter)

        return Route(item.path, endpoint, methods=["GET"] if isinstance(item, Page) else ["POST"])

    def _show(self, page: Page, ask: _Ask) -> Response:
        now = self.services.clock()
        with self.services.database.reading() as session:
            visitor = sessions.find(session, ask.token, now)
            if visitor is None:
                return self._to_login(ask)
            try:
                response = page.show(self._visit(session, visitor, now, ask))
            except _REFUSING as refusal:
                raise HTTPException(404) from refusal
        if now - visitor.last_seen_at >= sessions.SEEN_EVERY:
            with self.services.database.transaction() as session:
                sessions.seen(session, visitor, now)
        return response

    def _act(self, action: Action, ask: _Ask) -> Response:
        now = self.services.clock()
        with self.services.database.reading() as session:
            visitor = sessions.find(session, ask.token, now)
        if visitor is None:
            raise HTTPException(401)
        try:
            with self.services.database.transaction() as session:
                visit = self._visit(session, visitor, now, ask)
                notice = self._take(action, visit)
                target = action.target(visit)
        except _REFUSING as error:
            refusal = error if isinstance(error, Refused) else REFUSALS[type(error)]
            return self._show_again(action, refusal, visitor, now, ask)
        self.services.worker.wake_jobs()
        said = f"{'&' if '?' in target else '?'}{urlencode({'fait': notice})}" if notice else ""
        return RedirectResponse(ask.root + target + said, 303)

    def _take(self, action: Action, visit: Visit) -> str | None:
        """Does what the form asks, unless it was done already."""
        given, token = visit.form.get("csrf", ""), visit.form.get("token", "")
        if not token or not hmac.compare_digest(given.encode(), visit.visitor.csrf_token.encode()):
            raise Stale
        if sessions.take_form(visit.session, token, visit.visitor.account_id, visit.now):
            return action.do(visit)
        return None

    def _show_again(self, action: Action, refusal: Refused, visitor: Visitor, now: datetime, ask: _Ask) -> Response:
        with self.services.database.reading() as session:
            visit = self._visit(session, visitor, now, ask)
            try:
                response = action.again(replace(visit, problem=refusal.code))
            except _REFUSING as gone:
                raise HTTPException(404) from gone
        response.status_code = refusal.status
        return response

    def _visit(self, session: Session, visitor: Visitor, now: datetime, ask: _Ask) -> Visit:
        settings = self.services.settings
        return Visit(self.renderer, settings, session, visitor, now, ask.root, ask.params, ask.query, ask.form)

    def _to_login(self, ask: _Ask) -> Response:
        """Asks who it is. From a link in an e-mail the cookie was kept back (SameSite=Strict): one more step of our
        own brings it along, and a lead who is inside stays inside."""
        if ask.crossed:
            return HTMLResponse(
                self.renderer.html("crossing.html", self.services.clock(), root=ask.root, path=ask.path)
            )
        return RedirectResponse(f"{ask.root}/login?next={quote(ask.path)}", 303)
