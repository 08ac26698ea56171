"""Several wishes in one message."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.clauses import ClauseOptions, Clauses
from nlu.engine import Engine
from nlu.model import Model
from nlu.understanding import Intent
from tests.nlu.conftest import EMBEDDER

CLAUSES = Clauses(ClauseOptions(("et", "et aussi"), words=2, least=0.5))
WISHES = {"un rdv": "book", "quoi l'acre": "acre", "la météo": "none", "puis-je": "may"}


def mean(text: str) -> Intent:
    """A stand-in reader: sure of the wishes it knows."""
    return next((Intent(name, 0.9) for words, name in WISHES.items() if words in text), Intent("none", 0.3))


def parts(text: str) -> list[tuple[str, str]]:
    return [(text[part.start : part.end], part.intent.name) for part in CLAUSES.read(text, mean, mean, "none")]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("je veux un rdv et c'est quoi l'acre", [("je veux un rdv", "book"), ("c'est quoi l'acre", "acre")]),
        ("un rdv ?? c'est quoi l'acre ?", [("un rdv", "book"), ("c'est quoi l'acre", "acre")]),
        ("veux un rdv. Et aussi, c'est quoi l'acre ?", [("veux un rdv", "book"), ("c'est quoi l'acre", "acre")]),
        ("puis-je avoir un rdv", []),
        ("je veux un rdv et je veux un rdv", []),
        ("je veux un rdv et demain", []),
        ("la météo et un rdv", []),
        ("un rdv", []),
        ("", []),
    ],
)
def test_parts(text: str, wanted: list[tuple[str, str]]) -> None:
    assert parts(text) == wanted


def test_the_sure_reader_is_spared_when_there_is_one_wish() -> None:
    def never(_: str) -> Intent:
        raise AssertionError

    assert CLAUSES.read("un rdv et un rdv", mean, never, "none") == ()


@given(st.text(alphabet="ae t.?\n'é👍", max_size=60))
def test_parts_are_spans_of_the_text(text: str) -> None:
    end = 0
    for part in CLAUSES.read(text, lambda piece: Intent(piece, 1.0), lambda piece: Intent(piece, 1.0), "none"):
        assert end <= part.start < part.end <= len(text)
        assert text[part.start : part.end] == part.intent.name
        end = part.end


def test_an_engine_tells_the_parts(model: Model) -> None:
    engine: Engine = replace(model).engine(EMBEDDER)
    engine.clauses = Clauses(ClauseOptions(("et",), words=2, least=0.0))
    understood = engine.parse("je veux un rdv svp et c quoi lacre")
    assert [part.intent.name for part in understood.parts] == ["book_appointment", "faq/acre"]
    assert [part["intent"]["name"] for part in understood.to_rasa()["parts"]] == ["book_appointment", "faq/acre"]
    assert "parts" not in engine.parse("je veux un rdv").to_rasa()


def test_a_part_that_can_mean_nothing_is_not_read_with_care_nor_the_last_when_it_decides_nothing() -> None:
    careful: list[str] = []

    def quick(text: str) -> Intent:
        return next((Intent(name, sure) for words, name, sure in QUICK if words in text), Intent("none", 0.95))

    def sure(text: str) -> Intent:
        careful.append(text)
        return Intent("none", 0.9) if "rdv" in text else Intent("acre", 0.9)

    assert CLAUSES.read("un beau soleil. un rdv demain. quoi l'acre ?", quick, sure, "none") == ()
    assert careful == ["un rdv demain"]


QUICK = (("rdv", "book", 0.6), ("acre", "acre", 0.6))
