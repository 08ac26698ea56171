"""Trains once, loads ever after: a model is kept under the hash of all that made it."""

import hashlib
import importlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from nlu.check import Issue
from nlu.embedding.base import Embedder
from nlu.embedding.store import VectorStore
from nlu.entities.base import CommuneRow
from nlu.errors import ModelError
from nlu.model import Model, files_named
from nlu.pipeline import DEFAULT_CONFIG, load_pipeline
from nlu.progress import Progress, silent
from nlu.training import find_files

PACKAGE = Path(__file__).parent
KEPT_VECTORS = "vectors.npz"


def training(
    embedder: Embedder | None = None, kept: Path | None = None, progress: Progress = silent
) -> tuple[Callable[..., Model], Any]:
    """`nlu.train.train` and the means it wants, imported only now: scikit-learn costs a second and 80 MB.

    Vectors of known sentences are taken from the folder `kept`, which gets what is computed.
    """
    module = importlib.import_module("nlu.train")
    store = VectorStore(embedder, kept and kept / KEPT_VECTORS) if embedder else None
    return module.train, module.Means(store, progress)


def doubter() -> Callable[..., Iterator[Issue]]:
    """`nlu.doubts.doubts`, imported only now for the same reason."""
    function: Callable[..., Iterator[Issue]] = importlib.import_module("nlu.doubts").doubts
    return function


def load_or_train(
    data: Path | Iterable[Path],
    cache: Path,
    gazetteer: Iterable[CommuneRow] = (),
    lookups: Mapping[str, tuple[str, ...]] | None = None,
    config: Path = DEFAULT_CONFIG,
    embedder: Embedder | None = None,
    progress: Progress = silent,
) -> Model:
    """The model of this data, from `cache/<hash>` when it is there; trained and kept there otherwise."""
    files = find_files(data)
    rows = tuple((code, name, tuple(codes), count) for code, name, codes, count in gazetteer)
    folder = cache / fingerprint(files, rows, lookups or {}, config, embedder)
    if folder.is_dir():
        try:
            return Model.load(folder, rows)
        except ModelError:
            pass  # damaged: train it again below
    learn, means = training(embedder, cache, progress)
    model = learn(files, rows, lookups, config, means)
    model.save(folder)
    return model


def fingerprint(
    files: Iterable[Path],
    gazetteer: tuple[CommuneRow, ...],
    lookups: Mapping[str, tuple[str, ...]],
    config: Path,
    embedder: Embedder | None = None,
) -> str:
    """A hash of the data, the config and its files, the caller's lists, and the code that trains."""
    pipeline = load_pipeline(config)
    named = [pipeline.folder / name for name in files_named(pipeline.source)]
    code = [file for pattern in ("*.py", "entities/*.py", "entities/*.yml") for file in PACKAGE.glob(pattern)]
    digest = hashlib.sha256()
    for file in (*files, config, *named, *sorted(code)):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    digest.update((embedder.name if embedder else "").encode())
    digest.update(json.dumps([gazetteer, {name: list(words) for name, words in lookups.items()}]).encode())
    return digest.hexdigest()[:20]
