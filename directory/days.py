"""Days and wall clocks: holidays of a territory, clock-change nights, ages of sources, days in words."""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays
from babel.dates import format_datetime

from directory.territories import holiday_calendar_of

STALE_AFTER = timedelta(days=548)  # eighteen months

_FRENCH_DAY = re.compile(r"\bd(?= MMM)")


@cache
def _holidays(calendar: str | None, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("FR", subdiv=calendar, years=year))


def is_public_holiday(day: date, insee_code: str) -> bool:
    """Whether nobody works that day in this commune (Alsace-Moselle and overseas have days of their own)."""
    return is_holiday_of(holiday_calendar_of(insee_code), day)


def is_holiday_of(calendar: str | None, day: date) -> bool:
    """The same, of the communes that share a calendar (`territories.HOLIDAY_CALENDARS`)."""
    return day in _holidays(calendar, day.year)


@cache
def zone(name: str) -> ZoneInfo:
    """The time zone of this IANA name."""
    return ZoneInfo(name)


@cache
def day_offset(zone_name: str, day: date) -> timedelta | None:
    """The zone's distance from UTC all that day; None on a day whose clocks change."""
    midnight = datetime.combine(day, time(), zone(zone_name))
    first, last = midnight.utcoffset(), (midnight + timedelta(days=1)).utcoffset()
    return first if first == last else None


def to_utc(wall: datetime, zone_name: str) -> datetime | None:
    """A naive local time as UTC; None when the clocks skip it; its first occurrence when they repeat it."""
    offset = day_offset(zone_name, wall.date())
    if offset is not None:
        return (wall - offset).replace(tzinfo=UTC)
    instant = wall.replace(tzinfo=zone(zone_name), fold=0).astimezone(UTC)
    exists = instant.astimezone(zone(zone_name)).replace(tzinfo=None) == wall
    return instant if exists else None


def to_utc_anyway(wall: datetime, zone_name: str) -> datetime:
    """`to_utc`, with a skipped time read as if the clocks had not changed yet."""
    return to_utc(wall, zone_name) or wall.replace(tzinfo=zone(zone_name), fold=0).astimezone(UTC)


def local_date(instant: datetime, zone_name: str) -> date:
    """The date on the wall of a zone at an instant."""
    return instant.astimezone(zone(zone_name)).date()


def parse_source_date(text: str | None) -> date | None:
    """The first day a source's date can mean: "2025" -> 2025-01-01, "2025-05" -> 2025-05-01. Bad ones raise."""
    if not text:
        return None
    year, *rest = text.split("-")
    if len(year) != 4 or len(rest) > 2:
        raise ValueError(f"not a year, a month or a day: {text!r}")
    month, day = [*rest, "1", "1"][:2]
    return date(int(year), int(month), int(day))


def is_stale(source_date: str | date | None, now: datetime) -> bool:
    """Whether a fact is to be shown "à vérifier": its source is older than eighteen months, or has no date."""
    since = parse_source_date(source_date) if isinstance(source_date, str) else source_date
    return since is None or now.date() - since > STALE_AFTER


def in_words(at: date, pattern: str, language: str) -> str:
    """A day or a local time by a date pattern of Unicode (`EEEE d MMMM`), in that language.

    French says the first of a month with an ordinal ("mardi 1er décembre"), which no pattern can.
    """
    if language == "fr" and at.day == 1:
        pattern = _FRENCH_DAY.sub("'1er'", pattern)
    moment = at if isinstance(at, datetime) else datetime.combine(at, time())
    said: str = format_datetime(moment, pattern, locale=language)
    return said
