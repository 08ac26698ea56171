"""What the tagger looks at: words and signs, their edges and shapes, their neighbours, and the data's own lists.

A word that training never saw is strange: of it, only edges, shape and what stands around are read.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nlu.entities.lookup import LookupExtractor
from nlu.folding import fold

# A number keeps its inner signs ("12.50", "03/04"); scripts that write no spaces are read a character at a time.
_TOKEN = re.compile(r"\d+(?:[.,/:-]\d+)+|[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\u0e00-\u0e7f]|[^\W_]+|[^\w\s]|_")
_REPEATED = re.compile(r"(.)\1+")
_EDGES = (1, 2, 3, 4)
_LONGEST = 8  # letters; longer words are told apart no more
_STRANGE = "<?>"  # no token reads like this


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


def words_of(tokens: Sequence[Token]) -> list[str]:
    """The tokens as they are compared with others."""
    return [fold(token.text) or token.text for token in tokens]


def word_feature(word: str) -> str:
    """The feature that stands for the word itself."""
    return f"w {word}"


def shared_features(words: Sequence[str], strange: Sequence[bool], intent: str | None) -> list[str]:
    """The features of every token of a text: what is said anywhere in it, and what it means, where that is known."""
    said = dict.fromkeys(word for word, new in zip(words, strange, strict=True) if not new)
    return ["", *(f"any {word}" for word in said), *([f"means {intent}"] if intent else [])]


def features_of(
    tokens: Sequence[Token], words: Sequence[str], strange: Sequence[bool], hints: Sequence[Sequence[str]]
) -> Iterator[list[str]]:
    """The features of each token: itself unless it is strange, its edges and shape, its neighbours, the hints."""
    read = [_STRANGE if new else word for word, new in zip(words, strange, strict=True)]
    read = ["<<", "<", *read, ">", ">>"]
    around: list[Sequence[str]] = [[], *hints, []]
    for at, token in enumerate(tokens):
        before2, before, word, after, after2 = read[at : at + 5]
        features = [
            word_feature(word),
            f"s {_shape(token.text)}",
            f"n {min(len(words[at]), _LONGEST) // 3}",
            f"-1 {before}",
            f"+1 {after}",
            f"-2 {before2}",
            f"+2 {after2}",
            f"-1w {before} {word}",
            f"w+1 {word} {after}",
            f"-2-1 {before2} {before}",
            f"+1+2 {after} {after2}",
        ]
        features += edges_of(words[at])
        for place, names in (("", around[at + 1]), ("-1", around[at]), ("+1", around[at + 2])):
            features += [f"{place}{name}" for name in names]
        yield features


def edges_of(word: str) -> Iterator[str]:
    """The features of a word's beginnings and endings."""
    for size in _EDGES:
        if len(word) > size:
            yield f"p {word[:size]}"
            yield f"e {word[-size:]}"


def _shape(text: str) -> str:
    """ "McDonald's" is "XxXx'x": letters and digits in a row count as one."""
    shape = "".join("X" if one.isupper() else "x" if one.isalpha() else "9" if one.isdigit() else one for one in text)
    return _REPEATED.sub(r"\1", shape)


def _compiled(pattern: str) -> re.Pattern[str] | None:
    """The pattern; None when Python cannot read it, which `nlu check` tells."""
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error:
        return None
