"""Communes named in free text: all of France's, as people type them."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from rapidfuzz import fuzz, process

from nlu.entities.base import CommuneRow, Resources, Word, found, words_of
from nlu.entities.communes import ARTICLES, Commune, CommuneIndex, choose, name_key
from nlu.errors import ConfigError
from nlu.folding import FoldedText
from nlu.understanding import Entity

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_KNOWN_ANYWHERE = 1500  # inhabitants: a smaller place needs a preposition before its name
_ORDINARY_ALONE = 5000  # and one that is an ordinary word, this many to be a whole answer
_CITY_AFTER_A = 25_000  # "a Tours" is the city
_GUESSED = 3000
_PLACES = frozenset({"commune", "qpv", "postcode"})
_CUTOFF = 85
_SHORTEST_GUESS = 5
_SHORT_MESSAGE = 4
_GUESSED_WORDS = 4
_POSTCODE = re.compile(r"(?<!\d)\d{5}(?!\d)")
_DEPARTMENT = re.compile(r"(?<![\w/:])(?:0[1-9]|[1-9]\d|2[ab]|97\d)(?![\w/:]| ?(?:h|e|€|ans))")


class CommuneExtractor:
    """Finds communes; the value is {"insee_code", "name"}, or {"candidates": [...], "name"} for namesakes."""

    kind = "commune"

    def __init__(
        self,
        names: Iterable[CommuneRow],
        content: Mapping[str, Any] | None = None,
        known_words: frozenset[str] = frozenset(),
    ) -> None:
        content = content or {}
        ordinary = frozenset(str(content.get("ordinary") or "").split())
        self.words = known_words | ordinary
        self.index = CommuneIndex(names, content.get("short_forms") or {}, ordinary, known_words)
        self.prepositions = frozenset(content.get("prepositions") or ())
        self.living = frozenset(content.get("living") or ())
        self.populous = self.index.populous(_GUESSED)

    @classmethod
    def build(cls, options: Mapping[str, Any], resources: Resources) -> "CommuneExtractor":
        name = options.get("short_forms")
        content: Mapping[str, Any] = {}
        if name:
            path = resources.folder / name
            try:
                content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506
            except FileNotFoundError:
                raise ConfigError(f"{path}: there is no such file. Check `short_forms:`") from None
        marked = resources.marked
        known = resources.words.union(*(words for kind, words in marked.items() if kind not in _PLACES))
        return cls(resources.communes, content, known - marked.get(cls.kind, frozenset()))

    def extract(self, text: str) -> list[Entity]:
        folded = FoldedText.of(text)
        words = words_of(folded.text)
        finds = list(self._exact(words)) or self._guessed(words)
        if not finds:
            return []
        postcodes = _POSTCODE.findall(folded.text)
        entities = []
        for first, last, communes in finds:
            after = _DEPARTMENT.match(folded.text, min(words[last].end + 1, len(folded.text)))
            departments = [after[0].upper()] if after else []
            value = choose(communes, postcodes, departments)
            entities.append(found(self.kind, folded, words[first].start, words[last].end, value, self))
        return entities

    def _exact(self, words: list[Word]) -> Iterable[tuple[int, int, tuple[Commune, ...]]]:
        keys = [name_key(word.text) for word in words]
        position = 0
        while position < len(words):
            for length in range(min(self.index.longest, len(words) - position), 0, -1):
                name = " ".join(keys[position : position + length])
                communes = self.index.get(name)
                if communes and self._believable(name, communes[0], words, position, length):
                    start = position
                    if length > 1 and keys[position] in ("au", "du", "aux", "des"):
                        start += 1
                    yield start, position + length - 1, communes
                    position += length
                    break
            else:
                position += 1

    def _believable(self, name: str, largest: Commune, words: list[Word], start: int, length: int) -> bool:
        whole = length == len(words)
        before = [word.text for word in words[max(0, start - 2) : start]]
        if self.index.is_ordinary(name):
            around = {word.text for word in (*words[max(0, start - 1) : start], *words[start + length :][:1])}
            return (
                any(word in self.living for word in before[-1:])
                or (len(before) == 2 and before[0] in self.living and before[1] in self.prepositions)
                or (before[-1:] == ["a"] and largest.population >= _CITY_AFTER_A)
                or not around.isdisjoint(largest.postcodes)
                or (whole and largest.population >= _ORDINARY_ALONE)
            )
        if whole or largest.population >= _KNOWN_ANYWHERE:
            return len(name) > 1 or whole
        return length > 2 or (bool(before) and before[-1] in self.prepositions)

    def _guessed(self, words: list[Word]) -> list[tuple[int, int, tuple[Commune, ...]]]:
        """A name with a typo: after a preposition, or in a short message."""
        best: tuple[float, int, int, str] | None = None
        for first in range(len(words)):
            after = first > 0 and words[first - 1].text in self.prepositions
            if not after and len(words) > _SHORT_MESSAGE:
                continue
            for length in range(1, min(_GUESSED_WORDS, len(words) - first) + 1):
                run = [word.text for word in words[first : first + length]]
                if all(self._is_said(word) for word in run):
                    continue
                name = " ".join(map(name_key, run))
                if len(name) < _SHORTEST_GUESS or name.isdigit():
                    continue
                guess = process.extractOne(
                    name, self.populous.get(name[0], ()), scorer=fuzz.ratio, score_cutoff=_CUTOFF
                )
                if guess and (best is None or (guess[1], length) > best[:2]):
                    best = (guess[1], length, first, guess[0])
        if best is None:
            return []
        _, length, first, name = best
        return [(first, first + length - 1, self.index.get(name))]

    def _is_said(self, word: str) -> bool:
        """Whether a word is so common that it is no town's name with a typo."""
        return word in self.words or word in self.prepositions or f"{word} " in ARTICLES
