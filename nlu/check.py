"""Inspects training data and lists what would hurt: it changes nothing."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nlu.entities.lookup import LookupExtractor
from nlu.entities.unless import Unless
from nlu.normalise import split
from nlu.training import Example, TrainingData
from nlu.understanding import Entity

WORDY = 3  # words: below, the same words are no wonder
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


def check(
    data: TrainingData, normalise: Callable[[str], str], unless: Mapping[str, Sequence[str]] | None = None
) -> list[Issue]:
    """All issues; sentences are compared as the classifier sees them. `unless`: by entity, phrases that are none."""
    found = [*_duplicates(data, normalise), *_near(data, normalise), *_thin(data), *_annotations(data)]
    return [*found, *_unmarked(data, unless or {})]


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


def _near(data: TrainingData, normalise: Callable[[str], str]) -> Iterator[Issue]:
    """The same words in another order, in two intents."""
    seen: dict[tuple[str, ...], Example] = {}
    for example in data.examples:
        words = normalise(example.text).split()
        first = seen.setdefault(tuple(sorted(words)), example)
        if len(words) >= WORDY and first.intent != example.intent and normalise(first.text).split() != words:
            what = f"“{example.text}” has the words of “{first.text}” of {first.intent} ({first.where})"
            yield Issue(example.where, what, "See whether both are where they belong", blocking=False)


def _unmarked(data: TrainingData, unless: Mapping[str, Sequence[str]]) -> Iterator[Issue]:
    """Words of a list without the mark they have elsewhere: one piece of advice a list."""
    marked = {mark.entity for example in data.examples for mark in example.annotations}
    for kind in sorted(marked & set(data.lookups)):
        listed = LookupExtractor(kind, {word: word for word in data.lookups[kind]})
        finder = Unless.of(listed, unless.get(kind, ()))
        bare = [one for one in data.examples if any(_is_bare(find, one) for find in finder.extract(one.text))]
        if bare:
            what = f"{len(bare)} examples name a {kind} without its mark, such as “{bare[0].text}”"
            yield Issue(bare[0].where, what, f"Mark it, or take the word out of the list of {kind}", blocking=False)


def _is_bare(find: Entity, example: Example) -> bool:
    return all(find.end <= mark.start or mark.end <= find.start for mark in example.annotations)


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
