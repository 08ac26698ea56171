"""Several names in a few words: "c koi lacre et la cfe", "tva cfe ?". Says what each name means, where it is certain.

Of intents, only retrieval intents (Rasa's `group/name`: a question with an answer) are told apart here: "lundi et
mardi", "mon mari et moi" are no two questions. Nor are two entities, as in "salon de coiffure et esthétique".
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from nlu.folding import FoldedText
from nlu.understanding import Intent, Part

_SIGNS = r"[,/&+;.?!\n]+"
_WORD = re.compile(r"\w+")
_RETRIEVED = "/"
_MOST = 5  # names: beyond, a message tells a story

Span = tuple[int, int]


@dataclass(frozen=True)
class EnumerationOptions:
    """`between` are the words that may stand between two names, beside commas and the like.

    `around` are words at the edges of a name that add nothing to it ("c'est quoi", "bonjour"), `articles` those that
    may also stand between two names side by side. A name has at most `words` words and means its intent with the
    confidence `least`. Together the names mean what each means: each keeps the probability `share`, all of them
    `total`; or else they are one subject: "micro ou sasu".
    """

    between: tuple[str, ...] = ()
    around: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    words: int = 3
    least: float = 0.99
    share: float = 0.001
    total: float = 0.8


@dataclass(frozen=True)
class _Name:
    """A piece of the raw text, and its words as normalised, without those around."""

    start: int
    end: int
    words: tuple[str, ...]


class Enumerations:
    """Finds names that stand one after the other."""

    def __init__(self, options: EnumerationOptions, normalise: Callable[[str], str]) -> None:
        words = "|".join(re.escape(word) for word in sorted(options.between, key=len, reverse=True))
        self._between = re.compile(rf"{_SIGNS}|\b(?:{words})\b(?![-'])" if words else _SIGNS)
        self._articles = frozenset(options.articles)
        around = {word for phrase in options.around for word in normalise(phrase).split()}
        self._around = self._articles | around
        self._normalise = normalise
        self._options = options

    def read(
        self,
        text: str,
        quick: Callable[[str], Intent],
        whole: Callable[[str], Sequence[Intent]],
        taken: Iterable[Span],
    ) -> tuple[Part, ...]:
        """The names of a text, or none. `quick` reads normalised words, `whole` ranks intents for a raw text.

        `taken`: the spans that are something else already, entities for one.
        """
        held, folded = tuple(taken), FoldedText.of(text)
        runs: list[list[Part]] = [[]]
        pieces = list(self._pieces(folded))
        if len(pieces) == 1 and not 1 < len(pieces[0].words) <= _MOST:
            return ()
        for piece in pieces:
            parts = [] if _overlap(piece, held) else self._parts(folded, piece, quick)
            runs = [*runs[:-1], runs[-1] + parts] if parts else [*runs, []]
        return tuple(part for run in runs if self._hold_together(run, text, whole) for part in run)

    def _hold_together(self, run: Sequence[Part], text: str, whole: Callable[[str], Sequence[Intent]]) -> bool:
        names = {part.intent.name for part in run}
        if len(names) < 2 or len(run) > _MOST:
            return False
        ranking = whole(text[run[0].start : run[-1].end])
        shares = [intent.confidence for intent in ranking if intent.name in names]
        return len(shares) == len(names) and min(shares) >= self._options.share and sum(shares) >= self._options.total

    def _parts(self, folded: FoldedText, piece: _Name, quick: Callable[[str], Intent]) -> list[Part]:
        """The one name a piece is, or those that stand side by side in it; none when it is anything else."""
        if len(piece.words) <= self._options.words and (one := self._known(piece, quick)):
            return [one]
        parts: list[Part] = []
        for name in self._side_by_side(folded, piece):
            if (part := self._known(name, quick)) is None:
                return []
            parts.append(part)
        return parts

    def _known(self, name: _Name, quick: Callable[[str], Intent]) -> Part | None:
        intent = quick(" ".join(name.words))
        certain = _RETRIEVED in intent.name and intent.confidence >= self._options.least
        return Part(name.start, name.end, intent) if certain else None

    def _side_by_side(self, folded: FoldedText, piece: _Name) -> list[_Name]:
        """The words of a piece one by one; none when it holds others between them, or many."""
        if not 1 < len(piece.words) <= 2 * _MOST:
            return []
        start, end = piece.start, piece.end
        words = (
            self._name(folded, start + word.start(), start + word.end())
            for word in _WORD.finditer(folded.raw[start:end])
        )
        names = [name for name in words if name]
        plain = [word for word in piece.words if word not in self._articles]
        return names if plain == [word for name in names for word in name.words] else []

    def _pieces(self, folded: FoldedText) -> Iterator[_Name]:
        start = 0
        for match in (*self._between.finditer(folded.text), None):
            end = match.start() if match else len(folded.text)
            if match and not folded.text[start:end].strip():
                continue  # "où est…": what begins a piece is not between two
            if end > start and (name := self._name(folded, *folded.span(start, end))):
                yield name
            start = match.end() if match else end

    def _name(self, folded: FoldedText, start: int, end: int) -> _Name | None:
        """What stands there in the raw text; None when nothing does but words around."""
        piece = folded.raw[start:end]
        words = self._normalise(piece).split()
        first, last = 0, len(words)
        while first < last and words[first] in self._around:
            first += 1
        while first < last and words[last - 1] in self._around:
            last -= 1
        edges = len(piece) - len(piece.lstrip()), len(piece) - len(piece.rstrip())
        return _Name(start + edges[0], end - edges[1], tuple(words[first:last])) if first < last else None


def _overlap(name: _Name, spans: Iterable[Span]) -> bool:
    return any(name.start < end and start < name.end for start, end in spans)
