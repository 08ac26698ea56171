"""Linear classifier at run time: numpy only, one gather of weights per text, calibrated probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlu.features import FeatureSpace, Floats
from nlu.understanding import Intent


@dataclass(frozen=True)
class ClassifierOptions:
    """How the linear machines are trained.

    `C` is the weight of errors against simplicity, `own_weight` that of an intent's own sentences against
    those of all the others, `folds` the parts of the cross-validation.
    """

    C: float = 0.2
    own_weight: float = 10.0
    folds: int = 3


@dataclass(frozen=True)
class FallbackOptions:
    """What is said when no intent is likely enough.

    `threshold` None means: learnt, so that at most `false_rejection` of the messages the classifier gets
    right would be refused.
    """

    intent: str = "nlu_fallback"
    false_rejection: float = 0.05
    threshold: float | None = None


class LinearClassifier:
    """Scores are `row @ weights + bias`; probabilities their softmax, sharpened by `sharpness`.

    `unseen_accuracy` is the share of right answers in cross-validation, None when the data was too thin.
    """

    def __init__(
        self,
        intents: Sequence[str],
        space: FeatureSpace,
        weights: Floats,
        bias: Floats,
        sharpness: float,
        fallback: str,
        threshold: float,
        unseen_accuracy: float | None = None,
    ) -> None:
        self.intents = tuple(intents)
        self.space = space
        self.weights = weights
        self.bias = bias
        self.sharpness = sharpness
        self.fallback = fallback
        self.threshold = threshold
        self.unseen_accuracy = unseen_accuracy

    def scores(self, text: str) -> Floats | None:
        """One score per intent for a normalised text; None when nothing in it is known."""
        indices, values = self.space.row(text)
        if not len(indices):
            return None
        result: Floats = values @ self.weights[indices] + self.bias
        return result

    def rank(self, text: str) -> tuple[Intent, ...]:
        """All intents, the likeliest first. The fallback comes first when none is likely enough."""
        scores = self.scores(text)
        if scores is None:
            return (Intent(self.fallback, 1.0),)
        probabilities = softmax(scores.astype(np.float64) * self.sharpness)
        order = np.argsort(-probabilities, kind="stable")
        ranking = tuple(Intent(self.intents[i], float(probabilities[i])) for i in order)
        best = ranking[0]
        if best.name == self.fallback or best.confidence >= self.threshold:
            return ranking
        # As Rasa's fallback does: its confidence is the doubt about the best.
        others = (intent for intent in ranking if intent.name != self.fallback)
        return (Intent(self.fallback, 1.0 - best.confidence), *others)


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities along the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    result: NDArray[np.float64] = powers / powers.sum(axis=-1, keepdims=True)
    return result
