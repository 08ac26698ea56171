"""The page on which one is everybody: four screens, redrawn as soon as anything changes. On loopback alone."""

import asyncio
import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

import bot
from bot.web_guard import HEADERS, same_origin
from tests.demo_channels.screens import screens
from tests.demo_channels.world import World

FOLDER = Path(__file__).with_name("page")
ICON = Path(bot.__file__).parent / "static" / "icon.svg"
NAMES = ("sms", "whatsapp", "telegram", "team")
HOLD, LOOK = 20.0, 0.2
"""Seconds a question for changes waits, and between two looks."""
_LINK = re.compile(r"https?://[^\s<>]+[^\s<>.,;:)]")


class Page:
    """price: euros of one segment, for what an SMS costs; None where nobody said."""

    def __init__(self, world: World, price: float | None) -> None:
        self._world, self._price = world, price
        jinja = Environment(loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined)
        jinja.filters["linked"] = self._linked
        self._page, self._screen = jinja.get_template("page.html"), jinja.get_template("screen.html")

    def app(self) -> Starlette:
        """The application."""
        paths = (FOLDER / "page.css", FOLDER / "page.js", ICON)
        files = [Route(f"/{path.name}", _file(path)) for path in paths]
        return Starlette(
            routes=[
                Route("/", self._shown),
                Route("/changes", self._changes),
                Route("/files/{id}", self._attached),
                Route("/{phone}/{act}", self._act, methods=["POST"]),
                *files,
            ],
            middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
        )

    def _drawn(self) -> dict[str, str]:
        found = screens(self._world)
        return {
            name: self._screen.render(name=name, screen=found[name], price=self._price, site=self._world.service.site)
            for name in NAMES
        }

    def _shown(self, request: Request) -> Response:
        drawn = self._drawn()
        site = self._world.service.site
        page = self._page.render(screens={name: Markup(drawn[name]) for name in NAMES}, site=site, seen=_digest(drawn))
        return HTMLResponse(page, headers=HEADERS)

    async def _changes(self, request: Request) -> Response:
        """The screens, as soon as they are not what the page shows."""
        drawn = self._drawn()
        for _ in range(int(HOLD / LOOK)):
            if _digest(drawn) != request.query_params.get("seen") or await request.is_disconnected():
                break
            await asyncio.sleep(LOOK)
            drawn = self._drawn()
        return JSONResponse({"seen": _digest(drawn), "screens": drawn})

    async def _act(self, request: Request) -> Response:
        """Somebody does something: the form says what."""
        if not same_origin(request):
            raise HTTPException(403)
        form = {name: str(value) for name, value in (await request.form()).items()}
        phone, act = request.path_params["phone"], request.path_params["act"]
        world = self._world
        acts: dict[str, Callable[[], Any]] = {
            "say": lambda: world.say(phone, form["text"]),
            "place": lambda: world.share_place(phone),
            "tap": lambda: world.tap(phone, form),
            "new": lambda: world.renew(phone),
        }
        team: dict[str, Callable[[], Any]] = {
            "say": lambda: world.lead_says(int(form["thread"]), form["text"]),
            "tap": lambda: world.lead_taps(int(form["thread"]), form),
        }
        do = (team if phone == "team" else acts).get(act)
        if phone not in NAMES or do is None:
            raise HTTPException(404)
        if form.get("text") != "":
            await run_in_threadpool(do)
        return RedirectResponse(f"/#{phone}", 303)

    def _attached(self, request: Request) -> Response:
        id = request.path_params["id"]
        if id not in self._world.telegram.files:
            raise HTTPException(404)
        headers = {"content-disposition": f"attachment; filename={quote(id)}.ics"}
        return Response(self._world.telegram.files[id], media_type="text/calendar", headers=headers)

    def _linked(self, text: str) -> Markup:
        """A text with its links; ours lead to where the service really is."""
        service, made, end = self._world.service, Markup(), 0
        for found in _LINK.finditer(text):
            to = found[0].replace(service.public_url, service.site, 1)
            made += escape(text[end : found.start()]) + Markup('<a href="{}">{}</a>').format(to, found[0])
            end = found.end()
        return made + escape(text[end:])


def _digest(drawn: dict[str, str]) -> str:
    return sha256("".join(drawn.values()).encode()).hexdigest()[:16]


def _file(path: Path) -> Callable[[Request], Response]:
    return lambda request: FileResponse(path, headers={"cache-control": "no-cache"})
