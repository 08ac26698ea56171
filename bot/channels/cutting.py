"""Texts too long for one message: cut at a sentence, the rest for whoever asks for it."""

import re
from collections.abc import Callable, Iterator

_SENTENCE_ENDS = re.compile(r"(?<=[.!?:;])\s+|\n\s*")
_SPACES = re.compile(r"\s+")

Fits = Callable[[str], bool]


def cut(text: str, fits: Fits) -> tuple[str, str]:
    """The longest beginning of whole sentences that fits, and what remains; of whole words when no sentence does.

    Everything and nothing when it all fits, or when not even a word does: a text is never lost for being long.
    """
    if fits(text):
        return text, ""
    for ends in (_SENTENCE_ENDS, _SPACES):
        for at, then in _from_the_end(text, ends):
            if fits(text[:at]):
                return text[:at], text[then:]
    return text, ""


def _from_the_end(text: str, ends: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Where one may cut, the last place first: where the beginning ends, where the rest begins."""
    places = [(match.start(), match.end()) for match in ends.finditer(text)]
    return ((at, then) for at, then in reversed(places) if text[:at].strip() and text[then:].strip())
