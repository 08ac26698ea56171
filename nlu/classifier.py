"""Scores a text by its letters and by its meaning, and says which intent it is, how surely, or that none is.

Run time: numpy only. Two linear scorers, each optional to the other's working:

- letters: `row @ weights + bias` over the few n-grams of the text;
- meaning: the sentence's embedding, centred, times a small matrix.

A `Blend`, learnt on texts neither had seen, weighs the two and turns their sum into probabilities.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nlu.embedding.base import Vectors, unit
from nlu.features import Bytes, FeatureSpace, Floats
from nlu.understanding import Intent

LEVELS = 127  # of a weight kept in 8 bits, either side of nothing


@dataclass(frozen=True)
class ClassifierOptions:
    """How the letters' linear machines are trained.

    `C` is the weight of errors against simplicity, `own_weight` that of an intent's own sentences against
    those of all the others, `folds` the parts of the cross-validation.
    """

    C: float = 0.2
    own_weight: float = 10.0
    folds: int = 3


@dataclass(frozen=True)
class SentenceOptions:
    """How the meanings' softmax regression is trained: `C` as above, `steps` of the optimiser at most.

    A sentence whose letters alone give an intent with at least the confidence `spare` is not embedded at all.
    """

    C: float = 10.0
    steps: int = 40
    spare: float = 0.95


@dataclass(frozen=True)
class FallbackOptions:
    """What is said when no intent is likely enough.

    `threshold` None means: learnt, so that at most `false_rejection` of the messages the classifier gets
    right would be refused.
    """

    intent: str = "nlu_fallback"
    false_rejection: float = 0.05
    threshold: float | None = None


@dataclass(frozen=True)
class LetterScorer:
    """One score per intent from n-grams: their values times rows of `weights`, each in `steps` of its own."""

    space: FeatureSpace
    weights: Floats | Bytes
    steps: Floats
    bias: Floats

    def lean(self) -> "LetterScorer":
        """The same with 8 bits a weight, a quarter of the memory; a score moves by about a hundredth."""
        steps = np.maximum(np.abs(self.weights).max(axis=1), 1e-12).astype(np.float32) / LEVELS
        return replace(self, weights=np.rint(self.weights / steps[:, None]).astype(np.int8), steps=steps * self.steps)

    def scores(self, text: str) -> Floats | None:
        """For a normalised text; None when nothing in it is known."""
        indices, values = self.space.row(text)
        if not len(indices):
            return None
        result: Floats = (values * self.steps[indices]) @ self.weights[indices].astype(np.float32) + self.bias
        return result


@dataclass(frozen=True)
class SentenceScorer:
    """One score per intent from an embedding.

    `mean` is the middle of all training sentences, `centres` those of each intent's own, around it. A sentence
    whose likeness to the nearest centre is under `floor` means nothing that was ever taught.
    """

    embedder: str
    mean: Vectors
    weights: Floats
    bias: Floats
    centres: Vectors
    floor: float

    def place(self, vector: Vectors) -> Vectors:
        """The vector, or rows of them, seen from the middle."""
        return unit(vector - self.mean)

    def scores(self, vector: Vectors) -> Floats | None:
        """For a sentence's vector; None when it is like nothing known."""
        place = self.place(vector)
        if float((self.centres @ place).max()) < self.floor:
            return None
        result: Floats = place @ self.weights + self.bias
        return result


@dataclass(frozen=True)
class Blend:
    """`letters` and `meaning` weigh the scores; under `threshold` no intent is likely enough."""

    letters: float
    meaning: float
    threshold: float

    def probabilities(self, letters: NDArray[np.floating], meaning: NDArray[np.floating] | None) -> NDArray[np.float64]:
        """Along the last axis."""
        scores = letters.astype(np.float64) * self.letters
        if meaning is not None:
            scores = scores + meaning.astype(np.float64) * self.meaning
        return softmax(scores)


@dataclass(frozen=True)
class Classifier:
    """Ranks intents. `alone` is the blend when there is no vector, `both` when there is.

    `unseen_accuracy` is the share of right answers in cross-validation, None when the data was too thin.
    """

    intents: tuple[str, ...]
    fallback: str
    letters: LetterScorer
    alone: Blend
    sentence: SentenceScorer | None = None
    both: Blend | None = None
    unseen_accuracy: float | None = None

    def probabilities(self, text: str, vector: Vectors | None = None) -> NDArray[np.float64] | None:
        """One per intent, in their order; None when the text means nothing known."""
        letters = self.letters.scores(text)
        if vector is None or self.sentence is None or self.both is None:
            return None if letters is None else self.alone.probabilities(letters, None)
        meaning = self.sentence.scores(vector)
        if meaning is None:
            return None
        return self.both.probabilities(self.letters.bias if letters is None else letters, meaning)

    def rank(self, text: str, vector: Vectors | None = None) -> tuple[Intent, ...]:
        """All intents, the likeliest first. The fallback comes first when none is likely enough."""
        probabilities = self.probabilities(text, vector)
        if probabilities is None:
            return (Intent(self.fallback, 0.0),)
        order = np.argsort(-probabilities, kind="stable")
        ranking = tuple(Intent(self.intents[i], float(probabilities[i])) for i in order)
        best = ranking[0]
        blend = self.alone if vector is None or self.both is None else self.both
        if best.name == self.fallback or best.confidence >= blend.threshold:
            return ranking
        # As Rasa's fallback does: its confidence is the doubt about the best.
        others = (intent for intent in ranking if intent.name != self.fallback)
        return (Intent(self.fallback, 1.0 - best.confidence), *others)


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities along the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    result: NDArray[np.float64] = powers / powers.sum(axis=-1, keepdims=True)
    return result
