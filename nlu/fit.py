"""Trains the classifier. Imported for training only (scikit-learn, scipy): parsing needs numpy alone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from sys import intern

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from nlu.classifier import (
    Blend,
    Classifier,
    FallbackOptions,
    LetterScorer,
    SentenceOptions,
    SentenceScorer,
    softmax,
)
from nlu.embedding.base import Vectors, unit
from nlu.features import Counts, FeatureSpace, count
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


@dataclass(frozen=True)
class Lessons:
    """What is learnt from: texts as counted n-grams and as vectors, and which intent each has."""

    documents: Sequence[Sequence[Counts]]
    vectors: Vectors | None
    labels: Labels
    intents: tuple[str, ...]
    pipeline: Pipeline

    @classmethod
    def of(cls, texts: Sequence[str], vectors: Vectors | None, names: Sequence[str], pipeline: Pipeline) -> "Lessons":
        """From normalised texts and the names of their intents."""
        intents = tuple(sorted(set(names)))
        numbers = {name: number for number, name in enumerate(intents)}
        labels: Labels = np.asarray([numbers[name] for name in names], dtype=np.int64)
        return cls([_counted(pipeline, text) for text in texts], vectors, labels, intents, pipeline)

    def letters(self, chosen: Labels) -> LetterScorer:
        """A linear machine per intent over the n-grams of the chosen texts."""
        blocks, options = self.pipeline.blocks, self.pipeline.classifier
        documents = [self.documents[i] for i in chosen.tolist()]
        space = FeatureSpace.fit(blocks, documents)
        rows, labels = matrix(space, documents), self.labels[chosen]
        weights, bias = fit_machines(rows, labels, len(self.intents), options.C, options.own_weight)
        return LetterScorer(space, weights, np.ones(len(weights), np.float32), bias)

    def sentences(self, vectors: Vectors, chosen: Labels, embedder: str = "", floor: float = -1.0) -> SentenceScorer:
        """A softmax regression over the vectors of the chosen texts."""
        options = self.pipeline.sentence or SentenceOptions()
        rows, labels, width = vectors[chosen], self.labels[chosen], len(self.intents)
        mean = rows.mean(axis=0)
        places = unit(rows - mean)
        centres = unit(np.stack([places[labels == label].mean(axis=0) for label in range(width)]))
        weights, bias = fit_softmax(places, labels, width, options.C, options.steps)
        return SentenceScorer(embedder, mean, weights, bias, centres, floor)


def _counted(pipeline: Pipeline, text: str) -> Sequence[Counts]:
    """As `count` does; what many texts have in common is kept once."""
    return [{intern(gram): times for gram, times in counts.items()} for counts in count(pipeline.blocks, text)]


@dataclass(frozen=True)
class Unseen:
    """Scores of texts by scorers that never saw them; `tested` are the numbers of these texts, `labels` their intents.

    `near` is how like its nearest intent's centre each is. `meaning` and `near` are None without vectors.
    """

    tested: Labels
    labels: Labels
    letters: Scores
    meaning: Scores | None
    near: Scores | None


def unseen(lessons: Lessons, progress: Progress = silent) -> Unseen:
    """Cross-validation."""
    labels, vectors = lessons.labels, lessons.vectors
    parts = assign_folds(labels, lessons.pipeline.classifier.folds)
    folds = sorted({part for part in parts.tolist() if part >= 0})
    shape = len(labels), len(lessons.intents)
    letters, meaning, near = np.zeros(shape), np.zeros(shape), np.zeros(len(labels))
    for done, fold in enumerate(folds):
        progress("testing", done, len(folds))
        known, new = np.flatnonzero(parts != fold), np.flatnonzero(parts == fold)
        scorer = lessons.letters(known)
        letters[new] = matrix(scorer.space, [lessons.documents[i] for i in new.tolist()]) @ scorer.weights + scorer.bias
        if vectors is not None:
            taught = lessons.sentences(vectors, known)
            places = taught.place(vectors[new])
            meaning[new] = places @ taught.weights + taught.bias
            near[new] = (places @ taught.centres.T).max(axis=1)
    progress("testing", 1, 1)
    tested = np.flatnonzero(parts >= 0)
    if vectors is None:
        return Unseen(tested, labels[tested], letters[tested], None, None)
    return Unseen(tested, labels[tested], letters[tested], meaning[tested], near[tested])


def fit(lessons: Lessons, embedder: str = "", progress: Progress = silent) -> Classifier:
    """Trains on all texts; confidence and threshold come from texts unseen in training."""
    fallback, intents = lessons.pipeline.fallback, lessons.intents
    test = unseen(lessons, progress)
    progress("training", 0, 1)
    everything = np.arange(len(lessons.labels))
    classifier = Classifier(
        intents,
        fallback.intent,
        lessons.letters(everything).lean(),
        fit_blend(test.letters, None, test.labels, intents, fallback),
    )
    if lessons.vectors is not None and test.near is not None:
        floor = min(float(np.quantile(test.near, STRANGER)), FLOOR) if len(test.near) else -1.0
        classifier = replace(
            classifier,
            sentence=lessons.sentences(lessons.vectors, everything, embedder, floor),
            both=fit_blend(test.letters, test.meaning, test.labels, intents, fallback),
        )
    progress("training", 1, 1)
    blend = classifier.both or classifier.alone
    right = blend.probabilities(test.letters, test.meaning).argmax(axis=1) == test.labels if len(test.labels) else None
    return replace(classifier, unseen_accuracy=None if right is None else float(right.mean()))


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
