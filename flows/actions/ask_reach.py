"""Asks how to reach the person; who gave a number has answered."""

from collections.abc import Iterable

from flows.engine.actions import ActionContext
from flows.engine.events import Event, SlotSet


def run(context: ActionContext) -> Iterable[Event]:
    """Fills `reach` when a phone number is known, else asks."""
    if context.slots.get("phone"):
        yield SlotSet("reach", "phone")
    else:
        yield context.utter("utter_ask_reach", asks="reach")
