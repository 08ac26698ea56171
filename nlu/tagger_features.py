"""What the tagger looks at: words and signs, their edges and shapes, their neighbours, and the data's own lists."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nlu.entities.lookup import LookupExtractor
from nlu.folding import fold

# A number keeps its inner signs ("12.50", "03/04"); scripts that write no spaces are read a character at a time.
_TOKEN = re.compile(r"\d+(?:[.,/:-]\d+)+|[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\u0e00-\u0e7f]|[^\W_]+|[^\w\s]|_")
_EDGES = (1, 2, 3, 4)
_LONGEST_SHAPE = 6


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a sign, and where it stands in the raw text."""

    text: str
    start: int
    end: int


def tokens_of(text: str) -> list[Token]:
    """The words and signs of a text."""
    return [Token(match[0], match.start(), match.end()) for match in _TOKEN.finditer(text)]


class Hints:
    """What the data's lists and patterns say about each word: features, never finds."""

    def __init__(self, lookups: Mapping[str, Sequence[str]], regexes: Mapping[str, Sequence[str]]) -> None:
        self.lookups = {kind: tuple(words) for kind, words in lookups.items()}
        self.regexes = {name: tuple(patterns) for name, patterns in regexes.items()}
        self._lists = [LookupExtractor(kind, {word: word for word in words}) for kind, words in lookups.items()]
        self._patterns = [(name, one) for name, all_ in regexes.items() for one in map(_compiled, all_) if one]

    def of(self, text: str, tokens: Sequence[Token]) -> list[list[str]]:
        """The names of the lists and patterns each token is part of."""
        spans = [(f"list {one.kind}", e.start, e.end) for one in self._lists for e in one.extract(text)]
        spans += [(f"regex {name}", m.start(), m.end()) for name, one in self._patterns for m in one.finditer(text)]
        return [[name for name, start, end in spans if start < t.end and t.start < end] for t in tokens]


def features_of(tokens: Sequence[Token], hints: Sequence[Sequence[str]]) -> Iterator[list[str]]:
    """The features of each token: itself, its edges and shape, its neighbours, and the hints around."""
    words = ["<<", "<", *(fold(token.text) or token.text for token in tokens), ">", ">>"]
    shapes = ["<", *(_shape(token.text) for token in tokens), ">"]
    around: list[Sequence[str]] = [[], *hints, []]
    for at in range(len(tokens)):
        before2, before, word, after, after2 = words[at : at + 5]
        features = [
            "",
            f"w {word}",
            f"s {shapes[at + 1]}",
            f"-1 {before}",
            f"+1 {after}",
            f"-2 {before2}",
            f"+2 {after2}",
            f"-1w {before} {word}",
            f"w+1 {word} {after}",
            f"-2-1 {before2} {before}",
            f"+1+2 {after} {after2}",
            f"-1s {shapes[at]}",
            f"+1s {shapes[at + 2]}",
            f"-1+1 {before} {after}",
            f"-2-1w {before2} {before} {word}",
        ]
        features += [f"{name} {edge}" for name, edge in _edges(word)]
        for place, names in (("", around[at + 1]), ("-1", around[at]), ("+1", around[at + 2])):
            features += [f"{place}{name}" for name in names]
        yield features


def _edges(word: str) -> Iterator[tuple[str, str]]:
    for size in _EDGES:
        if len(word) > size:
            yield "p", word[:size]
            yield "e", word[-size:]


def _shape(text: str) -> str:
    shape = "".join("X" if one.isupper() else "x" if one.isalpha() else "9" if one.isdigit() else one for one in text)
    return shape[:_LONGEST_SHAPE]


def _compiled(pattern: str) -> re.Pattern[str] | None:
    """The pattern; None when Python cannot read it, which `nlu check` tells."""
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error:
        return None
