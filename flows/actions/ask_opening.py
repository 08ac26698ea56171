"""Offers openings near the person, those at the wished time first."""

from collections.abc import Iterable, Sequence

from directory.openings import Opening
from directory.search import nearest_places
from directory.timetable import open_times
from flows.actions.tools import Tools
from flows.actions.where import lead_of, where
from flows.actions.wishes import has_wish, nearest, pointed_at, some_of_each, wish_is_past, wished
from flows.actions.wording import moment
from flows.engine.actions import ActionContext
from flows.engine.events import Choice, Event, SlotSet

PAGE = 3
REACH_KM = 30.0
NEARBY_PLACES = 12
_PAYLOAD = "/SetSlots(opening={ref})"


def run(context: ActionContext) -> Iterable[Event]:
    """Up to three openings to tap and "others"; slot `opening_status` says when there is none."""
    tools: Tools = context.tools
    offset = int(context.slots.get("opening_offset") or 0)
    if context.slots.get("more_openings"):
        offset += PAGE
    openings = offered(context)
    suiting = wished(context, openings, offset) if has_wish(context) else []
    yield SlotSet("more_openings", None)
    intro = "utter_ask_opening"
    if has_wish(context):
        yield SlotSet("wanted_date", None)
        yield SlotSet("wanted_time", None)
        if meant := pointed_at(context, suiting, _shown(context)):
            yield SlotSet("opening", meant.ref)
            return
        if suiting:
            intro = "utter_ask_opening" if len(suiting) > 1 else "utter_ask_opening_one"
            offset = openings.index(suiting[0])
        elif wish_is_past(context):
            intro, offset = "utter_ask_opening_past", 0
        else:
            intro, offset = "utter_ask_opening_other", nearest(context, openings)
    page = some_of_each(context, suiting, PAGE) or openings[offset : offset + PAGE]
    if not page:
        offset, page = 0, openings[:PAGE]
    yield SlotSet("opening_offset", offset)
    if not page:
        yield SlotSet("opening", "none")
        return
    choices = [Choice(_title(context, opening), _PAYLOAD.format(ref=opening.ref)) for opening in page]
    more = context.utter("utter_more_openings").choices if len(openings) > PAGE else ()
    place = tools.place(page[0].place_id)
    yield context.utter(intro, asks="opening", choices=[*choices, *more], place=place.name)


def offered(context: ActionContext) -> Sequence[Opening]:
    """Openings of the place that is wanted, else of the lead who covers the commune, else of the nearest places."""
    tools: Tools = context.tools
    lead, wanted = lead_of(context), context.slots.get("wanted_place")
    there = open_times(tools.session, context.now, place_ids=[wanted]) if wanted else []
    if there and (lead is None or there[0].lead_id == lead.id):  # else another town was named since
        return there
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


def _shown(context: ActionContext) -> list[str]:
    """The refs of the openings offered last."""
    prefix = _PAYLOAD.format(ref="").removesuffix(")")
    payloads = [choice["payload"] for said in context.last_uttered for choice in said.get("choices", ())]
    return [payload.removeprefix(prefix).removesuffix(")") for payload in payloads if payload.startswith(prefix)]


def _title(context: ActionContext, opening: Opening) -> str:
    tools: Tools = context.tools
    place = tools.place(opening.place_id)
    at = moment(context, opening.starts_at, place.timezone, "utter_pattern_opening")
    return context.utter("utter_opening_title", at=at, place=place.name).texts[""]
