"""Never a dead end: two misunderstandings lead to choices, three to a human, at every question of every flow."""

import ast
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import select

import bot
from bot.channels.rendering import render
from bot.conversations.case_models import Case
from bot.runtime.turn import Mind
from bot.web_pages import Pages
from directory.errors import BookingClosed, BookingError
from flows.actions.book_appointment import REFUSALS
from flows.actions.tools import Tools
from flows.engine import commands as c
from flows.engine.events import BotUttered
from flows.engine.state import DialogueState
from flows.loader import load_domain
from tests.conftest import NOW
from tests.promises.house import Heard, House, Person
from tests.promises.questions import FREE, QUESTIONS, Question, asked_by_the_flows

FORGED = (
    '/book_appointment{"commune": 12}', '/book_appointment{"commune": {"insee_code": []}}', "/SetSlots(commune=99999)",
    '/book_appointment{"opening": "1:never"}', "/SetSlots(opening=garbage)", '/book_appointment{"name": {"a": 1}}',
    '/find_place{"location": "here"}', "/SetSlots(location=here)", '/find_place{"wanted_kind": []}', "/find_place[1]",
    '/book_appointment{"wanted_date": {"from": 1}}', "/SetSlots(opening_offset=1e308)", "/SetSlots(booking=999999)",
    '/find_place{"commune_candidates": 5}', "/SetSlots(commune_candidates=x)", '/talk_to_human{"qpv": "x"}',
    "/SetSlots(x=1)", "/SetSlots()", "/SetSlots(name=" + "x" * 5000 + ")", "/faq/none", "/none", "/", "/help[]",
)  # fmt: skip

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


# Errors have words

CONTEXTS: Mapping[str, Mapping[str, Any]] = {
    "pattern_chitchat": {"response": "utter_greet"},
    "pattern_search": {"topic": "faq/acre"},
    "pattern_clarification": {"choices": [{"title": "A", "payload": "/help"}]},
    "pattern_correction": {"slot": "sector", "old": "a", "value": "b", "active": False},
    "pattern_continue_interrupted": {"interrupted": "votre projet"},
    "pattern_cancel_flow": {"canceled_name": "votre projet", "goes_on": False},
}
MISSES = ("not_understood", "unknown_commune", "out_of_scope", "empty", "media", "invalid_value", "nothing_to_skip",
          "nothing_asked", "rejected", "unknown_flow", "anything new")  # fmt: skip


def said(mind: Mind, house: House, command: c.Command) -> list[Heard]:
    """What a turn of this one command says, on the page and by text message."""
    with house.database.reading() as session:
        tools = Tools(session, mind.gazetteer, mind.knowledge, mind.service, mind.zone, 1, dict, cast(Any, None))
        _, events = mind.engine.advance(DialogueState(), [command], NOW, tools)
    return [
        Heard("bot", event.response, shown.text, tuple(asdict(choice) for choice in shown.choices))
        for event in events
        if isinstance(event, BotUttered)
        for shown in (render(event, variant) for variant in mind.variants.values())
    ]


def test_every_repair_speaks(shared: House) -> None:
    mind = shared.mind
    for flow in mind.engine.flows.values():
        if flow.is_pattern and flow.id != "pattern_repeat_bot_messages":
            heard = said(mind, shared, c.RunPattern(flow.id, CONTEXTS.get(flow.id, {})))
            assert heard, flow.id
            assert all(len(each.text) > 10 and "{" not in each.text for each in heard), flow.id


@pytest.mark.parametrize("misses", [1, 2, 3])
def test_every_reason_to_misunderstand_has_words(shared: House, misses: int) -> None:
    for reason in MISSES:
        for asked in (None, "phone", "commune"):
            context = {"misses": misses, "reason": reason, "asked": asked}
            heard = said(shared.mind, shared, c.RunPattern("pattern_cannot_handle", context))
            assert heard, context
            if misses == 2 and asked is None:
                assert any(each.choices for each in heard), context


def test_every_refusal_of_a_booking_has_words_and_the_flow_goes_on() -> None:
    refusals = set(BookingError.__subclasses__()) - {BookingClosed}  # of which nobody is offered a change
    assert set(REFUSALS) == refusals
    domain = load_domain()
    assert all(response in domain.responses for _, response in REFUSALS.values())


def codes_raised() -> set[str]:
    """The codes the site refuses with."""
    found = set()
    for path in sorted((Path(bot.__file__).parent).rglob("web*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            refuses = isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Problem", "BadRequest")
            if refuses and isinstance(node.args[0], ast.Constant):
                found.add(node.args[0].value)
    return found


def test_every_refusal_of_the_site_has_words_and_a_way_on() -> None:
    words = Pages({}).errors
    assert codes_raised() <= set(words)
    assert len(codes_raised()) > 8
    for code, error in words.items():
        assert 400 <= error["status"] < 600, code
        assert error["title"], code
        assert len(error["text"].split()) >= 5, f"{code}: what happened, and what to do"


def test_whatever_a_forged_button_carries_the_conversation_goes_on(shared: House) -> None:
    person = Person(shared, "web")
    person.say("bonjour")
    for payload in FORGED:
        assert person.say(kind="choice", payload=payload), payload
        assert person.say("merci"), payload


def test_no_tap_sets_what_the_flows_keep_for_themselves(shared: House) -> None:
    person = Person(shared, "web")
    person.do("bonjour", f"/SetSlots(handoff_reason={'x' * 40})", "/SetSlots(handoff_reason=internal_error)")
    assert person.say("HUMAIN")[0].response == "utter_handed_off"
    with shared.database.reading() as session:
        assert session.scalars(select(Case.reason).order_by(Case.id.desc()).limit(1)).one() == "asked"
