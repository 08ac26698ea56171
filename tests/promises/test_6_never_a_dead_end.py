"""Never a dead end: two misunderstandings lead to choices, three to a human, at every question of every flow."""

import pytest

from tests.promises.house import House, Person
from tests.promises.questions import FREE, QUESTIONS, Question, asked_by_the_flows

GIBBERISH = ("zgrblx", "qsdfgh jklmw", "wxcvbn")
WAYS_ON = ("PASSER", "MENU", "HUMAIN")


def test_every_question_is_tried() -> None:
    assert set(QUESTIONS) == asked_by_the_flows()


def test_two_misses_lead_to_choices_and_three_to_a_human(asked: Person, question: Question) -> None:
    waiting = asked.state
    kinds = ("media",) if question[1] in FREE else ("text", "media")
    for kind in kinds:
        asked.imagine(waiting)
        first, second, third = (asked.say(text if kind == "text" else "", kind=kind) for text in GIBBERISH)
        assert first
        assert any(each.choices for each in second) or any(way in each.text for each in second for way in WAYS_ON)
        assert third[0].response == "utter_handed_off_not_understood"
        assert asked.case().reason == "not_understood"
        assert asked.case().urgent
        assert asked.state.misses == 0


@pytest.mark.parametrize("fields", [{"text": "zgrblx"}, {"text": "🙃🙃"}, {"text": "  "}, {"kind": "media"}], ids=str)
def test_when_nothing_is_asked_as_well(shared: House, fields: dict[str, str]) -> None:
    person = Person(shared, "sms")
    person.say("bonjour")
    first, second, third = (person.say(**fields) for _ in range(3))
    assert first
    assert any(each.choices for each in second)
    assert third[0].response == "utter_handed_off_not_understood"
