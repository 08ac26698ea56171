"""Joins this phone with the one that was given the code."""

from collections.abc import Iterable

from flows.actions.tools import Tools
from flows.engine.actions import ActionContext
from flows.engine.events import Event, SlotSet

SAID = {
    "joined": "utter_joined",
    "same_person": "utter_join_same_person",
    "same_phone": "utter_join_same_phone",
    "too_many": "utter_join_too_many",
}
"""What is said of a code, by what came of it; a wrong one is asked for again."""


def run(context: ActionContext) -> Iterable[Event]:
    """Says what came of the code; a name or number known on the other phone is not asked again here."""
    tools: Tools = context.tools
    joined = tools.joins.redeem(str(context.slots["join_code"]))
    yield SlotSet("join_result", joined.status)
    if joined.status == "joined":
        for slot, value in (("name", joined.name), ("phone", joined.phone)):
            if value and not context.slots.get(slot):
                yield SlotSet(slot, value)
    if joined.status in SAID:
        yield context.utter(SAID[joined.status])
