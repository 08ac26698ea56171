"""The figures, on answers whose right figures are known by hand."""

import json

import pytest

from nlu.engine import Engine
from nlu.evaluate import evaluate, macro_f1, measure
from nlu.training import Example
from nlu.understanding import Intent, Understanding


def answer(text: str, *ranking: tuple[str, float]) -> Understanding:
    intents = tuple(Intent(name, confidence) for name, confidence in ranking)
    return Understanding(text, intents[0], intents)


def test_measures() -> None:
    read = [
        answer("1", ("a", 0.9), ("oos", 0.1)),
        answer("2", ("a", 0.8), ("b", 0.2)),
        answer("3", ("a", 0.6), ("b", 0.4)),
        answer("4", ("oos", 0.7), ("a", 0.1)),
        answer("5", ("b", 0.5), ("a", 0.45)),
    ]
    report = measure(["a", "a", "b", "oos", "oos"], read, "oos", [0.001] * 5)
    assert report.accuracy == pytest.approx(3 / 5)
    assert report.top3 == pytest.approx(4 / 5)
    assert report.out_of_scope_recall == 0.5
    assert report.out_of_scope_recall_at_5 == 1.0  # both are less in scope than the least sure in-scope one
    assert report.in_scope_refused == 0
    assert report.wrong_at_10 == pytest.approx(2 / 5)
    assert report.parse_ms_p95 == pytest.approx(1)
    assert [(one.intent, one.taken_for, one.count) for one in report.confusions] == [("b", "a", 1), ("oos", "b", 1)]
    assert json.loads(json.dumps(report.to_json()))["sentences"] == 5
    assert "b taken for a (3)" in report.to_text()


def test_macro_f1_weighs_intents_alike() -> None:
    assert macro_f1(["a", "a", "b"], ["a", "a", "a"]) == pytest.approx((2 * 2 / 5 + 0) / 2)
    assert macro_f1([], []) == 0


def test_evaluates_an_engine(engine: Engine) -> None:
    report = evaluate(engine, [Example("je veux un rdv", "book_appointment", (), "f:1")])
    assert report.accuracy == 1
    assert report.out_of_scope_recall is None
    assert "-" in report.to_text()
