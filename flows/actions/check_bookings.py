"""Says before anything is chosen that the person already holds as many bookings as one may."""

from collections.abc import Iterable

from directory.bookings import MOST_BOOKINGS, upcoming
from flows.actions.tools import Tools
from flows.engine.actions import ActionContext
from flows.engine.events import Event, SlotSet


def run(context: ActionContext) -> Iterable[Event]:
    """Sets `opening_status` to refused, with what can be done, or empties it."""
    tools: Tools = context.tools
    full = len(upcoming(tools.session, tools.contact_id, context.now)) >= MOST_BOOKINGS
    yield SlotSet("opening_status", "refused" if full else None)
    if full:
        yield context.utter("utter_too_many_bookings")
