"""Moves a booking to the chosen opening; the old one is only given back with the new one in hand."""

from collections.abc import Iterable

from directory import bookings
from flows.actions.book_appointment import REFUSALS, confirmation
from flows.actions.own_booking import own_booking
from flows.actions.tools import Tools
from flows.engine.actions import ActionContext
from flows.engine.events import Event, SlotSet
from flows.events import AppointmentMoved


def run(context: ActionContext) -> Iterable[Event]:
    """Sets `opening_status` to booked, taken (another can be chosen) or refused."""
    tools: Tools = context.tools
    old = own_booking(context)
    if old is None:
        yield SlotSet("opening_status", "refused")
        yield context.utter("utter_no_booking")
        return
    try:
        new = bookings.move(tools.session, old.id, str(context.slots["opening"]), context.now)
    except tuple(REFUSALS) as refusal:
        status, response = REFUSALS[type(refusal)]
        yield SlotSet("opening_status", status)
        yield context.utter(response)
        return
    yield AppointmentMoved(old.id, new.id)
    yield SlotSet("opening_status", "booked")
    yield confirmation(context, new, "utter_moved")
