"""What every extractor is, and what it may be built from."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from nlu.folding import FoldedText, fold
from nlu.understanding import Entity

MAX_CHARACTERS = 3000  # entities further down a text are not looked for

CommuneRow = tuple[str, str, Iterable[str], int]  # INSEE code, name, postcodes, population

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Resources:
    """What extractors learn from: lists and synonyms of the training data, communes, ordinary words."""

    lookups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    synonyms: Mapping[str, str] = field(default_factory=dict)
    communes: tuple[CommuneRow, ...] = ()
    words: frozenset[str] = frozenset()  # folded words met in training outside entities
    marked: Mapping[str, frozenset[str]] = field(default_factory=dict)  # and inside, by kind of entity
    folder: Path = Path()  # what file options are relative to


class Finder(Protocol):
    """Finds entities in a raw text."""

    def extract(self, text: str) -> list[Entity]: ...


class Extractor(Finder, Protocol):
    """Finds one kind of entity by rules."""

    @property
    def kind(self) -> str: ...


Builder = Callable[[Mapping[str, Any], Resources], Extractor]


@dataclass(frozen=True, slots=True)
class Word:
    """A folded word and where it stands in the folded text."""

    text: str
    start: int
    end: int


def words_of(folded: str) -> list[Word]:
    """The words of a folded text; signs, hyphens and apostrophes part them."""
    return [Word(match[0], match.start(), match.end()) for match in _WORD.finditer(folded)]


def key_of(text: str) -> str:
    """The words of a name joined by spaces, for comparing names however they are typed."""
    return " ".join(_WORD.findall(fold(text)))


def found(kind: str, folded: FoldedText, start: int, end: int, value: Any, extractor: object) -> Entity:
    """An entity from a span of the folded text."""
    first, last = folded.span(start, end)
    return Entity(kind, first, last, value, folded.raw[first:last], type(extractor).__name__)
