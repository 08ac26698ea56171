"""Labels that a cross-validated model doubts: it is sure of another. Imported for checking only (scikit-learn)."""

from collections.abc import Iterator

import numpy as np

from nlu.check import Issue
from nlu.fit import fit_blend, unseen
from nlu.pipeline import Pipeline
from nlu.train import Means, lessons
from nlu.training import TrainingData

SURE = 0.9  # of another intent
UNLIKELY = 0.02  # its own


def doubts(data: TrainingData, pipeline: Pipeline, means: Means) -> Iterator[Issue]:
    """Advice on sentences that read like another intent's, the surest first."""
    taught = lessons(data, pipeline, means)
    test = unseen(taught, means.progress)
    if not len(test.labels):
        return
    blend = fit_blend(test.letters, test.meaning, test.labels, taught.intents, pipeline.fallback)
    probabilities = blend.probabilities(test.letters, test.meaning)
    best, each = probabilities.argmax(axis=1), np.arange(len(test.labels))
    doubtful = (probabilities[each, best] >= SURE) & (probabilities[each, test.labels] <= UNLIKELY)
    for row in sorted(np.flatnonzero(doubtful), key=lambda row: -probabilities[row, best[row]]):
        example = data.examples[test.tested[row]]
        what = f"“{example.text}” is {example.intent}, and reads like {taught.intents[best[row]]}"
        yield Issue(example.where, what, "Move it, or write more of its like", blocking=False)
