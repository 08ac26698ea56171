"""Whether the person has a booking to come: nobody is offered what they hold."""

from collections.abc import Iterable

from directory import bookings
from flows.actions.tools import Tools
from flows.engine.actions import ActionContext
from flows.engine.events import Event, SlotSet


def run(context: ActionContext) -> Iterable[Event]:
    """Sets `booked`."""
    tools: Tools = context.tools
    yield SlotSet("booked", bool(bookings.upcoming(tools.session, tools.contact_id, context.now)))
