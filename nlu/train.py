"""Trains a model from Rasa NLU data. Brings scikit-learn in: reach it through `nlu.cache` at run time."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from nlu import fit
from nlu.engine import build_normaliser, gather_resources
from nlu.entities.base import CommuneRow
from nlu.errors import DataError
from nlu.model import Model
from nlu.pipeline import DEFAULT_CONFIG, Pipeline, load_pipeline
from nlu.training import TrainingData, read


def train(
    data: Path | Iterable[Path],
    gazetteer: Iterable[CommuneRow] = (),
    lookups: Mapping[str, tuple[str, ...]] | None = None,
    config: Path = DEFAULT_CONFIG,
) -> Model:
    """Trains on files or folders. `lookups` adds the caller's own lists (`qpv`) to those of the data."""
    return train_on(read(data), load_pipeline(config), gazetteer, lookups)


def train_on(
    data: TrainingData,
    pipeline: Pipeline,
    gazetteer: Iterable[CommuneRow] = (),
    lookups: Mapping[str, tuple[str, ...]] | None = None,
) -> Model:
    """Trains on data already read."""
    if not data.examples:
        raise DataError("training data", "there is no example in it", "Add `- intent:` sections with examples")
    normaliser = build_normaliser(pipeline)
    classifier = fit.fit(
        [normaliser(example.text) for example in data.examples],
        [example.intent for example in data.examples],
        pipeline.blocks,
        pipeline.classifier,
        pipeline.fallback,
    )
    resources = gather_resources(data, gazetteer, dict(lookups or {}), pipeline.folder)
    return Model(pipeline, classifier, resources)
