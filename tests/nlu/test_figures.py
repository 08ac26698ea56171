"""What the assistant's own understanding must reach on sentences it never saw. Figures in docs/nlu.md."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from nlu.evaluate import Report, read_all, report_on
from nlu.floors import Floors
from nlu.training import Annotation, Example, read
from nlu.understanding import Entity, Understanding
from tests.nlu.values import written
from tests.understanding import understanding

HERE = Path(__file__).parent
FLOORS = HERE.parents[1] / "nlu" / "floors.yml"
OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True)
class Aim:
    """Shares of what is in scope that is understood, and whose meaning is among three; how far confidence may lie."""

    right: float
    near: float
    distance: float


AIMS = {
    "second_heldout.yml": Aim(0.92, 0.98, 0.05),
    # Things described instead of named. Measured at 0.93, 0.99 and 0.0496: another processor moves a message or two.
    "fourth_heldout.yml": Aim(0.91, 0.98, 0.055),
}


@cache
def held_out(name: str) -> tuple[list[Example], list[Understanding]]:
    """A set never trained on, and what each sentence was read as."""
    examples = list(read(HERE / name).examples)
    return examples, read_all(understanding(), examples)[0]


def second() -> tuple[list[Example], list[Understanding]]:
    return held_out("second_heldout.yml")


def in_scope(name: str) -> list[tuple[Example, Understanding]]:
    return [(one, got) for one, got in zip(*held_out(name), strict=True) if one.intent != OUT_OF_SCOPE]


def report(name: str) -> Report:
    return report_on(understanding(), *held_out(name), [0.0])


@pytest.mark.parametrize("name", AIMS)
def test_the_set_is_large(name: str) -> None:
    assert len(held_out(name)[0]) >= 500


@pytest.mark.parametrize("name", AIMS)
def test_intents_are_right(name: str) -> None:
    pairs = in_scope(name)
    assert sum(one.intent == got.intent.name for one, got in pairs) >= AIMS[name].right * len(pairs)


@pytest.mark.parametrize("name", AIMS)
def test_the_right_intent_is_among_three_buttons(name: str) -> None:
    pairs = in_scope(name)
    assert sum(one.intent in [each.name for each in got.ranking[:3]] for one, got in pairs) >= AIMS[name].near * len(
        pairs
    )


@pytest.mark.parametrize("name", AIMS)
def test_what_is_out_of_scope_is_told_apart(name: str) -> None:
    figures = report(name)
    assert figures.out_of_scope_recall is not None and figures.out_of_scope_recall >= 0.85
    assert figures.in_scope_refused is not None and figures.in_scope_refused <= 0.05


@pytest.mark.parametrize("name", AIMS)
def test_confidence_can_be_believed(name: str) -> None:
    assert report(name).calibration_error <= AIMS[name].distance


def test_the_hardest_set_is_understood_as_well_as_before() -> None:
    pairs = in_scope("third_heldout.yml")
    assert sum(one.intent == got.intent.name for one, got in pairs) >= 0.87 * len(pairs)
    assert sum(one.intent in [each.name for each in got.ranking[:3]] for one, got in pairs) >= 0.95 * len(pairs)


def test_no_intent_is_under_its_floor() -> None:
    assert Floors.load(FLOORS).broken(*second()) == []


def test_entities_and_their_values_are_right() -> None:
    hits = wanted = given = 0
    kinds = {mark.entity for example in second()[0] for mark in example.annotations}
    for example, got in zip(*second(), strict=True):
        left = [entity for entity in got.entities if entity.entity in kinds]
        wanted, given = wanted + len(example.annotations), given + len(left)
        for mark in example.annotations:
            hit = next((entity for entity in left if means(entity, mark, example.text)), None)
            if hit:
                left.remove(hit)
                hits += 1
    assert 2 * hits >= 0.92 * (wanted + given)


def means(entity: Entity, mark: Annotation, text: str) -> bool:
    """Whether a find is the one marked: kind, place and value."""
    overlap = entity.start < mark.end and mark.start < entity.end
    plain = mark.value == text[mark.start : mark.end]
    return entity.entity == mark.entity and overlap and (plain or written(entity) == mark.value)


def test_distress_is_heard_in_every_language() -> None:
    if understanding().embedder is None:
        pytest.skip("no sentence embedding here: see allervers doctor")
    examples = read(HERE / "distress.yml").examples
    heard = sum(got.intent.name == "distress" for got in read_all(understanding(), examples)[0])
    assert (len(examples), heard >= 29) == (30, True)


@pytest.mark.parametrize("language", ["ar", "en", "es", "pt", "tr"])
def test_other_languages_are_understood(language: str) -> None:
    if understanding().embedder is None:
        pytest.skip("no sentence embedding here: see allervers doctor")
    examples = read(HERE / "languages" / f"{language}.yml").examples
    read_as = read_all(understanding(), examples)[0]
    right = sum(one.intent == got.intent.name for one, got in zip(examples, read_as, strict=True))
    near = sum(one.intent in [i.name for i in got.ranking[:3]] for one, got in zip(examples, read_as, strict=True))
    assert (len(examples), right >= 11, near >= 13) == (15, True, True)


def test_what_is_asked_most_is_understood_in_five_more_languages() -> None:
    examples = list(read(HERE / "languages_questions.yml").examples)
    understood = read_all(understanding(), examples)[0]
    right = sum(got.intent.name == one.intent for one, got in zip(examples, understood, strict=True))
    assert right >= 0.8 * len(examples)
    assert not any(got.intent.name == "distress" and got.intent.confidence >= 0.8 for got in understood)


@pytest.mark.parametrize(
    "text", ["il me vire demain", "il me doit de l'argent mon associé", "mon pote il veut pas me rembourser"]
)
def test_whoever_has_trouble_with_a_boss_or_money_is_not_told_of_violence(text: str) -> None:
    assert understanding().parse(text).intent.name != "distress"
