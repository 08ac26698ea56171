"""Where to look for another opening when the town is not known: where the booking is."""

from collections.abc import Iterable

from flows.actions.own_booking import own_booking
from flows.actions.tools import Tools
from flows.engine.actions import ActionContext
from flows.engine.events import Event, SlotSet


def run(context: ActionContext) -> Iterable[Event]:
    """Fills `commune` with the booking's; leaves a known one alone."""
    tools: Tools = context.tools
    booking = own_booking(context)
    town = tools.gazetteer.by_insee(booking.place.insee_code) if booking else None
    if town is not None and not context.slots.get("commune"):
        yield SlotSet("commune", {"insee_code": town.insee_code, "name": town.name})
