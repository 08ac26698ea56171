"""Measures an engine on labelled sentences it has never seen."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from nlu.engine import Engine
from nlu.training import Annotation, Example
from nlu.understanding import Understanding

FALSE_REJECTION = 0.05
REJECTION = 0.10
CONFUSIONS = 15
_BINS = 10


@dataclass(frozen=True)
class Confusion:
    """How often one intent was taken for another, and a sentence where it was."""

    intent: str
    taken_for: str
    count: int
    example: str


@dataclass(frozen=True)
class Report:
    """Shares are between 0 and 1; None where the file has no sentence to measure it on."""

    sentences: int
    intents: int
    accuracy: float
    top3: float  # the right intent is among the three likeliest
    macro_f1: float
    out_of_scope_recall: float | None
    out_of_scope_recall_at_5: float | None  # when 5 % of the in-scope sentences are refused as well
    in_scope_refused: float | None  # in-scope sentences answered by the fallback
    wrong_at_10: float  # wrong answers left when the least sure 10 % are not answered
    entity_f1: float | None  # spans, kinds, roles and groups right, over the kinds the file marks
    calibration_error: float  # mean distance between confidence and being right
    parse_ms_p95: float
    confusions: tuple[Confusion, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def to_text(self) -> str:
        """The figures as lines, the worst confusions last."""
        lines = [
            f"{name.replace('_', ' '):26} {_figure(value)}"
            for name, value in asdict(self).items()
            if name != "confusions"
        ]
        lines += ["", "worst confusions:"]
        for one in self.confusions:
            lines.append(f"{one.count:4} {one.intent} taken for {one.taken_for} ({one.example})")
        return "\n".join(lines)


def evaluate(engine: Engine, examples: Sequence[Example]) -> Report:
    """Parses every example and compares with its label."""
    return report_on(engine, examples, *read_all(engine, examples))


def read_all(engine: Engine, examples: Sequence[Example]) -> tuple[list[Understanding], list[float]]:
    """What each example was read as, and the seconds it took."""
    read: list[Understanding] = []
    seconds: list[float] = []
    for example in examples:
        start = time.perf_counter()
        read.append(engine.parse(example.text))
        seconds.append(time.perf_counter() - start)
    return read, seconds


def report_on(
    engine: Engine, examples: Sequence[Example], read: Sequence[Understanding], seconds: Sequence[float]
) -> Report:
    """The report of what was read, entities included."""
    wanted = [example.intent for example in examples]
    report = measure(wanted, read, engine.classifier.fallback, seconds)
    return replace(report, entity_f1=entity_f1([example.annotations for example in examples], read))


def measure(wanted: Sequence[str], read: Sequence[Understanding], fallback: str, seconds: Sequence[float]) -> Report:
    """The report of answers already given."""
    answers = [one.intent.name for one in read]
    right = np.asarray([got == name for got, name in zip(answers, wanted, strict=True)], dtype=bool)
    confidence = np.asarray([one.intent.confidence for one in read])
    # How sure the engine is that the text is in scope at all: its best intent but the fallback.
    inside = np.asarray([_best_inside(one, fallback) for one in read])
    strange = np.asarray([name == fallback for name in wanted], dtype=bool)
    refused = np.asarray([name == fallback for name in answers], dtype=bool)
    return Report(
        sentences=len(read),
        intents=len(set(wanted)),
        accuracy=_mean(right) or 0.0,
        top3=_mean([name in _top3(one) for name, one in zip(wanted, read, strict=True)]) or 0.0,
        macro_f1=macro_f1(wanted, answers),
        out_of_scope_recall=_mean(refused[strange]),
        out_of_scope_recall_at_5=_recall_at(inside[~strange], inside[strange], FALSE_REJECTION),
        in_scope_refused=_mean(refused[~strange]),
        wrong_at_10=_wrong_at(confidence, right, REJECTION),
        entity_f1=None,
        calibration_error=_calibration_error(confidence, right),
        parse_ms_p95=float(np.quantile(seconds, 0.95) * 1000) if len(seconds) else 0.0,
        confusions=_confusions(wanted, answers, read),
    )


def macro_f1(wanted: Sequence[str], answers: Sequence[str]) -> float:
    """F1 averaged over the intents the file holds, each weighing the same."""
    hits = Counter(name for name, answer in zip(wanted, answers, strict=True) if name == answer)
    expected, given = Counter(wanted), Counter(answers)
    scores = [2 * hits[name] / (expected[name] + given[name]) for name in expected]
    return sum(scores) / len(scores) if scores else 0.0


def entity_f1(marked: Sequence[Sequence[Annotation]], read: Sequence[Understanding]) -> float | None:
    """Of the kinds that are marked at all; None when none is."""
    kinds = {mark.entity for marks in marked for mark in marks}
    hits = wanted = given = 0
    for marks, one in zip(marked, read, strict=True):
        truth = {(mark.entity, mark.start, mark.end, mark.role, mark.group) for mark in marks}
        finds = {(e.entity, e.start, e.end, e.role, e.group) for e in one.entities if e.entity in kinds}
        hits, wanted, given = hits + len(truth & finds), wanted + len(truth), given + len(finds)
    return 2 * hits / (wanted + given) if kinds else None


def _best_inside(one: Understanding, fallback: str) -> float:
    return max((intent.confidence for intent in one.ranking if intent.name != fallback), default=0.0)


def _top3(one: Understanding) -> set[str]:
    return {intent.name for intent in one.ranking[:3]}


def _recall_at(inside: Any, outside: Any, false_rejection: float) -> float | None:
    if not len(inside) or not len(outside):
        return None
    return _mean(outside < np.quantile(inside, false_rejection))


def _wrong_at(confidence: Any, right: Any, rejection: float) -> float:
    answered = np.argsort(-confidence, kind="stable")[: int(np.ceil(len(confidence) * (1 - rejection)))]
    return 1 - (_mean(right[answered]) or 0.0) if len(answered) else 0.0


def _calibration_error(confidence: Any, right: Any) -> float:
    if not len(right):
        return 0.0
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = [
        abs(confidence[bins == number].mean() - right[bins == number].mean()) * (bins == number).mean()
        for number in range(_BINS)
        if (bins == number).any()
    ]
    return float(sum(gaps))


def _confusions(wanted: Sequence[str], answers: Sequence[str], read: Sequence[Understanding]) -> tuple[Confusion, ...]:
    pairs: Counter[tuple[str, str]] = Counter()
    samples: dict[tuple[str, str], str] = {}
    for name, answer, one in zip(wanted, answers, read, strict=True):
        if name != answer:
            pairs[name, answer] += 1
            samples.setdefault((name, answer), one.text)
    return tuple(Confusion(*pair, count, samples[pair]) for pair, count in pairs.most_common(CONFUSIONS))


def _mean(values: Iterable[Any]) -> float | None:
    numbers = list(values)
    return float(np.mean(numbers)) if numbers else None


def _figure(value: float | int | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}"
