"""Folds text for comparison: lower case, no accents, plain apostrophes; and finds the way back."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_APOSTROPHES = dict.fromkeys("‘’‛`´ʼ′＇", "'")
_LIGATURES = {"œ": "oe", "æ": "ae", "ß": "ss"}
_DASHES = dict.fromkeys("‐‑‒–—−", "-")
_BLANK_KINDS = ("C", "Z")  # control characters, every kind of space
_MARK_KINDS = ("Mn", "Me", "Sk")  # accents on their own, emoji skin tones
_INVISIBLE = frozenset("\u200b\u200c\u200d\ufeff\u00ad")  # zero-width, soft hyphen


class _FoldTable(dict[int, str]):
    """What each character folds to, worked out once per character."""

    def __missing__(self, code: int) -> str:
        folded = _fold_character(chr(code))
        self[code] = folded
        return folded


def _fold_character(character: str) -> str:
    for table in (_APOSTROPHES, _LIGATURES, _DASHES):
        if character.lower() in table:
            return table[character.lower()]
    if character in _INVISIBLE:
        return ""
    letters = []
    for part in unicodedata.normalize("NFKD", character.lower()):
        kind = unicodedata.category(part)
        if kind in _MARK_KINDS:
            continue
        letters.append(" " if kind[0] in _BLANK_KINDS else part)
    return "".join(letters)


_TABLE = _FoldTable()


def fold(text: str) -> str:
    """`text` in lower case, without accents, with straight apostrophes and plain spaces."""
    return text.translate(_TABLE)


@dataclass(frozen=True, slots=True)
class FoldedText:
    """A text folded for reading, with the way back to the raw offsets."""

    raw: str
    text: str
    origins: tuple[int, ...] | None  # None: offsets are the same in both

    @classmethod
    @lru_cache(maxsize=4)  # every stage asks for the text in hand
    def of(cls, raw: str) -> "FoldedText":
        pieces = [_TABLE[ord(character)] for character in raw]
        if all(len(piece) == 1 for piece in pieces):
            return cls(raw, "".join(pieces), None)
        origins = tuple(index for index, piece in enumerate(pieces) for _ in piece)
        return cls(raw, "".join(pieces), origins)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The raw offsets of a non-empty span of the folded text."""
        if self.origins is None:
            return start, end
        return self.origins[start], self.origins[end - 1] + 1
