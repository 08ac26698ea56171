"""Learns a linear-chain conditional random field (Lafferty, McCallum and Pereira, 2001). For training only (scipy).

Forward and backward run over all sentences at once, position by position, in probabilities scaled at each step.
"""

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from nlu.features import Floats

Matrix = NDArray[np.float64]
Integers = NDArray[np.int64]


def fit_crf(
    rows: sparse.csr_matrix, lengths: Sequence[int], labels: Integers, count: int, error_weight: float, steps: int
) -> tuple[Floats, Floats]:
    """Weights (feature by label) and steps (label by label) from the rows of sentences of these lengths, end to end.

    A sentence's first word follows label 0.
    """
    chain = _Chain(lengths)
    width = rows.shape[1]
    columns = rows.T.tocsr()
    truth = np.zeros((rows.shape[0], count))
    truth[np.arange(len(labels)), labels] = 1
    followed = chain.count_steps(labels, count)

    def loss(flat: Matrix) -> tuple[float, Matrix]:
        weights = flat[: width * count].reshape(width, count)
        moves = flat[width * count :].reshape(count, count)
        scores = rows @ weights
        surprise, given, moved = chain.expect(scores, moves)
        surprise -= float((scores * truth).sum() + (moves * followed).sum())
        gradient = np.concatenate([(columns @ (given - truth)).ravel(), (moved - followed).ravel()])
        return error_weight * surprise + 0.5 * float(flat @ flat), error_weight * gradient + flat

    start = np.zeros(width * count + count * count)
    with threadpool_limits(1):  # small products: threads would only wait for one another
        found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": steps, "maxcor": 6}).x
    weights = found[: width * count].reshape(width, count).astype(np.float32)
    return weights, found[width * count :].reshape(count, count).astype(np.float32)


class _Chain:
    """Which words stand at each position of their sentence, the longest sentences first."""

    def __init__(self, lengths: Sequence[int]) -> None:
        sizes = np.asarray(lengths, dtype=np.int64)
        starts = np.cumsum([0, *sizes])[:-1]
        order = np.argsort(-sizes, kind="stable")
        self._total = int(sizes.sum())
        self._starts = starts[sizes > 0]
        self._at = [starts[order][sizes[order] > position] + position for position in range(int(sizes.max(initial=0)))]

    def count_steps(self, labels: Integers, count: int) -> Matrix:
        """How often one label follows another."""
        before = np.concatenate([[0], labels[:-1]])
        before[self._starts] = 0
        steps = np.zeros((count, count))
        np.add.at(steps, (before, labels), 1)
        return steps

    def expect(self, scores: Matrix, moves: Matrix) -> tuple[float, Matrix, Matrix]:
        """The log of all paths' worth, each word's label probabilities, and each step's expected count."""
        tops = scores.max(axis=1, keepdims=True)
        worth, step = np.exp(scores - tops), np.exp(moves)
        forward, scale = np.empty_like(worth), np.empty(self._total)
        for position, words in enumerate(self._at):
            before = forward[self._at[position - 1][: len(words)]] @ step if position else step[:1]
            here = before * worth[words]
            scale[words] = here.sum(axis=1)
            forward[words] = here / scale[words, None]
        backward = np.ones_like(worth)
        expected = np.zeros_like(step)
        for position in range(len(self._at) - 1, -1, -1):
            words = self._at[position]
            ahead = worth[words] * backward[words] / scale[words, None]
            if position:
                before = self._at[position - 1][: len(words)]
                backward[before] = ahead @ step.T
                expected += forward[before].T @ ahead
            else:
                expected[0] += ahead.sum(axis=0)
        return float(np.log(scale).sum() + tops.sum()), forward * backward, expected * step
