"""Entities known by a list: `lookup:` tables of the training data or of the caller; `synonym:` gives the value.

A word that is only a synonym of a listed value ("formation") is ordinary French most of the time: it counts
when it is the whole message, as people answer a question with it.
"""

from collections.abc import Mapping
from typing import Any

from rapidfuzz import fuzz, process

from nlu.entities.base import Resources, Word, found, key_of, words_of
from nlu.errors import ConfigError
from nlu.folding import FoldedText
from nlu.understanding import Entity

_SHORT_MESSAGE = 3  # words; above, a typo is not guessed
_CUTOFF = 88
_SHORTEST_GUESS = 5  # letters
_ARTICLES = frozenset({"un", "une", "le", "la", "l", "les", "des", "du", "de", "d", "en", "dans", "a", "the", "of"})


class LookupExtractor:
    """Finds the phrases of one list, whatever their case, accents, hyphens and plurals; the longest wins."""

    def __init__(self, kind: str, phrases: Mapping[str, str], alone: Mapping[str, str] | None = None) -> None:
        self.kind = kind
        self.values = {_singular(key_of(phrase)): value for phrase, value in phrases.items() if key_of(phrase)}
        only_alone = {_singular(key_of(phrase)): value for phrase, value in (alone or {}).items()}
        self.alone = {**only_alone, **self.values}
        self.longest: dict[str, int] = {}  # words of the longest phrase that starts with a word
        for key in self.values:
            first, length = key.partition(" ")[0], key.count(" ") + 1
            self.longest[first] = max(length, self.longest.get(first, 0))

    @classmethod
    def build(cls, options: Mapping[str, Any], resources: Resources) -> "LookupExtractor":
        kind = options.get("entity")
        if not isinstance(kind, str):
            raise ConfigError("nlu.entities.lookup.LookupExtractor looks for nothing. Add `entity: name`")
        synonyms = {key_of(surface): value for surface, value in resources.synonyms.items()}
        phrases = {phrase: synonyms.get(key_of(phrase), phrase) for phrase in resources.lookups.get(kind, ())}
        values = set(phrases.values())
        alone = {surface: value for surface, value in resources.synonyms.items() if value in values}
        return cls(kind, phrases, alone)

    def extract(self, text: str) -> list[Entity]:
        folded = FoldedText.of(text)
        words = words_of(folded.text)
        entities = self._listed(folded, words)
        return entities or self._whole(folded, words)

    def listed(self, text: str) -> list[Entity]:
        """The phrases that stand in a text as they are listed: nothing is guessed."""
        folded = FoldedText.of(text)
        return self._listed(folded, words_of(folded.text))

    def _listed(self, folded: FoldedText, words: list[Word]) -> list[Entity]:
        singulars = [_singular(word.text) for word in words]
        entities: list[Entity] = []
        position = 0
        while position < len(words):
            longest = self.longest.get(singulars[position], 0)
            for length in range(min(longest, len(words) - position), 0, -1):
                value = self.values.get(" ".join(singulars[position : position + length]))
                if value is not None:
                    last = words[position + length - 1]
                    entities.append(found(self.kind, folded, words[position].start, last.end, value, self))
                    position += length
                    break
            else:
                position += 1
        return entities

    def _whole(self, folded: FoldedText, words: list[Word]) -> list[Entity]:
        while words and words[0].text in _ARTICLES:
            words = words[1:]
        if not words or len(words) > _SHORT_MESSAGE:
            return []
        key = _singular(" ".join(word.text for word in words))
        value = self.alone.get(key)
        if value is None and len(key) >= _SHORTEST_GUESS:
            guess = process.extractOne(key, self.values.keys(), scorer=fuzz.ratio, score_cutoff=_CUTOFF)
            value = self.values[guess[0]] if guess else None
        if value is None:
            return []
        return [found(self.kind, folded, words[0].start, words[-1].end, value, self)]


def _singular(key: str) -> str:
    """Plural marks off, on both sides of the comparison alike."""
    return " ".join(word[:-1] if len(word) > 3 and word[-1] in "sx" else word for word in key.split())
