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

    A part counts from the confidence `least` on, and parts are told only when two of them mean different things. One
    whose letters give no intent a chance of `faint` is not read further; one in which no letter is known is.
    """

    conjunctions: tuple[str, ...] = ()
    words: int = 3
    least: float = 0.7
    faint: float = 0.2


def _place(part: Part) -> int:
    return part.start


def _chance(guess: Intent, nothing: str) -> float:
    """How likely the best meaning is: what means nothing carries the doubt about it."""
    return 1 - guess.confidence if guess.name == nothing else guess.confidence


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
        guesses = [quick(text[start:end]) for start, end in spans]
        if len({part.intent.name for part in listed}.union(guess.name for guess in guesses)) < 2:
            return ()
        hopeful = [
            span for span, guess in zip(spans, guesses, strict=True) if _chance(guess, nothing) >= self._options.faint
        ]
        parts = list(listed)
        for done, (start, end) in enumerate(hopeful):
            if len(parts) + len(hopeful) - done < 2:
                break  # whatever the last one means
            intent = sure(text[start:end])
            if intent.confidence >= self._options.least and intent.name != nothing:
                parts.append(Part(start, end, intent))
        return tuple(sorted(parts, key=_place)) if len({part.intent.name for part in parts}) > 1 else ()

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
