"""Inspects training data and lists what would hurt: it changes nothing."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nlu.normalise import split
from nlu.training import Example, TrainingData

THIN = 20  # examples; below, an intent is learnt badly

_LEFT_OVER = re.compile(r"[\[\]]|\]\s*[({]|[({]\s*\"entity\"")


@dataclass(frozen=True, slots=True)
class Issue:
    """Something to mend. `blocking` issues are mistakes; the others are advice."""

    where: str
    what: str
    cure: str
    blocking: bool = True

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.cure}"


def check(data: TrainingData, normalise: Callable[[str], str]) -> list[Issue]:
    """All issues; sentences are compared as the classifier sees them."""
    return [*_duplicates(data, normalise), *_thin(data), *_annotations(data)]


def _duplicates(data: TrainingData, normalise: Callable[[str], str]) -> Iterator[Issue]:
    """The same words twice in one intent, or what reads the same in two."""
    typed: set[tuple[str, str]] = set()
    seen: dict[str, Example] = {}
    for example in data.examples:
        text = normalise(example.text)
        if not text:
            yield Issue(example.where, f"“{example.text}” has no word in it", "Take it out", False)
            continue
        first = seen.setdefault(text, example)
        if first.intent != example.intent:
            what = f"“{example.text}” reads like “{first.text}” of {first.intent} ({first.where})"
            yield Issue(example.where, f"{what}, and is {example.intent}", "Keep it in one intent")
        as_typed = (example.intent, " ".join(split(example.text)))
        if as_typed in typed:
            yield Issue(example.where, f"“{example.text}” is twice in {example.intent}", "Keep one", False)
        typed.add(as_typed)


def _thin(data: TrainingData) -> Iterator[Issue]:
    counts: dict[str, list[Example]] = {}
    for example in data.examples:
        counts.setdefault(example.intent, []).append(example)
    for intent, examples in counts.items():
        if len(examples) < THIN:
            what = f"{intent} has {len(examples)} examples"
            yield Issue(examples[0].where, what, f"Write at least {THIN}", blocking=False)


def _annotations(data: TrainingData) -> Iterator[Issue]:
    for example in data.examples:
        if _LEFT_OVER.search(example.text):
            what = f"“{example.text}” has a mark that is not closed or not named"
            yield Issue(example.where, what, "Write [text](entity)")
        for mark in example.annotations:
            surface = example.text[mark.start : mark.end]
            if surface != surface.strip():
                what = f"the mark on “{surface}” takes a space in"
                yield Issue(example.where, what, "Put the space outside the brackets", blocking=False)
