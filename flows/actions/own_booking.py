"""The booking a slot names, only when it is the person's own and still to come."""

from directory import bookings
from directory.models import Booking
from flows.actions.tools import Tools
from flows.engine.actions import ActionContext


def own_booking(context: ActionContext) -> Booking | None:
    """The booking in slot `booking`, None when it is not theirs or no longer coming."""
    tools: Tools = context.tools
    coming = bookings.upcoming(tools.session, tools.contact_id, context.now)
    return next((booking for booking in coming if str(booking.id) == str(context.slots.get("booking"))), None)
