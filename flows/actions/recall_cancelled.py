"""Remembers the booking a lead gave up: whoever was let down is offered another day at the same place."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import select

from directory.models import Booking
from flows.actions.tools import Tools
from flows.engine.actions import ActionContext
from flows.engine.events import Event, SlotSet

RECENT = timedelta(days=30)


def run(context: ActionContext) -> Iterable[Event]:
    """Sets `wanted_place`, the town where it is when none is known, and a day that does not suit; or empties it."""
    lost = _lost(context)
    if lost is None:
        yield SlotSet("wanted_place", None)
        return
    tools: Tools = context.tools
    town = tools.gazetteer.by_insee(lost.place.insee_code)
    if town is not None and not context.slots.get("commune"):
        yield SlotSet("commune", {"insee_code": town.insee_code, "name": town.name})
    yield SlotSet("wanted_place", lost.place_id)
    if not context.slots.get("wanted_date"):
        day = lost.starts_at.astimezone(tools.zone).date().isoformat()
        yield SlotSet("wanted_date", {"from": day, "to": day, "not": True})


def _lost(context: ActionContext) -> Booking | None:
    """The person's last booking, when a lead cancelled it not long ago."""
    tools: Tools = context.tools
    latest = (
        select(Booking)
        .where(Booking.contact_id == tools.contact_id)
        .order_by(Booking.created_at.desc(), Booking.id.desc())
    )
    last = tools.session.scalars(latest.limit(1)).first()
    given_up = last is not None and last.status == "cancelled" and last.cancelled_by == "lead"
    return last if last and given_up and last.updated_at > context.now - RECENT else None
