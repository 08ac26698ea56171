"""The words and pages of the site: templates, the phone's words, errors as small French pages or as JSON."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

HERE = Path(__file__).parent
STATIC = HERE / "static"
NO_STORE = {"cache-control": "no-store"}

_BY_STATUS = {404: "not_found", 405: "bad_method"}


class Problem(Exception):
    """A refusal with words: `code` is a key of `errors` in templates/web.yml."""

    def __init__(self, code: str, retry_after: float | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after  # seconds


class Pages:
    """Renders what the site shows. `facts` are what every template may use."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        words = yaml.safe_load((HERE / "templates" / "web.yml").read_text(encoding="utf-8"))
        self.errors: Mapping[str, Mapping[str, Any]] = words["errors"]
        self._environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(facts, phone=words["phone"], version=_version())

    def html(self, name: str, status: int = 200, **values: Any) -> Response:
        """A page."""
        text = self._environment.get_template(name).render(**values)
        return HTMLResponse(text, status_code=status, headers=NO_STORE)

    def problem(self, request: Request, code: str, retry_after: float | None = None) -> Response:
        """The words of a refusal: JSON for the phone's own requests, a small page for people."""
        words = self.errors[code]
        response: Response
        if request.url.path.startswith("/phone/"):
            body = {"error": code, "message": words["text"]}
            response = JSONResponse(body, status_code=words["status"], headers=NO_STORE)
        else:
            response = self.html("error.html", words["status"], title=words["title"], text=words["text"])
        if retry_after is not None:
            response.headers["retry-after"] = str(int(retry_after) + 1)
        return response

    def for_status(self, request: Request, status: int) -> Response:
        """The words of a plain HTTP error."""
        return self.problem(request, _BY_STATUS.get(status, "internal" if status >= 500 else "refused"))


def _version() -> str:
    """Changes whenever a static file does, so that phones may keep them for ever."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
