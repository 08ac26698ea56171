"""Questions and answers: filling, correcting, skipping, refusing, misunderstanding."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from flows.engine import commands as c
from flows.engine.actions import ActionContext
from flows.engine.events import Event, Misunderstood, SlotCorrected, SlotSet
from tests.flows.world import Talk, talk

ORDER = """
flows:
  order:
    name: order
    description: d
    persisted_slots: [town]
    steps:
      - collect: town
        rejections:
          - if: slots.town is null
            utter: utter_needed
          - if: slots.town matches "[0-9]"
            utter: utter_needed
      - collect: color
        next:
          - if: slots.color is "red"
            then:
              - action: utter_hello
                next: last
          - else: last
      - id: last
        collect: day
      - action: utter_done
"""


@pytest.fixture
def order(tmp_path: Path) -> Talk:
    found = talk(tmp_path, ORDER)
    found.say(c.StartFlow("order"))
    return found


def test_one_message_fills_several_slots(tmp_path: Path) -> None:
    full = talk(tmp_path, ORDER)
    given = [c.SetSlot("day", "lundi"), c.SetSlot("town", "Lens")]
    assert full.say(c.StartFlow("order"), *given) == ["color?"]
    assert full.say(c.SetSlot("color", "blue")) == ["done Lens lundi blue"]


def test_what_a_flow_asked_is_forgotten_at_its_end_unless_it_says_so(order: Talk) -> None:
    order.say(c.SetSlot("town", "Lens"), c.SetSlot("color", "blue"), c.SetSlot("day", "lundi"))
    assert order.state.slots == {"town": "Lens", "language": "fr"}
    assert order.say(c.StartFlow("order")) == ["color?"]


def test_reset_after_flow_ends_false_keeps_the_answer(tmp_path: Path) -> None:
    keeping = talk(tmp_path, "flows: {f: {description: d, steps: [{collect: town, reset_after_flow_ends: false}]}}")
    keeping.say(c.StartFlow("f"))
    keeping.say(c.SetSlot("town", "Lens"))
    assert keeping.state.slots["town"] == "Lens"


def test_ask_before_filling_asks_what_is_known(tmp_path: Path) -> None:
    asking = talk(tmp_path, "flows: {f: {description: d, steps: [{collect: town, ask_before_filling: true}]}}")
    assert asking.say(c.SetSlot("town", "Lens"), c.StartFlow("f")) == ["town?"]


def test_a_question_with_its_own_words(tmp_path: Path) -> None:
    own = talk(tmp_path, "flows: {f: {description: d, steps: [{collect: town, utter: utter_hello}]}}")
    assert own.say(c.StartFlow("f")) == ["hello"]
    assert own.uttered[0].asks == "town"


def test_an_earlier_answer_is_corrected_and_the_flow_runs_again_from_there(order: Talk) -> None:
    order.say(c.SetSlot("town", "Lens"))
    assert order.say(c.SetSlot("color", "red")) == ["hello", "day?"]
    assert order.say(c.CorrectSlot("town", "Liévin")) == ["corrected Liévin", "hello", "day?"]
    assert SlotCorrected("town", "Lens", "Liévin") in order.events


def test_another_value_for_an_answered_question_is_a_correction(order: Talk) -> None:
    order.say(c.SetSlot("town", "Lens"), c.SetSlot("color", "red"))
    assert order.say(c.SetSlot("color", "blue")) == ["corrected blue", "day?"]
    assert order.say(c.SetSlot("color", "blue")) == ["day?"]


def test_a_finished_answer_is_corrected(order: Talk) -> None:
    order.say(c.SetSlot("town", "Lens"), c.SetSlot("color", "blue"), c.SetSlot("day", "lundi"))
    assert order.say(c.CorrectSlot("town", "Liévin")) == ["corrected Liévin"]
    assert order.state.slots["town"] == "Liévin"


def test_a_correction_to_nonsense_changes_nothing(order: Talk) -> None:
    order.say(c.SetSlot("town", "Lens"), c.SetSlot("color", "red"))
    assert order.say(c.CorrectSlot("color", "plaid")) == ["again 1 invalid_value", "day?"]
    assert order.state.slots["color"] == "red"


def test_taking_an_answer_back_asks_again_without_calling_it_a_correction(order: Talk) -> None:
    order.say(c.SetSlot("town", "Lens"))
    assert order.say(c.SetSlot("town", None)) == ["town?"]


def test_a_skipped_question_is_not_asked_again_in_this_flow(order: Talk) -> None:
    order.say(c.SetSlot("town", "Lens"))
    assert order.say(c.SkipQuestion()) == ["day?"]
    assert order.facts == ["QuestionSkipped"]
    assert order.say(c.KnowledgeAnswer("x")) == ["on x", "day?"]
    assert order.say(c.SkipQuestion()) == ["done Lens"]
    assert order.say(c.StartFlow("order")) == ["color?"]


def test_what_was_skipped_may_still_be_given(order: Talk) -> None:
    order.say(c.SetSlot("town", "Lens"))
    order.say(c.SkipQuestion())
    order.say(c.SetSlot("color", "red"))
    assert order.say(c.SetSlot("day", "lundi")) == ["done Lens lundi red"]


def test_a_needed_answer_cannot_be_skipped(order: Talk) -> None:
    assert order.say(c.SkipQuestion()) == ["needed", "town?"]
    assert order.state.misses == 1
    assert order.state.skipped == ()


def test_skipping_when_nothing_is_asked(tmp_path: Path) -> None:
    assert talk(tmp_path, ORDER).say(c.SkipQuestion()) == ["again 1 nothing_to_skip"]


def test_a_skip_is_forgotten_when_a_human_takes_over(order: Talk) -> None:
    order.say(c.SetSlot("town", "Lens"))
    order.say(c.SkipQuestion())
    order.say(c.HumanHandoff("asked"))
    assert order.state.skipped == ()
    assert order.say(c.StartFlow("order")) == ["color?"]


def test_two_misunderstandings_are_answered_and_the_third_calls_a_human(order: Talk) -> None:
    assert order.say(c.CannotHandle()) == ["again 1 not_understood", "town?"]
    assert order.say(c.CannotHandle("media")) == ["again 2 media", "town?"]
    assert order.say(c.CannotHandle()) == ["human"]
    assert Misunderstood(3, "not_understood") in order.events
    assert order.state.stack == ()
    assert order.say(c.CannotHandle()) == ["again 1 not_understood"]


def test_one_understood_message_begins_the_count_anew(order: Talk) -> None:
    order.say(c.CannotHandle())
    order.say(c.CannotHandle())
    order.say(c.SetSlot("town", "Lens"))
    assert order.say(c.CannotHandle()) == ["again 1 not_understood", "color?"]


def test_refused_answers_count_up_to_a_human(order: Talk) -> None:
    assert order.say(c.SetSlot("town", "62")) == ["needed", "town?"]
    assert "town" not in order.state.slots
    order.say(c.SetSlot("town", "62"))
    assert order.say(c.SetSlot("town", "62")) == ["human"]


def test_a_value_the_question_does_not_take_is_a_misunderstanding(order: Talk) -> None:
    order.say(c.SetSlot("town", "Lens"))
    assert order.say(c.SetSlot("color", "plaid")) == ["again 1 invalid_value", "color?"]


def test_values_for_other_slots_that_cannot_be_taken_are_passed_over(order: Talk) -> None:
    assert order.say(c.SetSlot("color", "plaid"), c.SetSlot("nothing", 1)) == ["town?"]
    assert order.state.misses == 0


@pytest.mark.parametrize(
    ("slot", "given", "kept"),
    [("sure", "TRUE", True), ("sure", False, False), ("count", "2.5", 2.5), ("town", "  Lens ", "Lens")],
)
def test_values_take_the_type_of_their_slot(order: Talk, slot: str, given: object, kept: object) -> None:
    order.say(c.SetSlot(slot, given), c.KnowledgeAnswer("x"))
    assert kept in [event.value for event in order.events if isinstance(event, SlotSet)]


@pytest.mark.parametrize(
    ("slot", "given"), [("sure", "perhaps"), ("count", "nan"), ("count", "inf"), ("count", "two"), ("town", "  ")]
)
def test_values_of_another_type_are_refused(order: Talk, slot: str, given: object) -> None:
    order.say(c.SetSlot(slot, given))
    assert slot not in order.state.slots


def test_an_action_may_ask_and_may_answer_itself(tmp_path: Path) -> None:
    def ask_town(context: ActionContext) -> Iterable[Event]:
        if context.slots.get("day"):
            yield SlotSet("town", "Lens")
        else:
            yield context.utter("utter_hello", asks="town", city="x")

    flows = "flows: {f: {description: d, persisted_slots: [town], steps: [{collect: town}, {action: utter_done}]}}"
    asking = talk(tmp_path, flows, {"action_ask_town": ask_town})
    assert asking.say(c.StartFlow("f")) == ["hello"]
    assert asking.state.asked == "town"
    asking.say(c.Restart())
    assert asking.say(c.SetSlot("day", "lundi"), c.StartFlow("f")) == ["done Lens lundi"]


def test_a_question_met_again_in_a_loop_is_asked_even_when_it_was_skipped(tmp_path: Path) -> None:
    flows = """
    flows:
      f:
        description: d
        steps:
          - {id: pick, collect: day, ask_before_filling: true}
          - collect: color
            next:
              - if: slots.color is "red"
                then:
                  - set_slots: [{color: null}]
                    next: pick
              - else: END
    """
    loop = talk(tmp_path, flows)
    loop.say(c.StartFlow("f"))
    assert loop.say(c.SkipQuestion()) == ["color?"]
    assert loop.say(c.SetSlot("color", "red")) == ["day?"]


def test_an_action_sees_slots_context_and_what_was_said(tmp_path: Path) -> None:
    seen: list[ActionContext] = []

    def look(context: ActionContext) -> Iterable[Event]:
        seen.append(context)
        yield context.utter("utter_done", town="given", choices=(), attachments=[{"kind": "file"}])

    flows = "flows: {f: {description: d, steps: [{action: action_look}]}}"
    looking = talk(tmp_path, flows, {"action_look": look})
    looking.say(c.ChitChat("utter_hello"))
    assert looking.say(c.SetSlot("day", "lundi"), c.StartFlow("f")) == ["done given lundi"]
    assert looking.uttered[0].attachments == ({"kind": "file"},)
    assert seen[0].slots["day"] == "lundi"
    assert seen[0].last_uttered[0]["response"] == "utter_hello"
