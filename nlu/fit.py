"""Trains the linear classifier with scikit-learn. Imported for training only: parsing needs numpy alone."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from nlu.classifier import ClassifierOptions, FallbackOptions, LinearClassifier, softmax
from nlu.features import FeatureSpace, Floats, NgramOptions

WORKERS = 2
TOLERANCE = 1e-2  # finer changes no answer and doubles the time
SHARPNESSES = np.geomspace(0.3, 60, 80)
SEED = 0

Labels = NDArray[np.int64]
Scores = NDArray[np.float64]


def fit(
    texts: Sequence[str],
    names: Sequence[str],
    blocks: Sequence[NgramOptions],
    options: ClassifierOptions,
    fallback: FallbackOptions,
) -> LinearClassifier:
    """Trains on normalised texts; confidence and threshold come from texts unseen in training."""
    intents = sorted(set(names))
    labels: Labels = np.asarray([intents.index(name) for name in names], dtype=np.int64)
    scores = out_of_fold(texts, labels, blocks, options)
    sharpness = fit_sharpness(scores, labels)
    threshold = fallback.threshold
    if threshold is None:
        threshold = fit_threshold(scores * sharpness, labels, intents, fallback)
    space = FeatureSpace.fit(blocks, texts)
    weights, bias = fit_linear(matrix(space, texts), labels, len(intents), options)
    accuracy = float((scores.argmax(axis=1) == labels).mean()) if len(scores) else None
    return LinearClassifier(intents, space, weights, bias, sharpness, fallback.intent, threshold, accuracy)


def out_of_fold(
    texts: Sequence[str], labels: Labels, blocks: Sequence[NgramOptions], options: ClassifierOptions
) -> Scores:
    """Scores of each text by a model that never saw it. Empty when the data is too thin for folds."""
    count = int(labels.max()) + 1
    rarest = int(np.bincount(labels, minlength=count).min())
    folds = min(options.folds, rarest)
    if folds < 2 or count < 2:
        return np.zeros((0, count))
    scores = np.zeros((len(texts), count))
    splitter = StratifiedKFold(folds, shuffle=True, random_state=SEED)
    for known, unseen in splitter.split(np.zeros(len(texts)), labels):
        space = FeatureSpace.fit(blocks, [texts[i] for i in known])
        weights, bias = fit_linear(matrix(space, [texts[i] for i in known]), labels[known], count, options)
        scores[unseen] = matrix(space, [texts[i] for i in unseen]) @ weights + bias
    return scores


def matrix(space: FeatureSpace, texts: Sequence[str]) -> sparse.csr_matrix:
    """One sparse row per text."""
    rows = [space.row(text) for text in texts]
    starts = np.cumsum([0, *(len(indices) for indices, _ in rows)])
    indices = np.concatenate([indices for indices, _ in rows])
    values = np.concatenate([values for _, values in rows])
    return sparse.csr_matrix((values, indices, starts), shape=(len(texts), space.width))


def fit_linear(
    rows: sparse.csr_matrix, labels: Labels, count: int, options: ClassifierOptions
) -> tuple[Floats, Floats]:
    """One linear SVM per intent against all others; liblinear frees the lock, so two run at once."""
    if count == 1:
        return np.zeros((rows.shape[1], 1), np.float32), np.ones(1, np.float32)
    weights = np.zeros((rows.shape[1], count), dtype=np.float32)
    bias = np.zeros(count, dtype=np.float32)

    def fit_one(label: int) -> None:
        machine = LinearSVC(
            C=options.C,
            class_weight={True: options.own_weight, False: 1.0},
            tol=TOLERANCE,
            random_state=SEED,
        )
        machine.fit(rows, labels == label)
        weights[:, label] = machine.coef_[0]
        bias[label] = machine.intercept_[0]

    with ThreadPoolExecutor(WORKERS) as workers:
        list(workers.map(fit_one, range(count)))
    return weights, bias


def fit_sharpness(scores: Scores, labels: Labels) -> float:
    """The factor that makes the softmax of unseen scores most believable (smallest log loss)."""
    if not len(scores):
        return 5.0  # usual for these scores; the data is too thin to measure
    rows = np.arange(len(labels))
    losses = [-np.log(np.maximum(softmax(scores * factor)[rows, labels], 1e-12)).mean() for factor in SHARPNESSES]
    return float(SHARPNESSES[int(np.argmin(losses))])


def fit_threshold(scores: Scores, labels: Labels, intents: Sequence[str], fallback: FallbackOptions) -> float:
    """The confidence under which a text is refused: `false_rejection` of the right answers lie below."""
    if not len(scores) or fallback.intent not in intents:
        return 0.0  # nothing to learn it from, or no such answer in this data: never refuse
    probabilities = softmax(scores)
    right = (probabilities.argmax(axis=1) == labels) & (labels != intents.index(fallback.intent))
    if not right.any():
        return 0.0
    return float(np.quantile(probabilities.max(axis=1)[right], fallback.false_rejection))
