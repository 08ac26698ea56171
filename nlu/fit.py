"""Trains the classifier. Imported for training only (scikit-learn, scipy): parsing needs numpy alone."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from nlu.classifier import (
    Blend,
    Classifier,
    ClassifierOptions,
    FallbackOptions,
    LetterScorer,
    SentenceOptions,
    SentenceScorer,
    softmax,
)
from nlu.embedding.base import Vectors, unit
from nlu.features import Counts, FeatureSpace, NgramOptions, count
from nlu.fit_linear import Labels, fit_machines, fit_softmax, matrix
from nlu.pipeline import Pipeline
from nlu.progress import Progress, silent

Scores = NDArray[np.float64]

SEED = 0
USUAL = Blend(letters=2.2, meaning=0.9, threshold=0.0)  # what data that tells little is held to
USUAL_ALONE = Blend(letters=4.9, meaning=0.0, threshold=0.0)
HOLD = 0.01  # how firmly: log loss for a weight e times as large
SAMPLE = 3000  # rows enough to learn a blend's two numbers from
STRANGER = 0.002  # of a domain's own sentences, this share lies further from all its centres than the floor
FLOOR = 0.1  # at most: sentences of narrow data lie closer together than those it will meet


def fit(
    texts: Sequence[str],
    vectors: Vectors | None,
    names: Sequence[str],
    pipeline: Pipeline,
    embedder: str = "",
    progress: Progress = silent,
) -> Classifier:
    """Trains on normalised texts and their vectors; confidence and threshold come from texts unseen in training."""
    blocks, options, fallback = pipeline.blocks, pipeline.classifier, pipeline.fallback
    sentence = pipeline.sentence or SentenceOptions()
    intents = sorted(set(names))
    labels: Labels = np.asarray([intents.index(name) for name in names], dtype=np.int64)
    width = len(intents)
    parts = assign_folds(labels, options.folds)
    tested = parts >= 0
    letters, meaning = np.zeros((len(texts), width)), np.zeros((len(texts), width))
    near = np.zeros(len(texts), dtype=np.float32)
    counted = [count(blocks, text) for text in texts]
    folds = sorted(set(parts[tested].tolist()))
    for done, fold in enumerate(folds):
        progress("training", done, len(folds) + 1)
        known, unseen = np.flatnonzero(parts != fold), np.flatnonzero(parts == fold)
        scorer = fit_letters([counted[i] for i in known], labels[known], width, blocks, options)
        letters[unseen] = matrix(scorer.space, [counted[i] for i in unseen]) @ scorer.weights + scorer.bias
        if vectors is not None:
            taught = fit_sentences(vectors[known], labels[known], width, sentence, embedder)
            places = taught.place(vectors[unseen])
            meaning[unseen] = places @ taught.weights + taught.bias
            near[unseen] = (places @ taught.centres.T).max(axis=1)
    progress("training", len(folds), len(folds) + 1)
    scorer = fit_letters(counted, labels, width, blocks, options)
    progress("training", len(folds) + 1, len(folds) + 1)
    seen = labels[tested]
    alone = fit_blend(letters[tested], None, seen, intents, fallback)
    if vectors is None:
        unseen_accuracy = _accuracy(alone.probabilities(letters[tested], None), seen)
        return Classifier(tuple(intents), fallback.intent, scorer, alone, unseen_accuracy=unseen_accuracy)
    both = fit_blend(letters[tested], meaning[tested], seen, intents, fallback)
    floor = min(float(np.quantile(near[tested], STRANGER)), FLOOR) if tested.any() else -1.0
    return Classifier(
        tuple(intents),
        fallback.intent,
        scorer,
        alone,
        fit_sentences(vectors, labels, width, sentence, embedder, floor),
        both,
        _accuracy(both.probabilities(letters[tested], meaning[tested]), seen),
    )


def assign_folds(labels: Labels, folds: int) -> NDArray[np.int64]:
    """The part each text is tested in, every intent spread evenly; -1 for an intent's only text: never tested."""
    parts = np.full(len(labels), -1, dtype=np.int64)
    if folds < 2 or labels.max() == 0:
        return parts
    shuffled = np.random.default_rng(SEED).permutation(len(labels))
    for label in range(int(labels.max()) + 1):
        own = shuffled[labels[shuffled] == label]
        if len(own) > 1:
            parts[own] = np.arange(len(own)) % folds
    return parts


def fit_letters(
    documents: Sequence[Sequence[Counts]],
    labels: Labels,
    width: int,
    blocks: Sequence[NgramOptions],
    options: ClassifierOptions,
) -> LetterScorer:
    """A linear machine per intent over n-grams."""
    space = FeatureSpace.fit(blocks, documents)
    weights, bias = fit_machines(matrix(space, documents), labels, width, options.C, options.own_weight)
    return LetterScorer(space, weights, bias)


def fit_sentences(
    vectors: Vectors, labels: Labels, width: int, options: SentenceOptions, embedder: str, floor: float = -1.0
) -> SentenceScorer:
    """A softmax regression over embeddings."""
    mean = vectors.mean(axis=0)
    places = unit(vectors - mean)
    centres = unit(np.stack([places[labels == label].mean(axis=0) for label in range(width)]))
    weights, bias = fit_softmax(places, labels, width, options.C, options.steps)
    return SentenceScorer(embedder, mean, weights, bias, centres, floor)


def fit_blend(
    letters: Scores, meaning: Scores | None, labels: Labels, intents: Sequence[str], fallback: FallbackOptions
) -> Blend:
    """The weights that make the softmax of unseen scores most believable (smallest log loss), and the threshold."""
    usual = USUAL_ALONE if meaning is None else USUAL
    threshold = fallback.threshold
    if not len(letters):
        return replace(usual, threshold=threshold or 0.0)
    sample = np.random.default_rng(SEED).permutation(len(labels))[:SAMPLE]
    rows = np.arange(len(sample))
    start = np.log([usual.letters] if meaning is None else [usual.letters, usual.meaning])

    def loss(logs: NDArray[np.float64]) -> float:
        weights = np.exp(logs)
        scores = letters[sample] * weights[0] + (0 if meaning is None else meaning[sample] * weights[1])
        surprise = -np.log(np.maximum(softmax(scores)[rows, labels[sample]], 1e-12)).mean()
        return float(surprise + HOLD * ((logs - start) ** 2).sum())

    found = minimize(loss, start, method="Nelder-Mead", options={"maxiter": 60, "xatol": 0.01, "fatol": 1e-4})
    weights = np.exp(found.x).tolist()
    blend = Blend(weights[0], 0.0 if meaning is None else weights[1], 0.0)
    if threshold is None:
        threshold = fit_threshold(blend.probabilities(letters, meaning), labels, intents, fallback)
    return Blend(blend.letters, blend.meaning, threshold)


def fit_threshold(probabilities: Scores, labels: Labels, intents: Sequence[str], fallback: FallbackOptions) -> float:
    """The confidence under which a text is refused: `false_rejection` of the right answers lie below."""
    if fallback.intent not in intents:
        return 0.0  # no such answer in this data: never refuse
    right = (probabilities.argmax(axis=1) == labels) & (labels != intents.index(fallback.intent))
    if not right.any():
        return 0.0
    return float(np.quantile(probabilities.max(axis=1)[right], fallback.false_rejection))


def _accuracy(probabilities: Scores, labels: Labels) -> float | None:
    return float((probabilities.argmax(axis=1) == labels).mean()) if len(labels) else None
