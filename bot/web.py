"""The site: the phone at `/`, its requests, what it is made of, the privacy notice, and the signs of life."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Lifespan, Scope

from bot.channels.web import WebChannel
from bot.settings import Settings
from bot.web_guard import Guard
from bot.web_pages import COMPRESSED, STATIC, Pages, Problem
from bot.web_phone import Phone, Services
from bot.web_qr import PosterPage
from bot.web_sound import SoundDoor


class Assets(StaticFiles):
    """Files a phone may keep for a year: their address carries their version."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with how long it keeps."""
        response = await super().get_response(path, scope)
        versioned = b"v=" in scope.get("query_string", b"")
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if versioned else "no-cache"
        return response


def create_app(
    services: Services,
    channel: WebChannel,
    routes: Sequence[BaseRoute] = (),
    lifespan: Lifespan[Starlette] | None = None,
) -> Starlette:
    """The whole site: ours, and the further `routes` (webhooks, mounted applications) that the wiring brings."""
    pages = Pages({**_facts(services.settings), "sounds": services.sounds is not None})
    phone = Phone(services, channel, pages)
    sounds = SoundDoor(services).routes() if services.sounds else []

    async def home(request: Request) -> Response:
        return pages.html("phone.html", language=pages.known(await phone.language(request)))

    async def privacy(request: Request) -> Response:
        return pages.html("privacy.html")

    async def alive(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(request: Request) -> Response:
        if await phone.ready():
            return PlainTextResponse("ok\n")
        return PlainTextResponse("database unavailable\n", status_code=503)

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return pages.problem(request, error.code, error.retry_after)

    async def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        response = pages.for_status(request, error.status_code)
        response.headers.update(error.headers or {})
        return response

    async def broken(request: Request) -> Response:
        return pages.problem(request, "internal")

    return Starlette(
        routes=[
            Route("/", home, middleware=COMPRESSED),
            Route("/confidentialite", privacy, middleware=COMPRESSED),
            Route("/healthz", alive),
            Route("/readyz", ready),
            *phone.routes(),
            *sounds,
            *PosterPage(services, pages).routes(),
            Mount("/static", Assets(directory=STATIC), middleware=COMPRESSED),
            *routes,
        ],
        middleware=[Middleware(Guard, on_error=broken)],
        exception_handlers={Problem: refused, HTTPException: http_error},
        lifespan=lifespan,
    )


def _facts(settings: Settings) -> dict[str, object]:
    """What the pages tell about this service."""
    return {
        "operator": settings.operator_name,
        "privacy_url": str(settings.privacy_url) if settings.privacy_url else None,
        "retention_days": settings.retention_days,
        "human_phone": settings.human_phone,
    }
