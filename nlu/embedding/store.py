"""Vectors of training sentences, kept by text so that training again embeds only what is new.

A file holds 64-bit keys and rows of 8-bit numbers with one scale each. Every vector passes through 8 bits,
kept or fresh, so that a model is the same whichever way its vectors came.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Sequence
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
    """Reads kept vectors from `files`; what was computed is added to `cache`, the file this machine may write."""

    def __init__(self, files: Iterable[Path] = (), cache: Path | None = None) -> None:
        self._cache = cache
        self._rows: Rows = {}
        for path in (*files, *([cache] if cache else [])):
            self._rows.update(_read(path))

    def vectors(self, embedder: Embedder, texts: Sequence[str], progress: Progress = silent) -> Vectors:
        """One row per text, in their order. Raises `EmbeddingError` when the embedder cannot."""
        keys = [key_of(embedder, text) for text in texts]
        unknown = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._rows}
        if unknown:
            fresh = _quantised(_embedded(embedder, list(unknown.values()), progress))
            self._rows.update(zip(unknown, fresh, strict=True))
            if self._cache:
                write(self._cache, self._rows)
        return unit(np.asarray([row * scale for row, scale in map(self._rows.__getitem__, keys)], dtype=np.float32))

    def missing(self, embedder: Embedder, texts: Iterable[str]) -> list[str]:
        """The texts whose vector is not kept."""
        return [text for text in texts if key_of(embedder, text) not in self._rows]

    def save(self, path: Path, embedder: Embedder, texts: Iterable[str]) -> None:
        """Writes the vectors of these texts alone, in an order that does not depend on theirs."""
        keys = sorted({key_of(embedder, text) for text in texts})
        write(path, {key: self._rows[key] for key in keys})


def key_of(embedder: Embedder, text: str) -> int:
    """64 bits of a text under an embedder."""
    digest = hashlib.blake2b(f"{embedder.name}\n{text}".encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def write(path: Path, rows: Rows) -> None:
    """Writes a file of vectors, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        np.savez(
            file,
            keys=np.asarray(list(rows), dtype=np.uint64),
            scales=np.asarray([scale for _, scale in rows.values()], dtype=np.float32),
            rows=np.asarray([row for row, _ in rows.values()], dtype=np.int8),
        )
    written = Path(file.name)
    written.chmod(0o644)
    written.replace(path)


def _read(path: Path) -> Rows:
    if not path.is_file():
        return {}
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {
                int(key): (row, scale)
                for key, row, scale in zip(arrays["keys"], arrays["rows"], arrays["scales"], strict=True)
            }
    except (OSError, ValueError, KeyError, EOFError):
        return {}  # damaged: it is only a cache


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
