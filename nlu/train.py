"""Trains a model from Rasa NLU data. Brings scikit-learn in: reach it through `nlu.cache` at run time."""

import logging
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from nlu import fit
from nlu.embedding.base import Vectors
from nlu.embedding.store import VectorStore
from nlu.engine import build_extractors, build_normaliser, gather_resources
from nlu.entities.base import CommuneRow
from nlu.errors import DataError, EmbeddingError
from nlu.fit_tagger import settle
from nlu.model import Model
from nlu.pipeline import DEFAULT_CONFIG, Pipeline, load_pipeline
from nlu.progress import Progress, silent
from nlu.training import TrainingData, read

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Means:
    """What training may use: an embedder with the vectors kept of it, or none; and whom it tells how far it is."""

    store: VectorStore | None = None
    progress: Progress = silent


def train(
    data: Path | Iterable[Path],
    gazetteer: Iterable[CommuneRow] = (),
    lookups: Mapping[str, tuple[str, ...]] | None = None,
    config: Path = DEFAULT_CONFIG,
    means: Means | None = None,
) -> Model:
    """Trains on files or folders. `lookups` adds the caller's own lists (`qpv`) to those of the data."""
    return train_on(read(data), load_pipeline(config), gazetteer, lookups, means)


def train_on(
    data: TrainingData,
    pipeline: Pipeline,
    gazetteer: Iterable[CommuneRow] = (),
    lookups: Mapping[str, tuple[str, ...]] | None = None,
    means: Means | None = None,
) -> Model:
    """Trains on data already read."""
    if not data.examples:
        raise DataError("training data", "there is no example in it", "Add `- intent:` sections with examples")
    means = means or Means()
    embedder = means.store.embedder.name if means.store else ""
    resources = gather_resources(data, gazetteer, dict(lookups or {}), pipeline.folder)
    with ThreadPoolExecutor(1) as beside:  # each leaves a core idle half of its time
        extractors = build_extractors(pipeline, resources)
        settling = beside.submit(settle, data, resources.lookups, extractors, pipeline.tagger)
        classifier = fit.fit(lessons(data, pipeline, means), embedder, means.progress)
        means.progress("entities", 0, 1)
        settled = settling.result()
    means.progress("entities", 1, 1)
    return Model(pipeline, classifier, resources, settled.ruled, settled.tagger)


def lessons(data: TrainingData, pipeline: Pipeline, means: Means) -> fit.Lessons:
    """The data as the classifier learns from it."""
    normaliser = build_normaliser(pipeline)
    texts = [normaliser(example.text) for example in data.examples]
    names = [example.intent for example in data.examples]
    return fit.Lessons.of(texts, _vectors(data, pipeline, means), names, pipeline)


def _vectors(data: TrainingData, pipeline: Pipeline, means: Means) -> Vectors | None:
    if means.store is None or pipeline.sentence is None:
        return None
    try:
        return means.store.vectors([example.text for example in data.examples], means.progress)
    except EmbeddingError as error:
        log.warning("trained by letters alone: %s", error)
        return None
