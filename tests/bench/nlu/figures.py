"""Figures from answers: those of `nlu.evaluate`, entities found, and whether a difference may be chance."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nlu.evaluate import Report, measure
from nlu.training import Example
from nlu.understanding import Entity, Intent, Understanding
from tests.bench.nlu.engines import Run


@dataclass(frozen=True)
class Figures:
    """One engine's figures. `right` says of each sentence whether its intent was found."""

    run: Run
    report: Report
    in_scope: float | None
    entity_f1: float | None
    right: list[bool]


def figures(run: Run, examples: Sequence[Example], out_of_scope: str) -> Figures:
    """What an engine's answers to the examples are worth."""
    read = [understanding(example.text, answer) for example, answer in zip(examples, run.answers, strict=True)]
    wanted = [example.intent for example in examples]
    right = [one.intent.name == name for one, name in zip(read, wanted, strict=True)]
    inside = [hit for hit, name in zip(right, wanted, strict=True) if name != out_of_scope]
    return Figures(
        run,
        measure(wanted, read, out_of_scope, run.took),
        sum(inside) / len(inside) if inside else None,
        entity_f1(examples, read),
        right,
    )


def understanding(text: str, answer: dict[str, object]) -> Understanding:
    """Rasa's parse JSON as ours; an engine that names no intent is as good as silent."""
    ranking = [_intent(one) for one in answer.get("intent_ranking") or ()]  # type: ignore[attr-defined]
    intent = _intent(answer["intent"])
    others = [one for one in ranking if one.name != intent.name]
    return Understanding(text, intent, (intent, *others), tuple(_entity(text, one) for one in answer["entities"]))  # type: ignore[attr-defined]


def _intent(answer: object) -> Intent:
    assert isinstance(answer, dict)
    return Intent(answer["name"] or "", answer["confidence"])


def _entity(text: str, answer: dict[str, int]) -> Entity:
    start, end = answer["start"], answer["end"]
    return Entity(str(answer["entity"]), start, end, answer.get("value"), text[start:end], str(answer["extractor"]))


def entity_f1(examples: Sequence[Example], read: Sequence[Understanding]) -> float | None:
    """F1 over entities with the very span and kind; kinds that the file marks nowhere are not counted."""
    kinds = {mark.entity for example in examples for mark in example.annotations}
    if not kinds:
        return None
    wanted = [{(mark.entity, mark.start, mark.end) for mark in example.annotations} for example in examples]
    given = [{(one.entity, one.start, one.end) for one in answer.entities if one.entity in kinds} for answer in read]
    hits = sum(len(one & other) for one, other in zip(wanted, given, strict=True))
    return 2 * hits / max(1, sum(map(len, wanted)) + sum(map(len, given)))


def chance(ours: Sequence[bool], theirs: Sequence[bool]) -> float:
    """McNemar's exact test: how often chance alone would part two equal engines as much, from 0 to 1."""
    only_ours = sum(one and not other for one, other in zip(ours, theirs, strict=True))
    only_theirs = sum(other and not one for one, other in zip(ours, theirs, strict=True))
    apart = only_ours + only_theirs
    tail = sum(math.comb(apart, count) for count in range(min(only_ours, only_theirs) + 1))
    return float(min(1.0, 2 * tail / 2**apart))
