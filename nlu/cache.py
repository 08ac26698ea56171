"""Trains once, loads ever after: a model is kept under the hash of all that made it."""

import hashlib
import importlib
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from nlu.entities.base import CommuneRow
from nlu.errors import ModelError
from nlu.model import Model, files_named
from nlu.pipeline import DEFAULT_CONFIG, load_pipeline
from nlu.training import find_files

PACKAGE = Path(__file__).parent


def trainer() -> Callable[..., Model]:
    """`nlu.train.train`, imported only now: scikit-learn costs a second and 80 MB that parsing never needs."""
    function: Callable[..., Model] = importlib.import_module("nlu.train").train
    return function


def load_or_train(
    data: Path | Iterable[Path],
    cache: Path,
    gazetteer: Iterable[CommuneRow] = (),
    lookups: Mapping[str, tuple[str, ...]] | None = None,
    config: Path = DEFAULT_CONFIG,
) -> Model:
    """The model of this data, from `cache/<hash>` when it is there; trained and kept there otherwise."""
    files = find_files(data)
    rows = tuple((code, name, tuple(codes), count) for code, name, codes, count in gazetteer)
    folder = cache / fingerprint(files, rows, lookups or {}, config)
    if folder.is_dir():
        try:
            return Model.load(folder)
        except ModelError:
            pass  # damaged: train it again below
    model = trainer()(files, rows, lookups, config)
    model.save(folder)
    return model


def fingerprint(
    files: Iterable[Path],
    gazetteer: tuple[CommuneRow, ...],
    lookups: Mapping[str, tuple[str, ...]],
    config: Path,
) -> str:
    """A hash of the data, the config and its files, the caller's lists, and the code that trains."""
    pipeline = load_pipeline(config)
    named = [pipeline.folder / name for name in files_named(pipeline.source)]
    code = [*PACKAGE.glob("*.py"), *PACKAGE.glob("entities/*.py"), *PACKAGE.glob("entities/*.yml")]
    digest = hashlib.sha256()
    for file in (*files, config, *named, *sorted(code)):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    digest.update(json.dumps([gazetteer, {name: list(words) for name, words in lookups.items()}]).encode())
    return digest.hexdigest()[:20]
