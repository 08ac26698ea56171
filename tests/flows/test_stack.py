"""Flows on top of flows: digressions, interruptions, calls, links, ends."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from flows.engine import commands as c
from flows.engine.actions import ActionContext
from flows.engine.engine import Engine
from flows.engine.events import Choice, Event, FlowResumed, SlotSet
from flows.engine.stack import MAX_DEPTH
from flows.loader import load_flows
from tests.flows.world import PATTERNS, Talk, saying, talk, write

TRIP = """
flows:
  trip:
    name: the trip
    description: d
    persisted_slots: [town]
    steps:
      - collect: town
      - collect: day
      - action: utter_done
  paint:
    name: the paint
    description: d
    steps:
      - collect: color
      - action: utter_hello
"""


@pytest.fixture
def trip(tmp_path: Path) -> Talk:
    found = talk(tmp_path, TRIP)
    found.say(c.StartFlow("trip"))
    return found


def test_a_question_answered_on_the_way_comes_back_to_the_question_that_waits(trip: Talk) -> None:
    assert trip.say(c.KnowledgeAnswer("tax")) == ["on tax", "town?"]
    assert trip.state.asked == "town"
    assert trip.frames == ["trip"]


def test_an_interruption_is_said_and_what_was_interrupted_goes_on(trip: Talk) -> None:
    assert trip.say(c.StartFlow("paint")) == ["color?"]
    assert trip.facts == ["FlowInterrupted", "FlowStarted"]
    assert trip.say(c.SetSlot("color", "red")) == ["hello", "back to the trip", "town?"]
    assert trip.facts == ["FlowCompleted", "FlowResumed"]
    assert trip.say(c.SetSlot("town", "Lens"), c.SetSlot("day", "lundi")) == ["done Lens lundi"]
    assert not trip.state.stack


def test_a_flow_under_way_comes_back_up_instead_of_beginning_twice(trip: Talk) -> None:
    trip.say(c.StartFlow("paint"))
    assert trip.say(c.StartFlow("trip")) == ["town?"]
    assert trip.frames == ["paint", "trip"]
    assert trip.facts == ["FlowInterrupted"]
    assert trip.say(c.SetSlot("town", "Lens"), c.SetSlot("day", "lundi"))[-2:] == ["back to the paint", "color?"]


def test_starting_the_flow_on_top_again_only_asks_again(trip: Talk) -> None:
    assert trip.say(c.StartFlow("trip")) == ["town?"]
    assert trip.frames == ["trip"]
    assert trip.facts == []


def test_what_was_said_first_is_done_first(tmp_path: Path) -> None:
    both = talk(tmp_path, TRIP)
    assert both.say(c.SessionStart(), c.KnowledgeAnswer("tax"), c.StartFlow("trip")) == ["welcome", "on tax", "town?"]


def test_cancelling_leaves_what_was_interrupted(trip: Talk) -> None:
    trip.say(c.StartFlow("paint"))
    assert trip.say(c.CancelFlow()) == ["cancelled the paint", "back to the trip", "town?"]
    assert trip.facts == ["FlowCancelled", "FlowResumed"]
    assert trip.say(c.CancelFlow()) == ["cancelled the trip"]
    assert trip.state.stack == ()


def test_cancelling_for_something_else_does_not_come_back_in_between(trip: Talk) -> None:
    assert trip.say(c.CancelFlow(), c.StartFlow("paint")) == ["cancelled the trip", "color?"]


def test_cancelling_when_nothing_is_under_way_says_so(tmp_path: Path) -> None:
    assert talk(tmp_path, TRIP).say(c.CancelFlow()) == ["cancelled"]


def test_cancelling_forgets_what_the_flow_asked(trip: Talk) -> None:
    trip.say(c.SetSlot("town", "Lens"), c.SetSlot("day", "lundi"), c.StartFlow("trip"))
    trip.say(c.StartFlow("paint"))
    trip.say(c.CancelFlow())
    assert "color" not in trip.state.slots
    assert trip.state.slots["town"] == "Lens"


def test_restart_forgets_all_but_what_is_shared(trip: Talk) -> None:
    trip.say(c.SetSlot("town", "Lens"), c.SetSlot("language", "en"))
    assert trip.say(c.Restart()) == ["restarted"]
    assert trip.state.slots == {"language": "en"}
    assert trip.state.stack == ()


def test_repeating_says_the_last_messages_and_the_question_once(trip: Talk) -> None:
    trip.say(c.KnowledgeAnswer("tax"))
    assert trip.say(c.RepeatBotMessages()) == ["on tax", "town?"]
    assert trip.say(c.RepeatBotMessages()) == ["on tax", "town?"]


def test_a_clarification_offers_at_most_three(tmp_path: Path) -> None:
    unsure = talk(tmp_path, TRIP)
    assert unsure.say(c.Clarify(tuple(Choice(name, f"/{name}") for name in "abcde"))) == ["which"]
    assert [choice.title for choice in unsure.uttered[0].choices] == ["a", "b", "c"]
    assert unsure.state.menu == unsure.uttered[0].choices
    assert unsure.facts == ["ClarificationAsked"]


def test_chitchat_says_the_reply_it_names(trip: Talk) -> None:
    assert trip.say(c.ChitChat("utter_hello")) == ["hello", "town?"]


def test_a_handoff_leaves_everything_under_way(trip: Talk) -> None:
    trip.say(c.StartFlow("paint"))
    assert trip.say(c.HumanHandoff("asked")) == ["human"]
    assert trip.facts == ["FlowCancelled", "FlowCancelled"]
    assert trip.state.stack == ()


def test_a_guarded_flow_begins_only_when_its_condition_holds(tmp_path: Path) -> None:
    guarded = talk(tmp_path, "flows: {secret: {description: d, if: slots.town, steps: [action: utter_hello]}}")
    assert guarded.say(c.StartFlow("secret")) == ["again 1 unknown_flow"]
    assert guarded.say(c.SetSlot("town", "Lens"))[0] == "again 2 nothing_asked"
    assert guarded.say(c.StartFlow("secret")) == ["hello"]
    assert guarded.state.misses == 0


@pytest.mark.parametrize("flow", ["nowhere", "pattern_restart"])
def test_only_known_user_flows_can_be_started(tmp_path: Path, flow: str) -> None:
    assert talk(tmp_path, TRIP).say(c.StartFlow(flow)) == ["again 1 unknown_flow"]


CALLS = """
flows:
  outer:
    name: outer
    description: d
    steps:
      - collect: color
      - call: inner
      - action: utter_done
  inner:
    name: inner
    description: d
    steps:
      - collect: town
      - collect: day
  other:
    name: other
    description: d
    steps:
      - collect: count
  handover:
    name: handover
    description: d
    steps:
      - collect: color
      - link: other
