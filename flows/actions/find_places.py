"""Shows the nearest places: how far, what they are, and when somebody is there next."""

from collections.abc import Collection, Iterable
from datetime import datetime

from directory.search import NearbyPlace, is_stale, nearest_places
from flows.actions.tools import Tools
from flows.actions.where import Where, where
from flows.actions.wording import address, day, distance, moment, pin
from flows.engine.actions import ActionContext
from flows.engine.events import Event, SlotSet

LIMIT = 3
BUS = "bus"
NEAR_KM = 1.0  # below, a distance between town centres says nothing
FAR_KM = 60  # beyond, a place is not "near": the coordination is offered instead


def run(context: ActionContext) -> Iterable[Event]:
    """One message with up to three places; says so when the nearest is far or nothing is known."""
    tools: Tools = context.tools
    point = where(context)
    if point is None:
        yield context.utter("utter_no_place", commune=context.slots.get("commune"))
        return
    kind = context.slots.get("wanted_kind")
    near = _near(tools, point, context.now, [str(kind)] if kind else None)
    response = "utter_places"
    if kind and not near:
        response, near = "utter_other_places", _near(tools, point, context.now, None)
    yield SlotSet("wanted_kind", None)
    if not near:
        yield context.utter("utter_no_place", commune=point.label)
        return
    lines = "\n".join(describe(context, place) for place in near)
    first = near[0].place
    exact = [pin(first)] if first.precision != "commune" else []
    yield context.utter(response, commune=point.label, places=lines, attachments=exact)


def _near(tools: Tools, point: Where, now: datetime, kinds: Collection[str] | None) -> list[NearbyPlace]:
    found = nearest_places(tools.session, point.lat, point.lon, now, kinds, LIMIT)
    return [place for place in found if place.distance_km <= FAR_KM]


def describe(context: ActionContext, near: NearbyPlace) -> str:
    """One line: what it is, how far, when somebody is there next."""
    place = near.place
    when = ""
    if near.next_permanence is not None:
        at = moment(context, near.next_permanence.starts_at, place.timezone)
        when = context.utter("utter_next_permanence", at=at).texts[""]
    elif near.next_stop is not None:
        stop = near.next_stop
        on = day(context, stop.on_date)
        when = context.utter("utter_next_stop", on=on, where=stop.label or stop.quartier).texts[""]
    elif place.kind == BUS:
        when = context.utter("utter_no_next_stop").texts[""]
    stale = context.utter("utter_to_check").texts[""] if is_stale(place.source_date, context.now) else ""
    return context.utter(
        "utter_place_line",
        name=place.name,
        address=address(place) if place.address else "",
        distance=distance(context, near.distance_km) if near.distance_km >= NEAR_KM else "",
        when=when,
        to_check=stale,
    ).texts[""]
