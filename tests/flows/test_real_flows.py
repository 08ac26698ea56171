"""The real flows with stand-in actions: what people do, then anything at all in any order."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.actions import ACTIONS
from flows.engine import commands as c
from flows.engine.actions import Action, ActionContext
from flows.engine.engine import MAX_MISSES, Engine
from flows.engine.events import BotUttered, Choice, Event, SlotSet
from flows.engine.stack import MAX_DEPTH
from flows.knowledge_reader import load_knowledge
from flows.loader import load_domain, load_flows
from tests.flows.world import Talk

FLOWS, DOMAIN = load_flows(), load_domain()
TOPICS = sorted(load_knowledge().topics)
LENS = {"insee_code": "62498", "name": "Lens"}


def stand_in(name: str) -> Action:
    """An action that says its name, asks its question, or reports what the test decided (`tools`)."""
    asked = name.removeprefix("action_ask_")

    def run(context: ActionContext) -> Iterable[Event]:
        outcome: dict[str, Any] = context.tools or {}
        if asked != name and asked in outcome:
            yield SlotSet(asked, outcome[asked])
            return
        if name in ("action_book_appointment", "action_reschedule_appointment"):
            yield SlotSet("opening_status", outcome.get("opening_status", "booked"))
        yield BotUttered(name, {"": name}, (Choice("a", "/help"),), asks=asked if asked != name else None)

    return run


def engine() -> Engine:
    return Engine(FLOWS, DOMAIN, {name: stand_in(name) for name in ACTIONS})


@pytest.fixture
def real() -> Talk:
    return Talk(engine())


def names(talk: Talk) -> list[str]:
    """The responses and actions of the last turn."""
    return [said.response for said in talk.uttered]


def test_a_project_told_in_taps_with_a_digression_and_a_correction(real: Talk) -> None:
    real.say(c.SessionStart(), c.StartFlow("qualify_project"))
    assert names(real) == ["action_introduce", "utter_ask_idea"]
    real.say(c.SetSlot("idea", "vendre des gâteaux"), c.SetSlot("sector", "restauration"))
    assert real.state.asked == "stage"
    real.say(c.KnowledgeAnswer(TOPICS[0]))
    assert names(real) == ["action_answer", "utter_ask_stage"]
    for _ in range(3):
        real.say(c.SkipQuestion())
    assert real.state.asked == "commune"
    real.say(c.SetSlot("commune", LENS), c.SetSlot("age_band", "26_44"))
    real.say(c.CorrectSlot("sector", "commerce"))
    assert names(real) == ["action_correct", "utter_ask_name"]
    real.say(c.SetSlot("name", "Ana"), c.SetSlot("reach", "phone"))
    assert real.state.asked == "phone"
    real.say(c.SetSlot("phone", "+33639980000"))
    assert names(real)[0] == "action_save_profile"
    assert real.state.stack == ()
    assert real.state.slots["sector"] == "commerce"
    real.say(c.CorrectSlot("commune", {"insee_code": "62510", "name": "Liévin"}))
    assert names(real) == ["action_correct"]


def test_every_question_of_the_project_can_be_skipped(real: Talk) -> None:
    real.say(c.StartFlow("qualify_project"))
    asked = []
    while real.state.asked:
        asked.append(real.state.asked)
        real.say(c.SkipQuestion())
    assert asked == ["idea", "sector", "stage", "situation", "need", "commune", "age_band", "name", "reach"]


def test_an_appointment_needs_a_town_or_a_place_on_the_map(real: Talk) -> None:
    real.say(c.StartFlow("book_appointment"))
    real.say(c.SkipQuestion())
    assert names(real) == ["utter_commune_needed", "action_ask_commune"]
    real.say(c.SetSlot("location", {"lat": 50.4, "lon": 2.8}), c.SkipQuestion())
    assert real.state.asked == "opening"


def test_a_time_taken_by_somebody_else_is_asked_again(real: Talk) -> None:
    real.say(c.SetSlot("commune", LENS), c.SetSlot("name", "Ana"), c.StartFlow("book_appointment"))
    real.tools = {"opening_status": "taken"}
    real.say(c.SetSlot("opening", "x"))
    assert names(real) == ["action_book_appointment", "action_ask_opening"]
    real.tools = {}
    real.say(c.SetSlot("opening", "y"))
    assert names(real)[0] == "action_book_appointment"
    assert "opening" not in real.state.slots


def test_without_any_opening_a_human_is_asked(real: Talk) -> None:
    real.tools = {"opening": "none"}
    real.say(c.SetSlot("commune", LENS), c.StartFlow("book_appointment"))
    assert names(real)[:2] == ["action_check_bookings", "action_recall_cancelled"]
    assert names(real)[2:4] == ["utter_no_opening", "action_hand_off"]


def test_an_opening_chosen_to_move_a_booking_is_never_the_one_booked_anew(real: Talk) -> None:
    real.say(c.SetSlot("commune", LENS), c.StartFlow("book_appointment"))
    real.say(c.SetSlot("opening", "first"))
    assert real.state.asked == "name"
    real.tools = {"booking": "7"}
    real.say(c.StartFlow("reschedule_appointment"))
    real.say(c.SetSlot("opening", "second"))
    assert names(real)[:1] == ["action_reschedule_appointment"]
    assert real.state.asked == "opening"
    assert real.frames == ["book_appointment"]


@pytest.mark.parametrize(
    ("answer", "last"), [("true", "action_cancel_appointment"), ("false", "utter_kept"), (None, "utter_kept")]
)
def test_a_booking_is_given_back_only_on_a_yes(real: Talk, answer: str | None, last: str) -> None:
    real.tools = {"booking": "7"}
    real.say(c.SetSlot("confirm_cancel", "true"), c.StartFlow("cancel_appointment"))
    assert names(real) == ["utter_ask_confirm_cancel"]
    real.say(c.SetSlot("confirm_cancel", answer) if answer else c.SkipQuestion())
    assert names(real)[0] == last


def test_everything_is_erased_on_the_word_or_on_a_yes_never_on_an_old_button(real: Talk) -> None:
    real.say(c.SetSlot("confirm_erasure", True), c.StartFlow("delete_my_data"))
    assert names(real) == ["action_delete_my_data"]
    real.say(c.SetSlot("confirm_erasure", True))
    real.say(c.StartFlow("delete_my_data"))
    assert names(real) == ["utter_ask_confirm_erasure"]
    real.say(c.SkipQuestion())
    assert names(real) == ["utter_not_erased"]


def test_misunderstood_three_times_a_human_is_called_and_told_why(real: Talk) -> None:
    real.say(c.StartFlow("qualify_project"))
    real.say(c.CannotHandle())
    assert names(real) == ["utter_not_understood", "utter_ask_idea"]
    real.say(c.CannotHandle("unknown_commune"))
    assert names(real) == ["utter_unknown_commune", "utter_ask_idea"]
    real.say(c.CannotHandle("unknown_commune"))
    assert names(real) == ["action_hand_off"]
    assert SlotSet("handoff_reason", "not_understood") in real.events


def test_leaving_comes_before_everything_under_way(real: Talk) -> None:
    real.say(c.StartFlow("qualify_project"))
    real.say(c.StartFlow("stop_messages"))
    assert names(real) == ["action_stop_messages"]
    assert real.state.stack == ()


def test_giving_up_goes_back_to_what_was_interrupted(real: Talk) -> None:
    real.say(c.StartFlow("qualify_project"))
    real.say(c.StartFlow("find_place"))
    real.say(c.CancelFlow())
    assert names(real) == ["utter_flow_left", "utter_continue", "utter_ask_idea"]
    real.say(c.CancelFlow())
    assert names(real) == ["utter_flow_cancelled"]
    real.say(c.CancelFlow())
    assert names(real) == ["utter_nothing_to_cancel"]


# Anything at all

JUNK = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=4) | st.just(float("nan")) | st.just(LENS)
SLOTS = st.sampled_from([*sorted(DOMAIN.slots), "nothing"])


def value_of(slot: str) -> st.SearchStrategy[Any]:
    """Mostly what the slot takes, sometimes anything."""
    spec = DOMAIN.slots.get(slot)
    takes = {"categorical": st.sampled_from(spec.values or ("",)), "bool": st.booleans()} if spec else {}
    return st.one_of(takes.get(spec.type if spec else "", st.sampled_from(["x", "none", "1"])), JUNK)


def given_slot(kind: type[c.SetSlot] | type[c.CorrectSlot]) -> st.SearchStrategy[c.Command]:
    return SLOTS.flatmap(lambda slot: st.builds(kind, st.just(slot), value_of(slot)))


USER_FLOWS = sorted(flow.id for flow in FLOWS.values() if not flow.is_pattern)
REASONS = ["not_understood", "unknown_commune", "out_of_scope", "empty", "media"]
COMMAND: st.SearchStrategy[c.Command] = st.one_of(
    st.builds(c.StartFlow, st.sampled_from([*USER_FLOWS, "nowhere"])),
    given_slot(c.SetSlot),
    given_slot(c.CorrectSlot),
    st.builds(c.Clarify, st.lists(st.builds(Choice, st.just("t"), st.just("/help")), max_size=5).map(tuple)),
    st.builds(c.KnowledgeAnswer, st.sampled_from(TOPICS)),
    st.builds(c.HumanHandoff, st.sampled_from(["asked", "complaint"])),
    st.builds(c.ChitChat, st.sampled_from(["utter_greet", "utter_ok"])),
    st.builds(c.CannotHandle, st.sampled_from(REASONS)),
    st.builds(c.RunPattern, st.sampled_from(["pattern_lead_spoke", "pattern_internal_error", "pattern_unknown"])),
    st.sampled_from([c.SessionStart(), c.CancelFlow(), c.RepeatBotMessages(), c.SkipQuestion(), c.Restart()]),
)
OUTCOMES = st.fixed_dictionaries(
    {"opening_status": st.sampled_from(["booked", "taken", "refused"])},
    optional={"opening": st.just("none"), "booking": st.sampled_from(["none", "7"])},
)
TURNS = st.lists(st.tuples(st.lists(COMMAND, max_size=3), OUTCOMES), min_size=1, max_size=12)


@given(TURNS)
def test_whatever_people_do_the_conversation_goes_on(turns: list[tuple[list[c.Command], dict[str, Any]]]) -> None:
    talk = Talk(engine())
    for commands, outcome in turns:
        talk.tools = outcome
        assert talk.say(*commands)
        assert all(text for said in talk.uttered for text in said.texts.values())
        assert len(talk.state.stack) <= MAX_DEPTH
        assert talk.state.misses < MAX_MISSES
        assert "BudgetExceeded" not in talk.facts
        assert bool(talk.state.stack) == (talk.state.asked is not None)
        if talk.state.stack:
            assert talk.uttered[-1].asks == talk.state.asked
        assert not any(frame.kind == "pattern" for frame in talk.state.stack)
        assert len(set(talk.frames)) == len(talk.frames)
