"""Finds entities the way examples mark them: a linear score per word and label, the best path through them.

For kinds no rule knows. Run time: numpy only. Label 0 is outside; `2n + 1` begins mark `n` and `2n + 2` goes on
with it, a mark being an entity with its role and group.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nlu.classifier import softmax
from nlu.features import Floats
from nlu.folding import fold
from nlu.tagger_features import Hints, Token, features_of, shared_features, tokens_of, word_feature, words_of
from nlu.understanding import Entity

_NEVER = -1e9
_NEAR = 2  # words: strange ones with none that is known so near are never marked
_SHARPNESS = 3.0  # of the confidence: scores lie around -1 and 1


@dataclass(frozen=True)
class TaggerOptions:
    """How the tagger is trained.

    `C` weighs errors against simplicity, `steps` is how many the optimiser takes at most, `views` how often at most
    an example is seen again with some of its words hidden, `folds` are the parts in which it is held against the rules.
    """

    C: float = 5.0
    steps: int = 100
    views: int = 4
    folds: int = 2


@dataclass(frozen=True, slots=True)
class Mark:
    """What a span may be."""

    entity: str
    role: str | None = None
    group: str | None = None


@dataclass(frozen=True)
class Tagger:
    """An extractor of learnt kinds. `marks[n]` is what labels `2n + 1` (begins) and `2n + 2` (goes on) mean."""

    marks: tuple[Mark, ...]
    columns: Mapping[str, int]
    weights: Floats
    steps: Floats
    hints: Hints
    synonyms: Mapping[str, str]

    def told(self, intent: str) -> "Told":
        """The same, for texts that mean this intent."""
        return Told(self, intent)

    def extract(self, text: str, intent: str | None = None) -> list[Entity]:
        """The entities of a text, in reading order."""
        tokens = tokens_of(text)
        if not tokens:
            return []
        words = words_of(tokens)
        known = [word_feature(word) in self.columns for word in words]
        hints = self.hints.of(text, tokens)
        strange = [not one for one in known]
        scores = self._scores(features_of(tokens, words, strange, hints), len(tokens))
        scores += self._worth(shared_features(words, strange, intent))
        path = best_path(scores, self.steps)
        sure = softmax(scores.astype(np.float64) * _SHARPNESS)[np.arange(len(path)), path]
        grounds = [one or bool(named) for one, named in zip(known, hints, strict=True)]
        return [
            self._entity(text, tokens[first], tokens[last], self.marks[mark], float(sure[first : last + 1].mean()))
            for first, last, mark in _spans(path)
            if any(grounds[max(0, first - _NEAR) : last + 1 + _NEAR])
        ]

    def _scores(self, features: Iterable[Sequence[str]], count: int) -> Floats:
        rows = np.empty((count, len(self.steps)), dtype=np.float32)
        for row, names in zip(rows, features, strict=True):
            row[:] = self._worth(names)
        return rows

    def _worth(self, names: Sequence[str]) -> Floats:
        """What features say of each label."""
        worth: Floats = self.weights[[self.columns[name] for name in names if name in self.columns]].sum(axis=0)
        return worth

    def _entity(self, text: str, first: Token, last: Token, mark: Mark, sure: float) -> Entity:
        surface = text[first.start : last.end]
        value = self.synonyms.get(fold(surface), surface)
        name = type(self).__name__
        return Entity(mark.entity, first.start, last.end, value, surface, name, sure, mark.role, mark.group)


@dataclass(frozen=True, slots=True)
class Told:
    """A tagger that knows what the text means."""

    tagger: Tagger
    intent: str

    def extract(self, text: str) -> list[Entity]:
        return self.tagger.extract(text, self.intent)


def best_path(scores: Floats, steps: Floats) -> list[int]:
    """The labels with the highest sum of scores and steps, in which nothing goes on that did not begin."""
    labels = np.arange(scores.shape[1])
    goes_on = (labels > 0) & (labels % 2 == 0)
    # to "goes on with n": only from "begins n" or "goes on with n"
    allowed = ~goes_on[None, :] | (labels[:, None] == labels[None, :]) | (labels[:, None] + 1 == labels[None, :])
    worth = np.where(allowed, steps, _NEVER)
    best = scores[0] + steps[0] + np.where(goes_on, _NEVER, 0.0)
    back = np.zeros(scores.shape, dtype=np.int64)
    for at in range(1, len(scores)):
        paths = best[:, None] + worth
        back[at] = paths.argmax(axis=0)
        best = paths.max(axis=0) + scores[at]
    path = [int(best.argmax())]
    for at in range(len(scores) - 1, 0, -1):
        path.append(int(back[at][path[-1]]))
    return path[::-1]


def _spans(path: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """First token, last token and mark of each entity on a path."""
    start = -1
    for at, label in enumerate([*path, 0]):
        goes_on = label > 0 and label % 2 == 0
        if start >= 0 and not goes_on:
            yield start, at - 1, (path[start] - 1) // 2
            start = -1
        if label % 2 == 1:
            start = at
