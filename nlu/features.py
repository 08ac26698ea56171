"""Counts n-grams of words and of characters, weighted by TF-IDF. Plain Python and numpy, as scikit-learn does it.

At run time only the few n-grams of one text are looked up, so a sparse product is a gather of rows.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Indices = NDArray[np.int32]
Analyser = Callable[[str], list[str]]


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
    def fit(cls, options: NgramOptions, texts: Iterable[str]) -> "NgramBlock":
        documents: Counter[str] = Counter()
        total = 0
        for text in texts:
            documents.update(set(ANALYSERS[options.analyser](text, options.smallest, options.largest)))
            total += 1
        grams = sorted(gram for gram, count in documents.items() if count >= options.min_documents)
        idf = [math.log((1 + total) / (1 + documents[gram])) + 1 for gram in grams]
        return cls(options, grams, np.asarray(idf, dtype=np.float32))

    def row(self, text: str) -> tuple[Indices, Floats]:
        """The columns present in one text and their values; of length `weight`, or empty."""
        options = self.options
        columns = self.columns
        counts: dict[int, int] = {}
        for gram in ANALYSERS[options.analyser](text, options.smallest, options.largest):
            column = columns.get(gram)
            if column is not None:
                counts[column] = counts.get(column, 0) + 1
        indices = np.fromiter(counts.keys(), dtype=np.int32, count=len(counts))
        values = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
        values = (np.log(values) + 1) * self.idf[indices]
        norm = float(np.sqrt(values @ values))
        if norm > 0:
            values *= options.weight / norm
        return indices, values.astype(np.float32, copy=False)


class FeatureSpace:
    """Several blocks side by side."""

    def __init__(self, blocks: Sequence[NgramBlock]) -> None:
        self.blocks = tuple(blocks)
        self.offsets = np.cumsum([0, *(len(block.grams) for block in self.blocks)]).tolist()

    @classmethod
    def fit(cls, options: Sequence[NgramOptions], texts: Sequence[str]) -> "FeatureSpace":
        return cls([NgramBlock.fit(block, texts) for block in options])

    @property
    def width(self) -> int:
        return int(self.offsets[-1])

    def row(self, text: str) -> tuple[Indices, Floats]:
        """The sparse row of one normalised text, over all blocks."""
        rows = [block.row(text) for block in self.blocks]
        indices = [columns + offset for (columns, _), offset in zip(rows, self.offsets, strict=False)]
        return np.concatenate(indices), np.concatenate([values for _, values in rows])
