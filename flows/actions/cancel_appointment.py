"""Gives a booking back."""

from collections.abc import Iterable

from directory import bookings
from flows.actions.own_booking import own_booking
from flows.actions.tools import Tools
from flows.engine.actions import ActionContext
from flows.engine.events import Event
from flows.events import AppointmentCancelled


def run(context: ActionContext) -> Iterable[Event]:
    """Cancels the person's own booking and says so."""
    tools: Tools = context.tools
    booking = own_booking(context)
    if booking is None:
        yield context.utter("utter_no_booking")
        return
    bookings.cancel(tools.session, booking.id, context.now, by="resident")
    yield AppointmentCancelled(booking.id)
    yield context.utter("utter_cancelled")
