"""The pages of the site in its reader's language: templates, the phone's words, errors as small pages or as JSON."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from bot.site_words import SiteWords, direction, preferred
from flows.engine.language import FRENCH

HERE = Path(__file__).parent
TEMPLATES = HERE / "templates"
STATIC = HERE / "static"
NO_STORE = {"cache-control": "no-store"}
COMPRESSED = [Middleware(GZipMiddleware, minimum_size=800)]

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
        self._words = SiteWords()
        self.errors: Mapping[str, Mapping[str, Any]] = self._words.source["errors"]
        self._facts = facts
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        source = self._words.source
        self._environment.globals.update(
            facts,
            suggestions=source["suggestions"],
            sources=source["sources"],
            tongues=source["tongues"],
            version=_version(facts),
        )

    def html(self, name: str, status: int = 200, *, language: str = FRENCH, **values: Any) -> Response:
        """A page, in a language that has words."""
        said = {"language": language, "direction": direction(language), "words": self._filled(language)}
        text = self._environment.get_template(name).render(**said, **values)
        headers = {**NO_STORE, "content-language": language, "vary": "accept-language"}
        return HTMLResponse(text, status_code=status, headers=headers)

    def asked(self, request: Request, chosen: str = "") -> str:
        """The language somebody chose, else the one their browser asks for, of those that have words."""
        if chosen in self._words.languages:
            return chosen
        return preferred(request.headers.get("accept-language", ""), self._words.languages)

    def known(self, language: str) -> str:
        """The language, or French where it has no words."""
        return language if language in self._words.languages else FRENCH

    def phone_words(self, language: str) -> dict[str, Any]:
        """What an open page changes when the conversation changes its language."""
        words = self._filled(language)
        said = {group: words[group] for group in ("page", "script", "aloud", "errors")}
        return {"language": language, "direction": direction(language), **said}

    def _filled(self, language: str) -> dict[str, Mapping[str, str]]:
        """The words, their one placeholder filled, and by code what the phone says of a refusal."""
        words = self._words.said(language)
        page = {**words["page"], "robot": words["page"]["robot"].format(operator=self._facts.get("operator", ""))}
        return {**words, "page": page, "errors": {code: words[f"errors.{code}"]["text"] for code in self.errors}}

    def problem(self, request: Request, code: str, retry_after: float | None = None) -> Response:
        """The words of a refusal: JSON for the phone's own requests, a small page for people."""
        status = self.errors[code]["status"]
        response: Response
        if request.url.path.startswith("/phone/"):  # the page has the words of each code, in its language
            body = {"error": code, "message": self.errors[code]["text"]}
            response = JSONResponse(body, status_code=status, headers=NO_STORE)
        else:
            response = self.html("error.html", status, language=self.asked(request), code=code)
        if retry_after is not None:
            response.headers["retry-after"] = str(int(retry_after) + 1)
        return response

    def for_status(self, request: Request, status: int) -> Response:
        """The words of a plain HTTP error."""
        return self.problem(request, _BY_STATUS.get(status, "internal" if status >= 500 else "refused"))


def _version(facts: Mapping[str, Any]) -> str:
    """Changes whenever a static file, a word or a fact in one does, so that phones may keep them for ever."""
    digest = hashlib.sha256(repr(sorted(facts.items())).encode())
    for path in sorted((*STATIC.iterdir(), *TEMPLATES.glob("web*.yml"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
