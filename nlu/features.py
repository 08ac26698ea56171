"""Counts n-grams of words and of characters, weighted by TF-IDF. Plain Python and numpy, as scikit-learn does it.

At run time only the few n-grams of one text are looked up, so a sparse product is a gather of rows.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bytes = NDArray[np.int8]
Indices = NDArray[np.int32]
Counts = Mapping[str, int]


def word_ngrams(text: str, smallest: int, largest: int) -> list[str]:
    """Runs of `smallest` to `largest` words."""
    words = text.split()
    grams: list[str] = []
    for size in range(smallest, largest + 1):
        grams += [" ".join(words[start : start + size]) for start in range(len(words) - size + 1)]
    return grams


def char_ngrams(text: str, smallest: int, largest: int) -> list[str]:
    """Runs of characters inside words, each word padded with a space (scikit-learn's `char_wb`)."""
    grams: list[str] = []
    for word in text.split():
        padded = f" {word} "
        for size in range(smallest, largest + 1):
            if size >= len(padded):
                grams.append(padded)
                break
            grams += [padded[start : start + size] for start in range(len(padded) - size + 1)]
    return grams


ANALYSERS: dict[str, Callable[[str, int, int], list[str]]] = {"word": word_ngrams, "char": char_ngrams}


@dataclass(frozen=True)
class NgramOptions:
    """What to count: `analyser` is "word" or "char"; `weight` scales the block against the others."""

    analyser: str
    smallest: int
    largest: int
    min_documents: int = 1
    weight: float = 1.0


class NgramBlock:
    """A learnt vocabulary of n-grams with their inverse document frequencies."""

    def __init__(self, options: NgramOptions, grams: Sequence[str], idf: Floats) -> None:
        self.options = options
        self.grams = grams
        self.idf = idf
        self.columns = {gram: column for column, gram in enumerate(grams)}

    @classmethod
    def fit(cls, options: NgramOptions, documents: Iterable[Counts]) -> "NgramBlock":
        spread: Counter[str] = Counter()
        total = 0
        for counts in documents:
            spread.update(counts.keys())
            total += 1
        grams = sorted(gram for gram, count in spread.items() if count >= options.min_documents)
        idf = [math.log((1 + total) / (1 + spread[gram])) + 1 for gram in grams]
        return cls(options, grams, np.asarray(idf, dtype=np.float32))

    def row(self, counts: Counts) -> tuple[Indices, Floats]:
        """The columns present in one counted text and their values; of length `weight`, or empty."""
        columns = self.columns
        known = {columns[gram]: count for gram, count in counts.items() if gram in columns}
        indices = np.fromiter(known.keys(), dtype=np.int32, count=len(known))
        values = np.fromiter(known.values(), dtype=np.float32, count=len(known))
        values = (np.log(values) + 1) * self.idf[indices]
        norm = float(np.sqrt(values @ values))
        if norm > 0:
            values *= self.options.weight / norm
        return indices, values.astype(np.float32, copy=False)


class FeatureSpace:
    """Several blocks side by side."""

    def __init__(self, blocks: Sequence[NgramBlock]) -> None:
        self.blocks = tuple(blocks)
        self.offsets = np.cumsum([0, *(len(block.grams) for block in self.blocks)]).tolist()

    @classmethod
    def fit(cls, options: Sequence[NgramOptions], documents: Sequence[Sequence[Counts]]) -> "FeatureSpace":
        """Learns each block's vocabulary from texts counted by `count`."""
        return cls([NgramBlock.fit(block, (one[i] for one in documents)) for i, block in enumerate(options)])

    @property
    def width(self) -> int:
        return int(self.offsets[-1])

    def row(self, text: str) -> tuple[Indices, Floats]:
        """The sparse row of one normalised text, over all blocks."""
        return self.row_of(count([block.options for block in self.blocks], text))

    def row_of(self, counted: Sequence[Counts]) -> tuple[Indices, Floats]:
        """The same for a text counted already."""
        rows = [block.row(counts) for block, counts in zip(self.blocks, counted, strict=True)]
        indices = [columns + offset for (columns, _), offset in zip(rows, self.offsets, strict=False)]
        return np.concatenate(indices), np.concatenate([values for _, values in rows])


def count(options: Sequence[NgramOptions], text: str) -> list[Counts]:
    """How often each n-gram occurs in a normalised text, block by block."""
    return [Counter(ANALYSERS[one.analyser](text, one.smallest, one.largest)) for one in options]
