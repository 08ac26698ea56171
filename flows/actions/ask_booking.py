"""Asks which booking is meant; a single one is taken without asking."""

from collections.abc import Iterable

from directory import bookings
from flows.actions.tools import Tools
from flows.actions.wording import moment
from flows.engine.actions import ActionContext
from flows.engine.events import Choice, Event, SlotSet


def run(context: ActionContext) -> Iterable[Event]:
    """Fills `booking` with the only one, or "none"; else a choice per booking."""
    tools: Tools = context.tools
    coming = bookings.upcoming(tools.session, tools.contact_id, context.now)
    if len(coming) < 2:
        yield SlotSet("booking", str(coming[0].id) if coming else "none")
        return
    choices = [
        Choice(
            context.utter(
                "utter_opening_title",
                at=moment(context, booking.starts_at, booking.place.timezone, "utter_pattern_opening"),
                place=booking.place.name,
            ).texts[""],
            f"/SetSlots(booking={booking.id})",
        )
        for booking in coming
    ]
    yield context.utter("utter_ask_booking", asks="booking", choices=choices)
