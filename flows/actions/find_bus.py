"""Shows where a bus stops near the person, and when; says so when no passage is announced."""

from collections.abc import Iterable
from datetime import date, datetime, time

from directory.models import Stop
from directory.search import NearbyStop, nearest_stops
from flows.actions.find_places import FAR_KM, LIMIT, NEAR_KM
from flows.actions.tools import Tools
from flows.actions.where import where
from flows.actions.wording import day, distance, moment
from flows.engine.actions import ActionContext
from flows.engine.events import Event, SlotSet

AROUND = 20
AROUND_KM = 10.0


def run(context: ActionContext) -> Iterable[Event]:
    """One message with up to three passages to come: those at a walk or a tram ride first, the soonest first."""
    tools: Tools = context.tools
    yield SlotSet("wanted_kind", None)
    point = where(context)
    found = nearest_stops(tools.session, point.lat, point.lon, context.now, AROUND) if point else []
    near = sorted((stop for stop in found if stop.distance_km <= FAR_KM), key=_soonest_around)[:LIMIT]
    town = point.label if point else context.slots.get("commune")
    if not near:
        yield context.utter("utter_no_stop", commune=town)
        return
    yield context.utter("utter_stops", commune=town, stops="\n".join(_line(context, stop) for stop in near))


def _soonest_around(near: NearbyStop) -> tuple[bool, date, time]:
    return near.distance_km > AROUND_KM, near.stop.on_date, near.stop.starts_at or time()


def _line(context: ActionContext, near: NearbyStop) -> str:
    stop = near.stop
    return context.utter(
        "utter_stop_line",
        bus=stop.bus,
        on=" ".join(part for part in (day(context, stop.on_date), _hours(context, stop)) if part),
        where=", ".join(part for part in (stop.label, stop.address, stop.quartier) if part),
        distance=distance(context, near.distance_km) if near.distance_km >= NEAR_KM else "",
    ).texts[""]


def _hours(context: ActionContext, stop: Stop) -> str:
    if stop.starts_at is None or stop.ends_at is None:
        return ""
    start, end = (_hour(context, stop, at) for at in (stop.starts_at, stop.ends_at))
    return context.utter("utter_hours", start=start, end=end).texts[""]


def _hour(context: ActionContext, stop: Stop, at: time) -> str:
    return moment(context, datetime.combine(stop.on_date, at), None, "utter_pattern_hour")
