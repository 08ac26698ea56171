"""Which openings suit the days and hours a person wished: slots `wanted_date` and `wanted_time`.

A wish is {"from", "to"}, days or hours; "or" holds others that suit as well, "not" says that none of them does.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import zip_longest
from typing import Any
from zoneinfo import ZoneInfo

from directory.openings import Opening
from flows.actions.tools import Tools
from flows.engine.actions import ActionContext

HALF_AN_HOUR = timedelta(minutes=30)


def has_wish(context: ActionContext) -> bool:
    """True when the person said when they can come, or cannot."""
    return bool(context.slots.get("wanted_date") or context.slots.get("wanted_time"))


def wish_is_past(context: ActionContext) -> bool:
    """True when every day they wished is over."""
    wanted, tools = context.slots.get("wanted_date"), context.tools
    if wanted is None or wanted.get("not"):
        return False
    return all(date.fromisoformat(days["to"]) < tools.today(context.now) for days in _each(wanted))


def wished(context: ActionContext, openings: Sequence[Opening], offset: int) -> list[Opening]:
    """The openings that suit. Hours alone ("le matin") are about the days shown, and those after them, first."""
    found = [opening for opening in openings if _suits(context, opening)]
    if context.slots.get("wanted_date") or not openings:
        return found
    return [opening for opening in found if opening.starts_at >= openings[offset].starts_at] or found


def pointed_at(context: ActionContext, found: Sequence[Opening], shown: Sequence[str]) -> Opening | None:
    """The opening on the screen, given by their refs, whose very hour was said; None when there is not just one."""
    hours = context.slots.get("wanted_time")
    if not hours or hours.get("not") or hours.get("or") or not hours["from"] or hours["from"] != hours["to"]:
        return None
    meant = [opening for opening in found if opening.ref in shown]
    return meant[0] if len(meant) == 1 else None


def some_of_each(context: ActionContext, found: Sequence[Opening], most: int) -> list[Opening]:
    """The first openings; when several days were wished, the first of each in turn."""
    if not (context.slots.get("wanted_date") or {}).get("or"):
        return list(found[:most])
    days: dict[date, list[Opening]] = {}
    for opening in found:
        days.setdefault(_local(context, opening).date(), []).append(opening)
    in_turn = [opening for rank in zip_longest(*days.values()) for opening in rank if opening]
    return sorted(in_turn[:most], key=lambda opening: opening.starts_at)


def nearest(context: ActionContext, openings: Sequence[Opening]) -> int:
    """Where the openings begin that are nearest to the wished day; the first ones when no day was wished."""
    wanted = context.slots.get("wanted_date")
    if not wanted or not openings:
        return 0
    day = date.fromisoformat(wanted["from"])
    return min(range(len(openings)), key=lambda rank: (abs((openings[rank].starts_at.date() - day).days), rank))


def _suits(context: ActionContext, opening: Opening) -> bool:
    local = _local(context, opening)
    day, hours = context.slots.get("wanted_date"), context.slots.get("wanted_time")
    if day and any(_on_days(local, each) for each in _each(day)) == bool(day.get("not")):
        return False
    return not hours or any(_in_hours(local, each) for each in _each(hours)) != bool(hours.get("not"))


def _local(context: ActionContext, opening: Opening) -> datetime:
    tools: Tools = context.tools
    zone = tools.place(opening.place_id).timezone
    return opening.starts_at.astimezone(ZoneInfo(zone))


def _each(wish: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield wish
    yield from wish.get("or", ())


def _on_days(local: datetime, day: Mapping[str, Any]) -> bool:
    return date.fromisoformat(day["from"]) <= local.date() <= date.fromisoformat(day["to"])


def _in_hours(local: datetime, hours: Mapping[str, Any]) -> bool:
    start = time.fromisoformat(hours["from"] or "00:00")
    end = time.fromisoformat(hours["to"] or "23:59")
    if hours["from"] and hours["from"] == hours["to"]:  # an exact time: half an hour around it
        wanted = datetime.combine(local.date(), start, local.tzinfo)
        return abs(local - wanted) < HALF_AN_HOUR
    return start <= local.time() < end or local.time() == start
