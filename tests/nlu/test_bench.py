"""The figures and the table of `make bench-nlu`. Engines themselves are run by it alone."""

from pathlib import Path

import pytest

from nlu.training import parse_example
from nlu.understanding import Intent
from tests.bench.nlu.engines import Run
from tests.bench.nlu.figures import chance, entity_f1, figures, understanding
from tests.bench.nlu.table import BEGIN, END, table, write

EXAMPLES = [
    parse_example("a [large](size) [cola](drink) please", "order", "test.yml:1"),
    parse_example("bye", "leave", "test.yml:2"),
    parse_example("the weather in Rome", "oos", "test.yml:3"),
]


def entity(kind: str, start: int, end: int) -> dict[str, object]:
    return {"entity": kind, "start": start, "end": end, "value": "x", "extractor": "E"}


def answer(intent: str | None, *entities: dict[str, object]) -> dict[str, object]:
    ranking = [{"name": intent, "confidence": 0.75}, {"name": "other", "confidence": 0.25}]
    return {"intent": ranking[0], "intent_ranking": ranking, "entities": list(entities)}


def ran(name: str, *answers: dict[str, object]) -> Run:
    return Run(name, 2.0, 3_000_000, 0.5, 90_000_000, [0.001] * len(answers), 0.002, list(answers))


SOUND = ran("ours", answer("order", entity("size", 2, 7)), answer("leave"), answer("oos"))
POOR = ran("theirs", answer("leave", entity("size", 2, 6), entity("city", 8, 12)), answer("leave"), answer(None))


def test_intents_are_counted_with_and_without_what_is_out_of_scope() -> None:
    sound, poor = figures(SOUND, EXAMPLES, "oos"), figures(POOR, EXAMPLES, "oos")
    assert (sound.report.accuracy, sound.in_scope) == (1.0, 1.0)
    assert poor.report.accuracy == pytest.approx(1 / 3)
    assert poor.in_scope == 0.5


def test_entities_count_when_span_and_kind_are_right() -> None:
    assert figures(SOUND, EXAMPLES, "oos").entity_f1 == pytest.approx(2 / 3)  # one of two, nothing too much
    assert figures(POOR, EXAMPLES, "oos").entity_f1 == 0.0
    assert entity_f1(EXAMPLES[1:], []) is None  # nothing is marked


def test_kinds_marked_nowhere_are_not_held_against_an_engine() -> None:
    more = ran("ours", answer("order", entity("size", 2, 7), entity("phone", 0, 1)), answer("leave"), answer("oos"))
    assert figures(more, EXAMPLES, "oos").entity_f1 == figures(SOUND, EXAMPLES, "oos").entity_f1


def test_an_engine_that_names_no_intent_is_wrong_not_broken() -> None:
    assert understanding("x", {"intent": {"name": None, "confidence": 0.0}, "entities": []}).ranking == (Intent("", 0),)


def test_chance() -> None:
    assert chance([True] * 5, [True] * 5) == 1.0
    assert chance([True] * 10, [False] * 10) == pytest.approx(2 / 2**10)
    assert chance([True, False], [False, True]) == 1.0


def test_the_table_has_a_column_for_each_engine() -> None:
    lines = table([figures(SOUND, EXAMPLES, "oos"), figures(POOR, EXAMPLES, "oos")]).splitlines()
    assert lines[0] == "|  | ours | theirs |"
    assert "| accuracy | 100.0 % | 33.3 % |" in lines
    assert "| memory | 90 MB | 90 MB |" in lines
    assert lines[-1].endswith("|  | +66.7 points (p = 0.5) |")
    assert {line.count("|") for line in lines} == {4}
    assert len(table([figures(SOUND, EXAMPLES, "oos")]).splitlines()[0].split("|")) == 4


def test_it_is_kept_between_two_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    write(page, "new")
    write(page, "newer")
    assert page.read_text(encoding="utf-8") == f"before\n{BEGIN}\nnewer\n{END}\nafter\n"
