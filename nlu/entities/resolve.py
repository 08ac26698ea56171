"""Makes symbolic dates and times concrete, given today's local date. Pure."""

import calendar
from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Any

DAY_START, DAY_END = time(0, 0), time(23, 59)
_THIRDS = {"start": (1, 10), "mid": (11, 20), "end": (21, 31)}
_MONTHS_AHEAD = 24  # enough for "le 31" and to find the 29th of February's year from any date but a few
_SATURDAY = 5


def resolve_date(value: Mapping[str, Any], today: date) -> tuple[date, date]:
    """The first and last day meant, both included; the same day twice when one day is meant.

    A day without its month or year is the next one, today included.
    """
    if "day" in value:
        day = _day(value, today)
        return day, day
    if "month" in value or "month_offset" in value:
        return _month(value, today)
    if "weekday" in value:
        day = _weekday(value, today)
        return day, day
    if "offset_days" in value:
        day = today + timedelta(days=value["offset_days"])
        return day, day
    if "offset_months" in value:
        month = today.year * 12 + today.month - 1 + value["offset_months"]
        day = _in_month(month // 12, month % 12 + 1, today.day)
        return day, day
    monday = today - timedelta(days=today.weekday())
    if "weekend" in value:
        saturday = monday + timedelta(weeks=value["weekend"], days=_SATURDAY)
        return max(saturday, today), saturday + timedelta(days=1)
    if "week_offset" in value:
        first = monday + timedelta(weeks=value["week_offset"])
        return max(first, today), first + timedelta(days=6)
    raise ValueError(f"{dict(value)} is not a date value. See nlu/entities/dates.py for the shapes")


def resolve_time(value: Mapping[str, Any]) -> tuple[time, time]:
    """The earliest and latest start meant; the same time twice when it is exact."""
    first = time.fromisoformat(value["from"]) if value.get("from") else DAY_START
    last = time.fromisoformat(value["to"]) if value.get("to") else DAY_END
    return (first, first) if value.get("exact") else (first, last)


def _day(value: Mapping[str, Any], today: date) -> date:
    if "year" in value and "month" in value:
        return _in_month(value["year"], value["month"], value["day"])
    if "month" in value:
        years = range(today.year, today.year + 9)  # 9: the longest wait for a 29th of February
        candidates = [date(year, value["month"], value["day"]) for year in years if _exists(year, value)]
        if not candidates:  # the 31st of June: the last day of that month is the nearest meaning
            return next(day for year in years if (day := _in_month(year, value["month"], value["day"])) >= today)
        return next((day for day in candidates if day >= today), candidates[-1])
    return _next_numbered(value, today)


def _next_numbered(value: Mapping[str, Any], today: date) -> date:
    """The next 8th; when the weekday was said too and one of the two coming 8ths is that day, that one."""
    months = [today.year * 12 + today.month - 1 + ahead for ahead in range(_MONTHS_AHEAD)]
    days = [
        date(month // 12, month % 12 + 1, value["day"])
        for month in months
        if value["day"] <= calendar.monthrange(month // 12, month % 12 + 1)[1]
    ]
    coming = [day for day in days if day >= today]
    for day in coming[:2]:
        if day.weekday() == value.get("weekday"):
            return day
    return coming[0]


def _weekday(value: Mapping[str, Any], today: date) -> date:
    if "week_offset" in value:
        monday = today - timedelta(days=today.weekday()) + timedelta(weeks=value["week_offset"])
        return monday + timedelta(days=value["weekday"])
    start = today + timedelta(days=1) if "next" in value or "weeks_later" in value else today
    day = start + timedelta(days=(value["weekday"] - start.weekday()) % 7)
    return day + timedelta(weeks=value.get("weeks_later", 0))


def _month(value: Mapping[str, Any], today: date) -> tuple[date, date]:
    if "month_offset" in value:
        number = today.year * 12 + today.month - 1 + value["month_offset"]
        year, month = number // 12, number % 12 + 1
    else:
        month = value["month"]
        year = value.get("year", today.year + (month < today.month))
    first, last = _THIRDS.get(value.get("part", ""), (1, 31))
    start, end = date(year, month, first), _in_month(year, month, last)
    return (max(start, today) if end >= today else start), end


def _exists(year: int, value: Mapping[str, Any]) -> bool:
    return bool(value["day"] <= calendar.monthrange(year, value["month"])[1])


def _in_month(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))
