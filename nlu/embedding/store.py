"""Vectors of training sentences, kept by text so that training again embeds only what is new.

A file holds 64-bit keys and rows of 8-bit numbers with one scale each. Every vector passes through 8 bits,
kept or fresh, so that a model is the same whichever way its vectors came.
"""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlu.embedding.base import Embedder, Vectors, unit
from nlu.errors import EmbeddingError
from nlu.progress import Progress, silent

Rows = dict[int, tuple[NDArray[np.int8], np.float32]]

STEPS = 127
CHUNK = 32
WORKERS = min(os.cpu_count() or 1, 8)


class VectorStore:
    """The vectors of one embedder; what is computed is added to the file `cache`."""

    def __init__(self, embedder: Embedder, cache: Path | None = None) -> None:
        self.embedder = embedder
        self._cache = cache
        self._rows = _read(cache, embedder.name) if cache else {}

    def vectors(self, texts: Sequence[str], progress: Progress = silent) -> Vectors:
        """One row per text, in their order. Raises `EmbeddingError` when the embedder cannot."""
        keys = [key_of(text) for text in texts]
        unknown = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._rows}
        if unknown:
            rows = _quantised(_embedded(self.embedder, list(unknown.values()), progress))
            self._rows.update(zip(unknown, rows, strict=True))
            if self._cache:
                _write(self._cache, self.embedder.name, self._rows)
        return unit(np.asarray([row * scale for row, scale in map(self._rows.__getitem__, keys)], dtype=np.float32))


def key_of(text: str) -> int:
    """64 bits of a text."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big")


def _write(path: Path, embedder: str, rows: Rows) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        np.savez(
            file,
            embedder=np.asarray(embedder),
            keys=np.asarray(list(rows), dtype=np.uint64),
            scales=np.asarray([scale for _, scale in rows.values()], dtype=np.float32),
            rows=np.asarray([row for row, _ in rows.values()], dtype=np.int8),
        )
    written = Path(file.name)
    written.chmod(0o644)
    written.replace(path)


def _read(path: Path, embedder: str) -> Rows:
    """The rows of a file; none when it is another embedder's, or damaged: it is only a cache."""
    if not path.is_file():
        return {}
    try:
        with np.load(path, allow_pickle=False) as arrays:
            if str(arrays["embedder"]) != embedder:
                return {}
            keys, rows, scales = arrays["keys"].tolist(), arrays["rows"], arrays["scales"]
    except (OSError, ValueError, KeyError, EOFError):
        return {}
    return {key: (row, scale) for key, row, scale in zip(keys, rows, scales, strict=True)}


def _embedded(embedder: Embedder, texts: list[str], progress: Progress) -> Vectors:
    chunks = [texts[start : start + CHUNK] for start in range(0, len(texts), CHUNK)]
    rows: list[Vectors] = []
    with ThreadPoolExecutor(WORKERS) as workers:
        for chunk in workers.map(embedder.embed, chunks):
            rows.append(chunk)
            progress("embedding", min(len(rows) * CHUNK, len(texts)), len(texts))
    if len({row.shape[1] for row in rows}) > 1:
        raise EmbeddingError("the embedder gives vectors of different lengths")
    return np.concatenate(rows)


def _quantised(vectors: Vectors) -> list[tuple[NDArray[np.int8], np.float32]]:
    scales = np.maximum(np.abs(vectors).max(axis=1), 1e-12).astype(np.float32) / STEPS
    rows = np.rint(vectors / scales[:, None]).astype(np.int8)
    return list(zip(rows, scales, strict=True))
