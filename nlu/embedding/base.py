"""What every embedder is, and how a text is made ready for one."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

MAX_CHARACTERS = 320  # an embedder takes its time by length: of a longer text, both ends are read


class Embedder(Protocol):
    """Turns texts into points on the unit sphere. Safe to share between threads."""

    @property
    def name(self) -> str:
        """Which model this is: vectors of two names cannot be compared."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row per text, of length 1. Raises `EmbeddingError` when it cannot."""


def presentable(text: str) -> str:
    """A text any embedder takes: no lone surrogate, no NUL, never empty, both ends of what is too long."""
    clean = text.encode("utf-8", "replace").decode("utf-8").replace("\x00", " ").strip()
    if len(clean) > MAX_CHARACTERS:
        half = MAX_CHARACTERS // 2
        clean = f"{clean[:half]} {clean[-half:]}"
    return clean or "-"


def unit(rows: Vectors) -> Vectors:
    """The rows brought to length 1."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    result: Vectors = (rows / np.maximum(lengths, 1e-12)).astype(np.float32)
    return result
