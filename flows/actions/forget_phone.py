"""Forgets the phone number and nothing else: "effacez mon numéro" does not mean everything."""

from collections.abc import Iterable

from flows.actions.tools import Tools
from flows.engine.actions import ActionContext
from flows.engine.events import Event, SlotSet
from flows.events import PhoneForgotten


def run(context: ActionContext) -> Iterable[Event]:
    """Says so, or that no number is kept."""
    tools: Tools = context.tools
    if not context.slots.get("phone") and not tools.held_data().get("phone"):
        yield context.utter("utter_no_phone")
        return
    yield PhoneForgotten()
    yield SlotSet("phone", None)
    yield SlotSet("reach", None)
    yield context.utter("utter_phone_forgotten")
