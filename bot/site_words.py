"""What the site says, in every language: `templates/web.yml` in French, and `web.ar.yml` beside it.

A translation names, by its fingerprint, the French it was made of; once that changes the French is said, until
somebody has read both, and so it is where a translation has a fault. Keys are those of the French file, joined by
dots: `page.send`, `errors.too_large.text`.
"""

import string
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale

from flows.engine.errors import Problem
from flows.engine.language import FRENCH
from flows.plain_text import fingerprint
from flows.sources import LineDict, display, is_said, read

TEMPLATES = Path(__file__).parent / "templates"
_STEM = "web"

Words = Mapping[str, Mapping[str, str]]
"""Texts by group and name: `words["page"]["send"]`; those of errors stand under `errors.CODE`."""


class SiteWords:
    """The site's words, read once. `french` holds every text by its key."""

    def __init__(self, folder: Path = TEMPLATES) -> None:
        """Raises AuthoringError when a file cannot be read."""
        self._file = folder / f"{_STEM}.yml"
        self.source = read(self._file)
        self.french = dict(_flat(self.source))
        self._files = {path.stem.partition(".")[2]: path for path in sorted(folder.glob(f"{_STEM}.*.yml"))}
        self._read = {language: read(path) for language, path in self._files.items()}
        self._words = {language: _grouped(self._texts(language)) for language in (FRENCH, *self._files)}

    @property
    def languages(self) -> tuple[str, ...]:
        """Those that have words, French first."""
        return (FRENCH, *self._files)

    def said(self, language: str) -> Words:
        """The words in a language, French where it has none."""
        return self._words.get(language, self._words[FRENCH])

    def to_translate(self, language: str) -> dict[str, Any]:
        """What is not said in a language yet, in French, in the shape of its file."""
        known = self._current(language)
        return {key: {"of": fingerprint(text), "text": text} for key, text in self.french.items() if key not in known}

    def problems(self, languages: Iterable[str]) -> Iterator[Problem]:
        """What is wrong with the translations; `languages` must all be whole."""
        for language in languages:
            for key in self.to_translate(language):
                cure = f"translate it in {_STEM}.{language}.yml, of: {fingerprint(self.french[key])}"
                yield Problem(display(self._file), self._line(key), f"{key} is not said in {language}", cure)
        for language, path in self._files.items():
            entries = self._read[language]
            for key, entry in entries.items():
                fault = self._fault(str(key), entry)
                if fault:
                    yield Problem(display(path), entries.line_of(key), *fault)

    def _fault(self, key: str, entry: Any) -> tuple[str, str] | None:
        french = self.french.get(key)
        if french is None:
            return f"the site says nothing called {key}", "correct the key as web.yml has it, or remove it"
        if not isinstance(entry, LineDict) or set(entry) != {"of", "text"}:
            return f"{key} is no translation", f"write {{of: {fingerprint(french)}, text: …}}"
        if not is_said(entry["text"]):
            return f"{key} has no words", "write them, between quotes"
        if _holes(entry["text"]) != _holes(french):
            return f"{key} has other placeholders than in French", f"use {', '.join(_holes(french)) or 'none'}"
        return None

    def _texts(self, language: str) -> Mapping[str, str]:
        return {**self.french, **self._current(language)}

    def _current(self, language: str) -> dict[str, str]:
        if language == FRENCH:
            return self.french
        entries = self._read.get(language, LineDict())
        return {
            key: entry["text"]
            for key, entry in entries.items()
            if not self._fault(str(key), entry) and str(entry["of"]) == fingerprint(self.french[key])
        }

    def _line(self, key: str) -> int:
        at: Any = self.source if key.startswith("errors.") else self.source["words"]
        *groups, name = key.split(".")
        for group in groups:
            at = at[group]
        return int(at.line_of(name))


@cache
def site_words() -> SiteWords:
    """The words of this installation."""
    return SiteWords()


def direction(language: str) -> str:
    """ "rtl" or "ltr"."""
    return str(Locale.parse(language).text_direction)


def preferred(accepted: str, known: Iterable[str]) -> str:
    """The known language that a header `Accept-Language` likes best, the first of equals; French when it likes none."""
    languages, best, liked = set(known), FRENCH, 0.0
    for part in accepted[:500].lower().split(","):
        tag, _, weight = "".join(part.split()).partition(";q=")
        code = tag.partition("-")[0]
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        if code in languages and quality > liked:
            best, liked = code, quality
    return best


def _flat(source: LineDict) -> Iterator[tuple[str, str]]:
    for code, error in source["errors"].items():
        yield from ((f"errors.{code}.{name}", error[name]) for name in ("title", "text"))
    for group, texts in source["words"].items():
        yield from ((f"{group}.{name}", text) for name, text in texts.items())


def _grouped(texts: Mapping[str, str]) -> Words:
    groups: dict[str, dict[str, str]] = {}
    for key, text in texts.items():
        group, _, name = key.rpartition(".")
        groups.setdefault(group, {})[name] = text
    return groups


def _holes(text: str) -> list[str]:
    """The placeholders of a text, sorted; what cannot be read as one stands as it is."""
    try:
        return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)
    except ValueError:
        return [text]
