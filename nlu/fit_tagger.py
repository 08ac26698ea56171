"""Trains the tagger, and settles who finds which kind of entity: rules, the tagger, or both.

Imported for training only (scikit-learn).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sparse

from nlu.entities.base import Extractor
from nlu.features import Indices
from nlu.fit_crf import fit_crf
from nlu.folding import fold
from nlu.tagger import Mark, Tagger, TaggerOptions
from nlu.tagger_features import Hints, Token, edges_of, features_of, shared_features, tokens_of, words_of
from nlu.training import Annotation, Example, TrainingData
from nlu.understanding import Entity

SEED = 0
PLAIN_FOR_MARKED = 2  # examples without a mark to learn from, for each with one
CONTESTED = 1500  # examples enough to settle who finds what
_CONTEST_STEPS = 50  # enough for that too
HIDDEN = 0.3  # of the words, and of the intents, in a view of an example
VIEWED = 2000  # views enough to learn from what stands around a word
TIE = 0.02  # F1: rules win ties, since they also know the value


@dataclass(frozen=True)
class Settlement:
    """The kinds found by rules, and the tagger of all others (None when there are none)."""

    ruled: frozenset[str]
    tagger: Tagger | None


def settle(
    data: TrainingData, listed: Iterable[str], rules: Sequence[Extractor], options: TaggerOptions | None
) -> Settlement:
    """Rules speak of kinds that the data marks or lists, and of no others; the tagger of what it finds better."""
    marked = {mark.entity for example in data.examples for mark in example.annotations}
    known = marked | set(data.lookups) | set(listed)
    ruled = {rule.kind for rule in rules} & known
    if options is None or not marked:
        return Settlement(frozenset(ruled), None)
    examples = _worth_learning_from(data.examples)
    quick = _learner(data, replace(options, steps=_CONTEST_STEPS, views=1))
    better = _better_learnt(examples, [rule for rule in rules if rule.kind in ruled & marked], quick, options.folds)
    ruled -= better
    learn = _learner(data, options)
    own = [_only(example, marked - ruled) for example in examples]
    return Settlement(frozenset(ruled), learn(own) if marked - ruled else None)


def _better_learnt(
    examples: Sequence[Example],
    rules: Sequence[Extractor],
    learn: Callable[[Sequence[Example]], Tagger],
    folds: int,
) -> set[str]:
    """The ruled kinds that a tagger finds better in examples it has not seen."""
    if not rules:
        return set()
    kinds = {rule.kind for rule in rules}
    sample = examples[:CONTESTED]
    taught: list[Sequence[Entity]] = [()] * len(sample)
    for fold_ in range(folds):
        tagger = learn([_only(one, kinds) for at, one in enumerate(sample) if at % folds != fold_])
        for at in range(fold_, len(sample), folds):
            taught[at] = tagger.extract(sample[at].text)
    ruled = [[entity for rule in rules for entity in rule.extract(one.text)] for one in sample]
    by_tagger, by_rule = _f1(sample, taught), _f1(sample, ruled)
    return {kind for kind in kinds if by_tagger.get(kind, 0.0) > by_rule.get(kind, 0.0) + TIE}


def _f1(examples: Sequence[Example], found: Sequence[Iterable[Entity]]) -> dict[str, float]:
    """By kind, over spans with their role and group."""
    wanted: Counter[str] = Counter()
    given: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    for example, entities in zip(examples, found, strict=True):
        truth = {(m.entity, m.start, m.end, m.role, m.group) for m in example.annotations}
        finds = {(e.entity, e.start, e.end, e.role, e.group) for e in entities}
        wanted.update(one[0] for one in truth)
        given.update(one[0] for one in finds)
        hits.update(one[0] for one in truth & finds)
    return {kind: 2 * hits[kind] / (wanted[kind] + given[kind]) for kind in wanted | given}


def _worth_learning_from(examples: Sequence[Example]) -> list[Example]:
    """All marked examples and some plain ones, shuffled."""
    shuffled = [examples[at] for at in np.random.default_rng(SEED).permutation(len(examples))]
    marked = [one for one in shuffled if one.annotations]
    plain = [one for one in shuffled if not one.annotations][: PLAIN_FOR_MARKED * len(marked)]
    both = [*marked, *plain]
    return [both[at] for at in np.random.default_rng(SEED).permutation(len(both))]


def _only(example: Example, kinds: set[str]) -> Example:
    marks = tuple(mark for mark in example.annotations if mark.entity in kinds)
    return Example(example.text, example.intent, marks, example.where)


def _learner(data: TrainingData, options: TaggerOptions) -> Callable[[Sequence[Example]], Tagger]:
    hints = Hints(data.lookups, {name: tuple(filter(_readable, all_)) for name, all_ in data.regexes.items()})
    synonyms = {fold(surface): value for surface, value in data.synonyms.items()}
    return lambda examples: fit_tagger(examples, hints, synonyms, options)


def _readable(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def fit_tagger(
    examples: Sequence[Example], hints: Hints, synonyms: Mapping[str, str], options: TaggerOptions
) -> Tagger:
    """Learns from the words of all examples, then from what stands around the words that are hidden in a view.

    Hidden words read as those that were never seen. Any word may be hidden, so that they are as often marked as
    unknown words are.
    """
    marks = sorted({_mark(m) for one in examples for m in one.annotations}, key=repr)
    rare = _rare_edges(examples)
    views = min(options.views, max(1, VIEWED // max(1, len(examples))))
    dice = np.random.default_rng(SEED)
    columns: dict[str, int] = {}
    rows: list[Indices] = []
    labels: list[int] = []
    lengths: list[int] = []
    for example in examples:
        tokens = tokens_of(example.text)
        words = words_of(tokens)
        hints_of = hints.of(example.text, tokens)
        own = _labels(example, tokens, marks)
        for hidden in (np.zeros(len(tokens), dtype=bool), *(dice.random((views, len(tokens))) < HIDDEN)):
            labels += own
            lengths.append(len(own))
            intent = None if dice.random() < HIDDEN else example.intent
            shared = shared_features(words, hidden.tolist(), intent)
            for strange, features in zip(hidden, features_of(tokens, words, hidden.tolist(), hints_of), strict=True):
                kept = [name for name in (*shared, *features) if not strange or name not in rare]
                rows.append(np.asarray([columns.setdefault(name, len(columns)) for name in kept], dtype=np.int32))
    ends = np.cumsum([0, *map(len, rows)])
    indices = np.concatenate(rows) if rows else np.zeros(0, np.int32)
    matrix = sparse.csr_matrix((np.ones(len(indices)), indices, ends), shape=(len(rows), len(columns)))
    matrix.sum_duplicates()
    weights, steps = fit_crf(
        matrix, lengths, np.asarray(labels, dtype=np.int64), 2 * len(marks) + 1, options.C, options.steps
    )
    return Tagger(tuple(marks), columns, weights, steps, hints, synonyms)


def _rare_edges(examples: Sequence[Example]) -> set[str]:
    """The edges of one word only, by which it would be known when it is hidden."""
    words = {word for example in examples for word in words_of(tokens_of(example.text))}
    counts = Counter(edge for word in words for edge in edges_of(word))
    return {edge for edge, count in counts.items() if count == 1}


def _mark(annotation: Annotation) -> Mark:
    return Mark(annotation.entity, annotation.role, annotation.group)


def _labels(example: Example, tokens: Sequence[Token], marks: Sequence[Mark]) -> list[int]:
    labels = []
    last: Annotation | None = None
    for token in tokens:
        inside = next((m for m in example.annotations if m.start < token.end and token.start < m.end), None)
        labels.append(2 * marks.index(_mark(inside)) + (2 if inside is last else 1) if inside else 0)
        last = inside
    return labels