"""


@pytest.fixture
def called(tmp_path: Path) -> Talk:
    found = talk(tmp_path, CALLS)
    found.say(c.StartFlow("outer"))
    assert found.say(c.SetSlot("color", "red")) == ["town?"]
    return found


def test_a_called_flow_gives_its_answers_to_its_caller_then_they_are_forgotten(called: Talk) -> None:
    assert called.frames == ["outer", "inner"]
    called.say(c.SetSlot("town", "Lens"))
    assert called.say(c.SetSlot("day", "lundi")) == ["done Lens lundi red"]
    assert called.state.slots == {"language": "fr"}


def test_a_called_flow_is_interrupted_and_resumed_with_its_caller(called: Talk) -> None:
    called.say(c.StartFlow("other"))
    assert called.say(c.SetSlot("count", "3")) == ["back to inner", "town?"]
    assert FlowResumed("inner") in called.events
    called.say(c.StartFlow("other"))
    assert called.say(c.StartFlow("inner")) == ["town?"]
    assert called.frames == ["other", "outer", "inner"]
    called.say(c.SetSlot("town", "Lens"))
    assert called.say(c.SetSlot("day", "lundi")) == ["done Lens lundi red", "back to other", "count?"]


def test_cancelling_a_called_flow_cancels_its_caller(called: Talk) -> None:
    assert called.say(c.CancelFlow()) == ["cancelled outer"]
    assert called.state.stack == ()


def test_a_correction_before_a_call_asks_nothing_twice(called: Talk) -> None:
    called.say(c.SetSlot("town", "Lens"))
    assert called.say(c.SetSlot("color", "blue")) == ["corrected blue", "day?"]
    assert called.say(c.SetSlot("day", "lundi")) == ["done Lens lundi blue"]


def test_a_link_ends_one_flow_and_begins_the_other(tmp_path: Path) -> None:
    linked = talk(tmp_path, CALLS)
    linked.say(c.StartFlow("handover"))
    assert linked.say(c.SetSlot("color", "red")) == ["count?"]
    assert linked.facts == ["FlowCompleted", "FlowStarted"]
    assert linked.frames == ["other"]
    assert "color" not in linked.state.slots


SHARED = """
flows:
  book:
    name: book
    description: d
    steps:
      - {collect: day, ask_before_filling: true}
      - collect: town
      - action: utter_done
  move:
    name: move
    description: d
    steps:
      - {collect: day, ask_before_filling: true}
      - action: utter_hello
