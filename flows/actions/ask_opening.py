"""Offers openings near the person, those at the wished time first."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from directory.models import Place
from directory.openings import Opening
from directory.search import nearest_places
from directory.timetable import open_times
from flows.actions.tools import Tools
from flows.actions.where import lead_of, where
from flows.actions.wording import moment
from flows.engine.actions import ActionContext
from flows.engine.events import Choice, Event, SlotSet

PAGE = 3
REACH_KM = 30.0
NEARBY_PLACES = 12


def run(context: ActionContext) -> Iterable[Event]:
    """Up to three openings to tap and "others"; slot `opening_status` says when there is none."""
    tools: Tools = context.tools
    offset = int(context.slots.get("opening_offset") or 0)
    if context.slots.get("more_openings"):
        offset += PAGE
    openings = offered(context)
    wished = _wished(context, openings, offset) if _has_wish(context) else []
    yield SlotSet("more_openings", None)
    intro = "utter_ask_opening"
    if _has_wish(context):
        if wished:
            intro = "utter_ask_opening" if len(wished) > 1 else "utter_ask_opening_one"
            offset = openings.index(wished[0])
        elif _wish_is_past(context):
            intro, offset = "utter_ask_opening_past", 0
        else:
            intro, offset = "utter_ask_opening_other", _nearest(context, openings)
        yield SlotSet("wanted_date", None)
        yield SlotSet("wanted_time", None)
    page = wished[:PAGE] or openings[offset : offset + PAGE]
    if not page:
        offset, page = 0, openings[:PAGE]
    yield SlotSet("opening_offset", offset)
    if not page:
        yield SlotSet("opening", "none")
        return
    choices = [Choice(_title(context, opening), f"/SetSlots(opening={opening.ref})") for opening in page]
    more = context.utter("utter_more_openings").choices if len(openings) > PAGE else ()
    place = tools.session.get_one(Place, page[0].place_id)
    yield context.utter(intro, asks="opening", choices=[*choices, *more], place=place.name)


def offered(context: ActionContext) -> Sequence[Opening]:
    """Openings of the lead who covers the commune, else of the nearest places that hold permanences."""
    tools: Tools = context.tools
    lead = lead_of(context)
    if lead is not None:
        openings = open_times(tools.session, context.now, lead_ids=[lead.id])
        if openings:
            return openings
    point = where(context)
    if point is None:
        return []
    near = nearest_places(tools.session, point.lat, point.lon, context.now, None, NEARBY_PLACES)
    places = [found.place.id for found in near if found.distance_km <= REACH_KM]
    return open_times(tools.session, context.now, place_ids=places) if places else []


def _title(context: ActionContext, opening: Opening) -> str:
    tools: Tools = context.tools
    place = tools.session.get_one(Place, opening.place_id)
    at = moment(context, opening.starts_at, place.timezone, "utter_pattern_opening")
    return context.utter("utter_opening_title", at=at, place=place.name).texts[""]


def _has_wish(context: ActionContext) -> bool:
    return bool(context.slots.get("wanted_date") or context.slots.get("wanted_time"))


def _wish_is_past(context: ActionContext) -> bool:
    wanted = context.slots.get("wanted_date")
    tools: Tools = context.tools
    return wanted is not None and not wanted.get("not") and date.fromisoformat(wanted["to"]) < tools.today(context.now)


def _nearest(context: ActionContext, openings: Sequence[Opening]) -> int:
    """Where the openings begin that are nearest to the wished day; the first ones when no day was wished."""
    wanted = context.slots.get("wanted_date")
    if not wanted or not openings:
        return 0
    day = date.fromisoformat(wanted["from"])
    return min(range(len(openings)), key=lambda rank: (abs((openings[rank].starts_at.date() - day).days), rank))


def _wished(context: ActionContext, openings: Sequence[Opening], offset: int) -> list[Opening]:
    """The openings that suit. Hours alone ("le matin") are about the days shown, and those after them, first."""
    wished = [opening for opening in openings if _is_wished(context, opening)]
    if context.slots.get("wanted_date") or not openings:
        return wished
    return [opening for opening in wished if opening.starts_at >= openings[offset].starts_at] or wished


def _is_wished(context: ActionContext, opening: Opening) -> bool:
    tools: Tools = context.tools
    zone = tools.session.get_one(Place, opening.place_id).timezone
    local = opening.starts_at.astimezone(ZoneInfo(zone))
    day, hours = context.slots.get("wanted_date"), context.slots.get("wanted_time")
    if day and _on_days(local, day) == bool(day.get("not")):
        return False
    return not hours or _in_hours(local, hours) != bool(hours.get("not"))


def _on_days(local: datetime, day: Mapping[str, Any]) -> bool:
    return date.fromisoformat(day["from"]) <= local.date() <= date.fromisoformat(day["to"])


def _in_hours(local: datetime, hours: Mapping[str, Any]) -> bool:
    start = time.fromisoformat(hours["from"] or "00:00")
    end = time.fromisoformat(hours["to"] or "23:59")
    if hours["from"] and hours["from"] == hours["to"]:  # an exact time: half an hour around it
        wanted = datetime.combine(local.date(), start, local.tzinfo)
        return abs(local - wanted) < timedelta(minutes=30)
    return start <= local.time() < end or local.time() == start
