"""Passes the conversation to a lead, and says how and when they answer."""

from collections.abc import Iterable

from flows.actions.tools import Tools
from flows.actions.where import lead_of
from flows.engine.actions import ActionContext
from flows.engine.events import Event, SlotSet
from flows.events import HandoffRequested


def run(context: ActionContext) -> Iterable[Event]:
    """Opens or updates the case first: whatever the person says next, somebody knows they wait."""
    tools: Tools = context.tools
    reason = str(context.slots.get("handoff_reason") or context.context.get("reason") or "asked")
    yield HandoffRequested(reason)
    yield SlotSet("handoff_reason", None)
    lead = lead_of(context)
    phone = tools.service.human_phone
    yield context.utter(
        "utter_handed_off_not_understood" if reason == "not_understood" else "utter_handed_off",
        lead=lead.role if lead else tools.service.operator,
        or_call=context.utter("utter_or_call", phone=phone).texts[""] if phone else "",
    )
