"""Says when and where the person's bookings are."""

from collections.abc import Iterable

from directory import bookings
from flows.actions.book_appointment import confirmation
from flows.actions.tools import Tools
from flows.engine.actions import ActionContext
from flows.engine.events import Event


def run(context: ActionContext) -> Iterable[Event]:
    """One message per coming booking, or that there is none."""
    tools: Tools = context.tools
    coming = bookings.upcoming(tools.session, tools.contact_id, context.now)
    if not coming:
        yield context.utter("utter_no_booking")
    for booking in coming:
        yield confirmation(context, booking, "utter_my_booking")
