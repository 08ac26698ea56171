"""Cuts a text into the word pieces an encoder knows, as SentencePiece's unigram model does.

Of all ways to cut, the likeliest: the one whose pieces' scores (logarithms of how frequent they are) add up highest.
"""

import re
import zlib
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from nlu.embedding.weights import Weights

Keys = NDArray[np.uint32]

SPACE = "\u2581"  # stands for a space, at the beginning of each word
WORDS = 4096  # kept as they were cut: most messages hold no new one
UNKNOWN = 10.0  # how much less likely an unknown character is than the rarest piece
RUN = re.compile(" {2,}")


def index(weights: Weights) -> tuple[Keys, Keys]:
    """Where to find a piece: the sorted checksums of all, and the piece of each. A quarter of a million fit in 2 MB."""
    checksums = np.asarray([zlib.crc32(weights.piece(number)) for number in range(len(weights.scores))], np.uint32)
    order = np.argsort(checksums, kind="stable").astype(np.uint32)
    return checksums[order], order


class Pieces:
    """A vocabulary, ready to cut texts. Safe to share between threads."""

    def __init__(self, weights: Weights, checksums: Keys, numbers: Keys) -> None:
        self._weights = weights
        self._checksums, self._numbers = checksums, numbers
        self._longest = int(np.diff(weights.ends).max())
        self._unknown = float(weights.scores.min()) - UNKNOWN
        self._cut_word = lru_cache(WORDS)(self._likeliest)

    def cut(self, text: str) -> list[int]:
        """The pieces' numbers, between those that begin and end a text."""
        words = RUN.sub(" ", text.translate(self._weights.normalised)).removeprefix(" ").split(" ")
        inside = chain.from_iterable(self._cut_word(SPACE + word) for word in words)
        return [self._weights.first, *inside, self._weights.last]

    def _likeliest(self, word: str) -> tuple[int, ...]:
        """The numbers of a word's pieces; no piece reaches from one word into the next."""
        characters = [one.encode() for one in word]
        best, paths = [0.0], [(0, 0)]  # up to each character: the score, and the last piece with its beginning
        known: list[list[tuple[int, int]]] = [[] for _ in range(len(characters) + 1)]
        for start, end, number in self._found(characters):
            known[end].append((start, number))
        for end in range(1, len(characters) + 1):
            score, start, number = best[end - 1] + self._unknown, end - 1, self._weights.unknown
            for begin, piece in known[end]:
                likely = best[begin] + float(self._weights.scores[piece])
                if likely > score:
                    score, start, number = likely, begin, piece
            best.append(score)
            paths.append((start, number))
        cut, end = [], len(characters)
        while end:
            end, number = paths[end]
            cut.append(number)
        return tuple(reversed(cut))

    def _found(self, characters: list[bytes]) -> Iterator[tuple[int, int, int]]:
        """Every piece that occurs: where it begins and ends, and its number."""
        spans, checksums = [], []
        for start in range(len(characters)):
            checksum = length = 0
            for end in range(start, len(characters)):
                length += len(characters[end])
                if length > self._longest:
                    break
                checksum = zlib.crc32(characters[end], checksum)
                spans.append((start, end + 1))
                checksums.append(checksum)
        wanted = np.asarray(checksums, np.uint32)
        firsts = np.searchsorted(self._checksums, wanted)
        afters = np.searchsorted(self._checksums, wanted, side="right")
        for found in np.flatnonzero(firsts < afters).tolist():
            start, end = spans[found]
            piece = b"".join(characters[start:end])
            for place in range(firsts[found], afters[found]):
                number = int(self._numbers[place])
                if self._weights.piece(number) == piece and number != self._weights.unknown:
                    yield start, end, number