"""


def test_an_answer_another_flow_took_over_is_asked_again(tmp_path: Path) -> None:
    shared = talk(tmp_path, SHARED)
    shared.say(c.StartFlow("book"))
    assert shared.say(c.SetSlot("day", "lundi")) == ["town?"]
    shared.say(c.StartFlow("move"))
    assert shared.say(c.SetSlot("day", "mardi")) == ["hello", "back to book", "day?"]
    shared.say(c.SetSlot("day", "lundi"))
    assert shared.say(c.SetSlot("town", "Lens")) == ["done Lens lundi"]


def test_a_button_of_a_flow_that_is_over_answers_nothing_later(tmp_path: Path) -> None:
    late = talk(tmp_path, SHARED)
    assert late.say(c.SetSlot("day", "lundi")) == ["again 1 nothing_asked"]
    assert "day" not in late.state.slots


LOOP = """
flows:
  spin:
    name: spin
    description: d
    steps:
      - {id: one, action: utter_hello}
      - {id: two, action: action_noise, next: one}
  recurse: {description: d, steps: [call: recurse]}
  ping: {description: d, steps: [link: pong]}
  pong: {description: d, steps: [link: ping]}
  fills: {description: d, steps: [{id: again, collect: count, next: again}]}
"""


def ask_count(context: ActionContext) -> Iterable[Event]:
    yield SlotSet("count", 1)


@pytest.mark.parametrize("flow", ["spin", "recurse", "ping", "fills"])
def test_a_loop_ends_at_an_apology_and_its_chatter_is_not_sent(tmp_path: Path, flow: str) -> None:
    actions = {"action_noise": saying("noise"), "action_ask_count": ask_count}
    looping = talk(tmp_path, LOOP, actions)
    assert looping.say(c.StartFlow(flow)) == ["broken"]
    assert "BudgetExceeded" in looping.facts
    assert looping.state.stack == ()


def test_even_a_looping_apology_ends(tmp_path: Path) -> None:
    looping = talk(tmp_path, LOOP)
    patterns = PATTERNS.replace("{action: utter_broken}", "{id: a, noop: true, next: a}")
    write(tmp_path / "definitions", "patterns.yml", patterns)
    engine = Engine(load_flows(tmp_path / "definitions"), looping.engine.domain, {})
    assert Talk(engine).say(c.StartFlow("recurse")) == ["again 1 nothing_asked"]


def test_a_stack_too_deep_lets_the_oldest_go(tmp_path: Path) -> None:
    flows = "flows:\n" + "".join(
        f"  f{n}: {{name: f{n}, description: d, steps: [collect: color, action: utter_hello]}}\n"
        for n in range(MAX_DEPTH + 3)
    )
    deep = talk(tmp_path, flows)
    for n in range(MAX_DEPTH + 3):
        deep.say(c.StartFlow(f"f{n}"))
        assert len(deep.state.stack) <= MAX_DEPTH
    assert deep.frames == [f"f{n}" for n in range(3, MAX_DEPTH + 3)]


def test_a_repair_by_name_gets_its_context(tmp_path: Path) -> None:
    assert talk(tmp_path, TRIP).say(c.RunPattern("pattern_search", {"topic": "x"})) == ["on x"]


def test_a_turn_is_never_silent(tmp_path: Path) -> None:
    quiet = talk(tmp_path, "flows: {mute: {description: d, steps: [{set_slots: [{town: Lens}]}]}}")
    assert quiet.say() == ["again 1 nothing_asked"]
    assert quiet.say(c.RunPattern("pattern_unknown")) == ["again 2 nothing_asked"]
    assert quiet.say(c.StartFlow("mute")) == ["human"]
