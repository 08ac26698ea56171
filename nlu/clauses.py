"""Several wishes in one message: "annule mon rdv et c'est quoi l'acre". Splits, and says what each part means."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nlu.folding import FoldedText
from nlu.understanding import Intent, Part

_EDGE = " ,\t"
_MOST = 4  # parts looked at: beyond, a message tells a story


@dataclass(frozen=True)
class ClauseOptions:
    """`conjunctions` are the words that may stand between two wishes; a part has at least `words` words.

    A part counts from the confidence `least` on, and parts are told only when two of them mean different things.
    """

    conjunctions: tuple[str, ...] = ()
    words: int = 3
    least: float = 0.7


def _place(part: Part) -> int:
    return part.start


class Clauses:
    """Finds the parts of a message."""

    def __init__(self, options: ClauseOptions) -> None:
        words = "|".join(re.escape(word) for word in sorted(options.conjunctions, key=len, reverse=True))
        self._between = re.compile(rf"[.?!;\n]+|,? ?\b(?:{words})\b(?![-'])" if words else r"[.?!;\n]+")
        self._options = options

    def read(
        self,
        text: str,
        quick: Callable[[str], Intent],
        sure: Callable[[str], Intent],
        nothing: str,
        listed: tuple[Part, ...] = (),
    ) -> tuple[Part, ...]:
        """The parts that mean something, or none when the message is one wish.

        `quick` reads every part and must find two meanings before `sure` is asked; `nothing` is the intent that
        means none; `listed` are the parts known already, to which those found beside them are added.
        """
        spans = [
            (start, end)
            for start, end in self._spans(text)
            if not any(start < part.end and part.start < end for part in listed)
        ]
        if not 2 <= len(spans) + len(listed) <= _MOST:
            return listed
        known = {part.intent.name for part in listed}
        if len(known.union(quick(text[start:end]).name for start, end in spans)) < 2:
            return ()
        read = sorted((*listed, *(Part(start, end, sure(text[start:end])) for start, end in spans)), key=_place)
        least = self._options.least
        parts = tuple(part for part in read if part.intent.confidence >= least and part.intent.name != nothing)
        return parts if len({part.intent.name for part in parts}) > 1 else ()

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        folded = FoldedText.of(text)
        start = 0
        for match in (*self._between.finditer(folded.text), None):
            end = match.start() if match else len(folded.text)
            if len(folded.text[start:end].split()) >= self._options.words:
                first, last = folded.span(start, end)
                piece = text[first:last]
                yield first + len(piece) - len(piece.lstrip(_EDGE)), last - (len(piece) - len(piece.rstrip(_EDGE)))
            start = match.end() if match else end
