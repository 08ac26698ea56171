"""Brings what people type closer to what is written in books, before features are counted.

"Kestion : jai droit a lacre ???" becomes "question j ai droit a l acre ?". The words come from a lexicon
file; nothing here knows French.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from nlu.errors import ConfigError
from nlu.folding import fold

MAX_CHARACTERS = 1200  # of a longer text, the beginning and the end are read

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_TOKEN = re.compile(r"\w+|[^\w\s]")
_REPEATED = re.compile(r"([^\W\d])\1{2,}")
_KEPT_MARKS = frozenset("?!+")
_DIGIT = re.compile(r"\d")
_FIRST_SYMBOL = "\u20a0"  # from the currency signs on, symbols and emoji are kept as words


@dataclass(frozen=True)
class Lexicon:
    """Spellings and what they stand for, both as words.

    `phrases` is indexed by first word; each entry is (words, replacement), the longest first.
    `elisions` are short words often glued to the next one ("lacre"), `heads` the words that may follow them.
    """

    phrases: Mapping[str, tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]]
    elisions: tuple[str, ...] = ()
    heads: frozenset[str] = frozenset()

    @classmethod
    def empty(cls) -> "Lexicon":
        return cls({})

    @classmethod
    def load(cls, path: Path) -> "Lexicon":
        # BaseLoader: "no" and "on" are words here, not booleans.
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506
        if not isinstance(content, dict):
            raise ConfigError(f"{path}: a lexicon is a mapping. Write `replace:` and the words under it")
        return cls.from_dict(content)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Lexicon":
        index: dict[str, dict[tuple[str, ...], tuple[str, ...]]] = {}
        for meant, spellings in (content.get("replace") or {}).items():
            for spelling in spellings:
                words = tuple(split(spelling))
                if not words:
                    raise ConfigError(f"lexicon: {spelling!r}, under {meant!r}, holds no word. Take it out")
                index.setdefault(words[0], {})[words] = tuple(split(meant))
        phrases = {
            first: tuple(sorted(entries.items(), key=lambda entry: -len(entry[0]))) for first, entries in index.items()
        }
        elided = content.get("elisions") or {}
        return cls(
            phrases,
            tuple(sorted(map(str, elided.get("prefixes", ())), key=len, reverse=True)),
            frozenset(fold(str(head)) for head in elided.get("heads", ())),
        )

    def apply(self, words: list[str]) -> list[str]:
        """The words with each known spelling replaced, the longest match first."""
        words = [piece for word in words for piece in self._unglue(word)]
        meant: list[str] = []
        position = 0
        while position < len(words):
            for spelling, replacement in self.phrases.get(words[position], ()):
                if tuple(words[position : position + len(spelling)]) == spelling:
                    meant += replacement
                    position += len(spelling)
                    break
            else:
                meant.append(words[position])
                position += 1
        return meant

    def _unglue(self, word: str) -> tuple[str, ...]:
        if word in self.heads or word in self.phrases:
            return (word,)
        for prefix in self.elisions:
            if word.startswith(prefix) and word[len(prefix) :] in self.heads:
                return prefix, word[len(prefix) :]
        return (word,)


def split(text: str) -> list[str]:
    """The folded words of a text; of the signs only ?, !, + and emoji stay."""
    folded = _REPEATED.sub(r"\1", fold(text))
    return [
        token
        for token in _TOKEN.findall(folded)
        if token in _KEPT_MARKS or token[0].isalnum() or token[0] >= _FIRST_SYMBOL
    ]


class Normaliser:
    """Text in, normalised text out. `mask_digits` writes every digit as 0: amounts and dates look alike."""

    def __init__(self, lexicon: Lexicon, *, max_characters: int = MAX_CHARACTERS, mask_digits: bool = True) -> None:
        self.lexicon = lexicon
        self.max_characters = max_characters
        self.mask_digits = mask_digits

    def __call__(self, text: str) -> str:
        words = self.lexicon.apply(split(self._cut(text)))
        normalised = " ".join(words)
        return _DIGIT.sub("0", normalised) if self.mask_digits else normalised

    def _cut(self, text: str) -> str:
        # People tell their story, then ask: both ends of a long text matter.
        if len(text) <= self.max_characters:
            return text
        half = self.max_characters // 2
        return f"{text[:half]} {text[-half:]}"
