"""States of another version: flows, steps and slots that are gone, keys nobody knows."""

from pathlib import Path

from flows.engine import commands as c
from flows.engine.state import DialogueState, Frame
from tests.flows.world import talk

OLD = """
flows:
  trip:
    name: trip
    description: d
    steps: [{collect: town}, {collect: day}, {action: utter_done}]
  gone:
    name: gone
    description: d
    steps: [{collect: color}]
"""
NEW = """
flows:
  trip:
    name: trip
    description: d
    steps: [{id: where, collect: town}, {id: what, collect: color}, {action: utter_done}]
"""


def test_a_flow_that_is_gone_is_left_and_the_person_told_once(tmp_path: Path) -> None:
    old = talk(tmp_path / "old", OLD)
    old.say(c.StartFlow("gone"))
    new = talk(tmp_path / "new", NEW)
    new.state = old.state
    assert new.say(c.CannotHandle()) == ["again 1 not_understood", "changed"]
    assert "FlowChanged" in new.facts
    assert new.state.stack == ()
    assert new.say(c.KnowledgeAnswer("x")) == ["on x"]


def test_a_step_that_is_gone_begins_its_flow_again_with_the_answers_given(tmp_path: Path) -> None:
    old = talk(tmp_path / "old", OLD)
    old.say(c.StartFlow("trip"), c.SetSlot("town", "Lens"))
    new = talk(tmp_path / "new", NEW)
    new.state = old.state
    assert new.say(c.KnowledgeAnswer("x")) == ["on x", "changed", "color?"]


def test_interrupted_flows_that_are_gone_disappear_from_below(tmp_path: Path) -> None:
    old = talk(tmp_path / "old", OLD)
    old.say(c.StartFlow("gone"))
    old.say(c.StartFlow("trip"))
    new = talk(tmp_path / "new", NEW)
    new.state = DialogueState(stack=(old.state.stack[0], Frame("trip", "where", "interrupt")))
    assert new.say(c.SetSlot("town", "Lens")) == ["changed", "color?"]
    assert new.say(c.SetSlot("color", "red")) == ["done Lens red"]


def test_slots_that_are_gone_or_no_longer_take_their_value_are_dropped(tmp_path: Path) -> None:
    new = talk(tmp_path, NEW)
    new.state = DialogueState(slots={"old": 1, "color": "plaid", "town": "Lens"}, skipped=("old",), asked="old")
    assert new.say(c.SkipQuestion(), c.StartFlow("trip")) == ["color?"]
    assert new.state.slots == {"town": "Lens", "language": "fr"}
    assert new.state.skipped == ()


def test_keys_of_another_version_are_passed_over() -> None:
    frame = {"flow": "trip", "step": "where", "kind": "regular", "context": {}, "mood": 1}
    state = DialogueState.from_json(
        {"stack": [frame], "menu": [{"title": "a", "payload": "/a", "icon": "x"}], "new": 1}
    )
    assert state.stack == (Frame("trip", "where"),)
    assert state.menu[0].payload == "/a"


def test_no_state_is_an_empty_one() -> None:
    assert DialogueState.from_json(None) == DialogueState.from_json({}) == DialogueState()
