"""Several names in a few words."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nlu.enumerations import EnumerationOptions, Enumerations
from nlu.normalise import Lexicon, Normaliser
from nlu.understanding import Intent
from tests.understanding import understanding

MESSAGES: dict[str, list[Any]] = yaml.safe_load((Path(__file__).parent / "enumerations.yml").read_text("utf-8"))
MISSED = 2
"""Of `several`: "urssaf" alone is not certain to be about declaring, nor "decennale et kbis" about both."""

OPTIONS = EnumerationOptions(between=("et", "ou"), around=("c quoi", "bonjour"), articles=("la", "le"))
NAMES = Enumerations(OPTIONS, Normaliser(Lexicon.empty()))
MEANINGS = {"acre": "faq/acre", "cfe": "faq/cfe", "accre": "faq/acre", "rdv": "book", "lens": "faq/lens"}
TOGETHER = (Intent("faq/cfe", 0.6), Intent("faq/acre", 0.38))


def mean(words: str) -> Intent:
    """A stand-in reader: sure of single names."""
    return Intent(MEANINGS.get(words, "faq/other"), 0.995 if words in MEANINGS else 0.5)


def parts(text: str, whole: tuple[Intent, ...] = TOGETHER, taken: Iterable[tuple[int, int]] = ()) -> list[str]:
    return [text[part.start : part.end] for part in NAMES.read(text, mean, lambda _: whole, taken)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("c quoi acre et la cfe", ["c quoi acre", "la cfe"]),
        ("bonjour, acre / cfe c quoi", ["acre", "cfe c quoi"]),
        ("acre cfe c quoi", ["acre", "cfe"]),
        ("acre la cfe", ["acre", "cfe"]),
        ("acre pour la cfe", []),
        ("acre et accre", []),
        ("acre et rdv", []),
        ("acre et un long discours sur tout", []),
        ("ou acre", []),
        ("acre", []),
        ("", []),
    ],
)
def test_names_are_told_apart(text: str, wanted: list[str]) -> None:
    assert parts(text) == wanted


@pytest.mark.parametrize(
    "whole",
    [
        (Intent("faq/cfe", 0.9999), Intent("faq/acre", 0.0001)),
        (Intent("faq/compare", 0.9), Intent("faq/cfe", 0.05), Intent("faq/acre", 0.05)),
        (Intent("faq/cfe", 1.0),),
    ],
)
def test_what_is_one_subject_together_is_not_cut(whole: tuple[Intent, ...]) -> None:
    assert parts("acre et cfe", whole) == []


def test_an_entity_is_a_detail() -> None:
    assert parts("acre et cfe", taken=[(8, 11)]) == []


def test_names_before_another_wish_are_found() -> None:
    assert parts("acre et cfe et un long discours sur tout") == ["acre", "cfe"]


@given(st.text(alphabet="acrefe ,.?\n'é👍İ", max_size=40))
def test_names_are_spans_of_the_text(text: str) -> None:
    names = Enumerations(EnumerationOptions(share=0, total=0), Normaliser(Lexicon.empty()))
    ranking = [Intent("faq/a", 1.0), Intent("faq/b", 1.0)]
    read = names.read(text, lambda words: Intent("faq/a" if "a" in words else "faq/b", 1.0), lambda _: ranking, ())
    end = 0
    for part in read:
        assert end <= part.start < part.end <= len(text)
        assert text[part.start : part.end].strip() == text[part.start : part.end]
        end = part.end


def test_residents_who_name_several_things_are_answered_on_each() -> None:
    missed = []
    for message in MESSAGES["several"]:
        told = {part.intent.name for part in understanding().parse(message["text"]).parts}
        missed += [] if set(message["topics"]) <= told else [message["text"]]
    assert len(MESSAGES["several"]) >= 40
    assert len(missed) <= MISSED, missed


@pytest.mark.parametrize("text", MESSAGES["one"])
def test_what_is_one_thing_is_never_cut(text: str) -> None:
    assert understanding().parse(text).parts == ()
