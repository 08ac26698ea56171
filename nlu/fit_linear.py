"""The linear learners: machines over sparse rows (liblinear), softmax regression over dense ones (L-BFGS)."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits

from nlu.features import Counts, FeatureSpace, Floats

WORKERS = 2
TOLERANCE = 1e-2  # finer changes no answer and doubles the time
SEED = 0

Labels = NDArray[np.int64]


def matrix(space: FeatureSpace, documents: Sequence[Sequence[Counts]]) -> sparse.csr_matrix:
    """One sparse row per counted text."""
    rows = [space.row_of(counted) for counted in documents]
    starts = np.cumsum([0, *(len(indices) for indices, _ in rows)])
    indices = np.concatenate([indices for indices, _ in rows])
    values = np.concatenate([values for _, values in rows])
    result = sparse.csr_matrix((values, indices, starts), shape=(len(documents), space.width))
    result.sum_duplicates()  # sorts in place: left to the first use, two threads would do it at once and break it
    return result


def fit_machines(
    rows: sparse.csr_matrix,
    labels: Labels,
    count: int,
    error_weight: float,
    own_weight: float,
) -> tuple[Floats, Floats]:
    """One linear SVM per label against all others; liblinear frees the lock, so two run at once."""
    if count == 1:
        return np.zeros((rows.shape[1], 1), np.float32), np.ones(1, np.float32)
    weights = np.zeros((rows.shape[1], count), dtype=np.float32)
    bias = np.zeros(count, dtype=np.float32)

    def fit_one(label: int) -> None:
        own = labels == label
        if not own.any():
            bias[label] = -1
            return
        balance = {True: own_weight, False: 1.0}
        machine = LinearSVC(C=error_weight, class_weight=balance, tol=TOLERANCE, random_state=SEED)
        machine.fit(rows, own)
        weights[:, label] = machine.coef_[0]
        bias[label] = machine.intercept_[0]

    with ThreadPoolExecutor(WORKERS) as workers:
        list(workers.map(fit_one, range(count)))
    return weights, bias


def fit_softmax(
    rows: NDArray[np.float32],
    labels: Labels,
    count: int,
    error_weight: float,
    steps: int,
) -> tuple[Floats, Floats]:
    """Softmax regression: one set of weights per label, learnt together."""
    width = rows.shape[1]
    wide = np.hstack([rows, np.ones((len(rows), 1), np.float32)]).astype(np.float32)
    each = np.arange(len(rows))

    def loss(flat: NDArray[np.float64]) -> tuple[float, Any]:
        weights = flat.reshape(width + 1, count).astype(np.float32)
        scores = wide @ weights
        scores -= scores.max(axis=1, keepdims=True)
        own = scores[each, labels].copy()
        np.exp(scores, out=scores)
        sums = scores.sum(axis=1)
        scores /= sums[:, None]
        scores[each, labels] -= 1
        gradient = error_weight * (wide.T @ scores)
        free = weights.copy()
        free[-1] = 0  # the bias is not held down
        value = error_weight * float((np.log(sums) - own).sum()) + 0.5 * float((free.astype(np.float64) ** 2).sum())
        return value, (gradient + free).ravel().astype(np.float64)

    start = np.zeros((width + 1) * count)
    with threadpool_limits(1):  # small products: threads would only wait for one another
        found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": steps, "maxcor": 10})
    learnt = found.x.reshape(width + 1, count).astype(np.float32)
    return learnt[:-1], learnt[-1]
