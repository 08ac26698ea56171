"""The login page: one form, one answer for every reason to refuse."""

import re
import secrets
from functools import partial
from hmac import compare_digest

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from desk import accounts, passwords, sessions
from desk.door import COOKIE, Services
from desk.guard import read_form
from desk.rendering import Renderer
from desk.words import WORDS

DOOR_COOKIE = "desk_door"  # proves that the login form came from us, before there is a session
HASHING_THREADS = 2  # each check takes 64 MiB for a moment
LONGEST_PASSWORD = 256

_OURS = re.compile(r"/(?![/\\])[\w\-./?=&%]{0,200}", re.ASCII)


class Login:
    """Shows the form and takes it."""

    def __init__(self, services: Services, renderer: Renderer, secure: bool) -> None:
        self.services = services
        self.renderer = renderer
        self.secure = secure
        self.limiter = CapacityLimiter(HASHING_THREADS)

    async def show(self, request: Request) -> Response:
        """The form; a lead who is inside already goes on."""
        work = partial(self._inside, request.cookies.get(COOKIE))
        if await to_thread.run_sync(work, limiter=self.limiter):
            return RedirectResponse(request.scope["root_path"] + _next(request.query_params.get("next")), 303)
        return self._form(request, _next(request.query_params.get("next")))

    async def take(self, request: Request) -> Response:
        """Lets the lead in, or shows the form again with the same words whatever was wrong."""
        form = await read_form(request)
        onward = _next(form.get("next"))
        known = request.cookies.get(DOOR_COOKIE, "")
        if not known or not compare_digest(known.encode(), form.get("csrf", "").encode()):
            return self._form(request, onward, "stale", form.get("login", ""))
        work = partial(self._enter, form.get("login", ""), form.get("password", ""), request.cookies.get(COOKIE))
        token = await to_thread.run_sync(work, limiter=self.limiter)
        if token is None:
            return self._form(request, onward, "credentials", form.get("login", ""))
        response = RedirectResponse(request.scope["root_path"] + onward, 303)
        self._set_cookie(request, response, COOKIE, token, int(sessions.LASTS.total_seconds()))
        response.delete_cookie(DOOR_COOKIE, path=_cookie_path(request))
        return response

    def _inside(self, token: str | None) -> bool:
        if token is None:
            return False
        with self.services.database.reading() as session:
            return sessions.find(session, token, self.services.clock()) is not None

    def _enter(self, login: str, password: str, former: str | None) -> str | None:
        """The token of a new session, or None."""
        now, database = self.services.clock(), self.services.database
        with database.transaction() as session:
            attempt = accounts.begin_try(session, login, now)
        if not passwords.matches(attempt.password_hash, password[:LONGEST_PASSWORD]) or attempt.account_id is None:
            return None
        with database.transaction() as session:
            accounts.forgive(session, attempt.account_id)
            if former is not None:
                sessions.end(session, sessions.digest(former))
            return sessions.start(session, attempt.account_id, now)

    def _form(self, request: Request, onward: str, problem: str | None = None, login: str = "") -> Response:
        known = request.cookies.get(DOOR_COOKIE) or secrets.token_urlsafe(32)
        html = self.renderer.html(
            "login.html",
            self.services.clock(),
            root=request.scope["root_path"],
            csrf=known,
            onward=onward,
            login=login[: accounts.LOGIN_LENGTH],
            problem=WORDS["problems"].get(problem),
            left=request.query_params.get("fait") == "left",
        )
        response = HTMLResponse(html, 403 if problem else 200)
        self._set_cookie(request, response, DOOR_COOKIE, known, None)
        return response

    def _set_cookie(self, request: Request, response: Response, name: str, value: str, max_age: int | None) -> None:
        secure = self.secure or request.url.scheme == "https"
        response.set_cookie(
            name, value, max_age=max_age, path=_cookie_path(request), secure=secure, httponly=True, samesite="strict"
        )


def _cookie_path(request: Request) -> str:
    return str(request.scope["root_path"] or "/")


def _next(path: str | None) -> str:
    """Where to go once inside: a page of the desk, whatever a link says."""
    return path if path and _OURS.fullmatch(path) and not path.startswith(("/login", "/logout")) else "/"
