"""The words of a domain in other languages, beside the French: `assistant.ar.yml`, and `titles.ar.yml` for buttons.

A response's texts stand in the order of its French wordings, with `of`, the fingerprint of what they translate: once
the French changes, the French is said until somebody has read both again. A button's title is its own fingerprint.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from flows.engine.domain import Button, Domain, Response, Variation
from flows.engine.errors import AuthoringError, Problem
from flows.plain_text import fingerprint
from flows.sources import LineDict, display, is_said, read

MENU = "utter_menu"
DEARER = {"ar": 2}
"""By how much more segments a text may take where handsets lack the letters: one holds less than half as many."""
_KEYS = {"version", "responses", "titles", "names"}
_ENTRY = {"of", "texts"}


def to_translate(domain: Domain, language: str) -> dict[str, Any]:
    """What is not said in a language yet, in French, in the shape of a file of translations."""
    silent = [response for response in domain.responses.values() if not spoken(response, language)]
    return {
        "titles": {title: title for each in domain.responses.values() for title in untitled(each, language)},
        "responses": {
            response.name: {"of": fingerprint_of(response), "texts": [each.text for each in response.variations]}
            for response in silent
        },
    }


def is_translation(path: Path) -> bool:
    """True for `group.ar.yml`."""
    return "." in path.stem


def fingerprint_of(response: Response) -> str:
    """Changes with any French wording of a response."""
    return fingerprint(*(f"{variation.channel}\n{variation.text}" for variation in response.variations))


def titles_of(response: Response) -> Iterator[str]:
    """Every title a person may tap, in French."""
    for variation in response.variations:
        yield from (button.title for button in variation.buttons)
        if variation.attachment and "title" in variation.attachment:
            yield str(variation.attachment["title"])


def untitled(response: Response, language: str) -> Iterator[str]:
    """The titles that have no words in a language."""
    for variation in response.variations:
        yield from (button.title for button in variation.buttons if language not in button.translation)
        attached = variation.attachment or {}
        if "title" in attached and language not in attached.get("translation", {}):
            yield str(attached["title"])


def spoken(response: Response, language: str) -> bool:
    """True when all its wordings have words in a language."""
    return all(language in variation.translation for variation in response.variations)


def begun(domain: Domain) -> list[str]:
    """The languages whose menu is written."""
    menu = domain.responses.get(MENU)
    return sorted(set.intersection(*(set(each.translation) for each in menu.variations))) if menu else []


def translated(domain: Domain, paths: Iterable[Path]) -> Domain:
    """The domain with the words of these files; raises AuthoringError with all faults at once."""
    problems: list[Problem] = []
    responses, names = dict(domain.responses), {**domain.names}
    for path in paths:
        try:
            file = _File(path, responses, problems)
            file.apply()
            names[file.language] = {**names.get(file.language, {}), **file.names}
        except AuthoringError as error:
            problems += error.problems
    if problems:
        raise AuthoringError(problems)
    return replace(domain, responses=responses, names=names)


class _File:
    """One language, one file."""

    def __init__(self, path: Path, responses: dict[str, Response], problems: list[Problem]) -> None:
        self._name, self.language = display(path), path.stem.partition(".")[2]
        self.names: Mapping[str, str] = {}
        self._data = read(path)
        self._responses, self._problems = responses, problems

    def apply(self) -> None:
        for key in set(self._data) - _KEYS:
            self._fault(self._data.line_of(key), f"a translation has no key {key}", f"use {', '.join(sorted(_KEYS))}")
        responses, titles, self.names = (self._section(key) for key in ("responses", "titles", "names"))
        for name, body in responses.items():
            self._response(str(name), body, responses.line_of(name))
        if titles:
            self._titles(titles)

    def _fault(self, line: int, what: str, cure: str) -> None:
        self._problems.append(Problem(self._name, line, what, cure))

    def _section(self, key: str) -> LineDict:
        section = self._data.get(key) or LineDict()
        if isinstance(section, LineDict):
            return section
        self._fault(self._data.line_of(key), f"{key} is no mapping", "write names and their words under it")
        return LineDict()

    def _response(self, name: str, body: object, line: int) -> None:
        french = self._responses.get(name)
        if french is None:
            return self._fault(line, f"no response is called {name}", "correct the name, or remove it")
        texts = body.get("texts") if isinstance(body, LineDict) and not set(body) - _ENTRY else None
        if not isinstance(texts, list) or len(texts) != len(french.variations):
            cure = f"write {{of: {fingerprint_of(french)}, texts: […]}}, one for each French wording, in their order"
            return self._fault(line, f"{name} has other wordings than in French", cure)
        if not all(map(is_said, texts)):
            return self._fault(line, f"{name} has a text without words", "write them, between quotes")
        if str(body["of"] if isinstance(body, LineDict) and "of" in body else "") == fingerprint_of(french):
            pairs = zip(french.variations, texts, strict=True)
            spoken = tuple(_with(variation, self.language, str(text)) for variation, text in pairs)
            self._responses[name] = replace(french, variations=spoken)
        return None

    def _titles(self, titles: LineDict) -> None:
        known = {title for response in self._responses.values() for title in titles_of(response)}
        for title in set(titles) - known:
            self._fault(
                titles.line_of(title), f"nothing is titled “{title}”", "correct it as the French is, or remove it"
            )
        for title in (title for title, words in titles.items() if not is_said(words)):
            self._fault(titles.line_of(title), f"“{title}” has no words", "write them, between quotes")
        for name, response in self._responses.items():
            spoken = tuple(_titled(variation, self.language, titles) for variation in response.variations)
            self._responses[name] = replace(response, variations=spoken)


def _with(variation: Variation, language: str, text: str) -> Variation:
    return replace(variation, translation={**variation.translation, language: text})


def _titled(variation: Variation, language: str, titles: Mapping[str, str]) -> Variation:
    attachment = variation.attachment
    if attachment and attachment.get("title") in titles:
        spoken = {**attachment.get("translation", {}), language: str(titles[attachment["title"]])}
        attachment = {**attachment, "translation": spoken}
    return replace(
        variation,
        buttons=tuple(_button(button, language, titles) for button in variation.buttons),
        attachment=attachment,
    )


def _button(button: Button, language: str, titles: Mapping[str, str]) -> Button:
    spoken = titles.get(button.title)
    return button if spoken is None else replace(button, translation={**button.translation, language: str(spoken)})
