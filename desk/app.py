"""The desk as a web application, to be mounted at /desk."""

from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from desk import absence, agenda, casefile, caseload, leaving, linking, posters
from desk.door import Door, Services
from desk.guard import Guard
from desk.login import Login
from desk.rendering import STATIC, Renderer
from desk.words import WORDS

GUARDED = (
    *caseload.ITEMS,
    *casefile.ITEMS,
    *agenda.ITEMS,
    *absence.ITEMS,
    *posters.ITEMS,
    *linking.ITEMS,
    *leaving.ITEMS,
)
"""Every page and form for leads who are inside. Nothing else but the login and the static files answers."""


def create_app(services: Services) -> Starlette:
    """The desk over the wiring's database, clock and worker."""
    renderer = Renderer(services.settings.zone)
    public = services.settings.public_url
    secure = public is not None and public.scheme == "https"
    door, login = Door(services, renderer), Login(services, renderer, secure)

    def failure(request: Request, status: int) -> Response:
        """A page that says what happened and how to go on, with what was typed."""
        words = WORDS["failures"].get(str(status), WORDS["failures"]["400" if status < 500 else "500"])
        form = getattr(request.state, "form", {})
        root = request.scope.get("root_path", "")
        back = "/login?next=" + quote(_page_of(request)) if status == 401 else "/"
        kept = form.get("text") or form.get("note", "")
        said = {**words, "kept": kept, "back": back, "status": status}
        html = renderer.html("failure.html", services.clock(), root=root, **said)
        return HTMLResponse(html, status)

    async def on_http_exception(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        response = failure(request, error.status_code)
        response.headers.update(error.headers or {})
        return response

    return Starlette(
        routes=[
            Route("/login", login.show, methods=["GET"]),
            Route("/login", login.take, methods=["POST"]),
            Mount("/static", StaticFiles(directory=STATIC)),
            *(door.route(item) for item in GUARDED),
        ],
        middleware=[Middleware(Guard, secure=secure, on_error=failure)],
        exception_handlers={HTTPException: on_http_exception},
    )


def _page_of(request: Request) -> str:
    """The page that held a form: forms live one step below it."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    return str(path.rsplit("/", 1)[0]) or "/"
