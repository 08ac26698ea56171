"""Openings: permanences - exceptions - absences - public holidays - bookings. Pure: no database, no clock.

A rule gives days (`PermanenceDay`), a day gives openings. Local wall time throughout, then UTC: an opening whose
start the clocks skip does not exist; one they repeat exists once, the first time.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from directory.days import is_public_holiday, to_utc, to_utc_anyway
from directory.errors import OpeningGone

MIN_NOTICE = timedelta(hours=2)
HORIZON = timedelta(weeks=8)
CELL = timedelta(minutes=5)
DAY = timedelta(days=1)


class Opening(NamedTuple):
    """One bookable time. `ref` names it for as long as the timetable holds."""

    starts_at: datetime
    ends_at: datetime
    permanence_id: int
    place_id: int
    lead_id: int
    seats_left: int

    @property
    def ref(self) -> str:
        """Stable text form: "12@2026-12-01T13:00Z"."""
        return f"{self.permanence_id}@{self.starts_at:%Y-%m-%dT%H:%MZ}"


def parse_ref(ref: str) -> tuple[int, datetime]:
    """(permanence_id, starts_at) of an opening's ref; raises OpeningGone for anything else."""
    permanence, _, start = ref.partition("@")
    try:
        return int(permanence), datetime.strptime(start, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise OpeningGone(ref) from error


class Rule(NamedTuple):
    """A permanence, with what is needed of its place."""

    permanence_id: int
    place_id: int
    lead_id: int
    weekday: int
    starts_at: time
    ends_at: time
    opening_minutes: int
    capacity: int
    valid_from: date | None
    valid_until: date | None
    insee_code: str
    timezone: str


class Change(NamedTuple):
    """A day of a permanence that differs: cancelled, or at other hours or another place."""

    cancelled: bool
    starts_at: time | None = None
    ends_at: time | None = None
    place: tuple[int, str, str] | None = None  # place_id, insee_code, timezone


class Taken(NamedTuple):
    """A booking that holds its time."""

    starts_at: datetime
    ends_at: datetime
    seat: int
    place_id: int


@dataclass(frozen=True)
class Timetable:
    """All that decides which openings exist."""

    rules: tuple[Rule, ...]
    changes: Mapping[tuple[int, date], Change] = field(default_factory=dict)  # (permanence_id, day)
    absences: Mapping[int, tuple[tuple[date, date], ...]] = field(default_factory=dict)  # by lead_id, included
    taken: Mapping[int, tuple[Taken, ...]] = field(default_factory=dict)  # by lead_id


class PermanenceDay(NamedTuple):
    """A permanence on one date: from `starts_at` to `ends_at`, wherever it is held that day."""

    starts_at: datetime
    ends_at: datetime
    permanence_id: int
    place_id: int
    lead_id: int
    opens_at: datetime  # naive local time, from which openings are counted
    closes_at: datetime
    timezone: str
    opening_minutes: int
    capacity: int


def permanence_days(timetable: Timetable, first: date, last: date) -> Iterator[PermanenceDay]:
    """Every permanence held between two dates, both included, a day at a time, in order within the day."""
    by_weekday: list[list[Rule]] = [[] for _ in range(7)]
    for rule in timetable.rules:
        by_weekday[rule.weekday].append(rule)
    day = first
    while day <= last:
        held = (_held(timetable, rule, day) for rule in by_weekday[day.weekday()])
        yield from sorted(each for each in held if each is not None)
        day += DAY


def _held(timetable: Timetable, rule: Rule, day: date) -> PermanenceDay | None:
    if (rule.valid_from and day < rule.valid_from) or (rule.valid_until and day > rule.valid_until):
        return None
    if any(start <= day <= end for start, end in timetable.absences.get(rule.lead_id, ())):
        return None
    place_id, insee_code, zone_name = rule.place_id, rule.insee_code, rule.timezone
    starts_at, ends_at = rule.starts_at, rule.ends_at
    change = timetable.changes.get((rule.permanence_id, day))
    if change is not None:
        if change.cancelled:
            return None
        place_id, insee_code, zone_name = change.place or (place_id, insee_code, zone_name)
        starts_at, ends_at = change.starts_at or starts_at, change.ends_at or ends_at
    if is_public_holiday(day, insee_code):
        return None
    opens_at, opens_at_utc = _instant(day, starts_at, zone_name)
    closes_at, closes_at_utc = _instant(day, ends_at, zone_name)
    return PermanenceDay(
        opens_at_utc,
        closes_at_utc,
        rule.permanence_id,
        place_id,
        rule.lead_id,
        opens_at,
        closes_at,
        zone_name,
        rule.opening_minutes,
        rule.capacity,
    )


@lru_cache(maxsize=4096)  # hundreds of places keep the same few hours
def _instant(day: date, wall: time, zone_name: str) -> tuple[datetime, datetime]:
    local = datetime.combine(day, wall)
    return local, to_utc_anyway(local, zone_name)


def times_of(held: PermanenceDay) -> tuple[tuple[datetime, datetime], ...]:
    """Start and end of each opening of a permanence's day, in UTC, whether taken or not."""
    return _times(held.opens_at, held.closes_at, held.opening_minutes, held.timezone)


@lru_cache(maxsize=4096)
def _times(
    opens_at: datetime, closes_at: datetime, minutes: int, zone_name: str
) -> tuple[tuple[datetime, datetime], ...]:
    length = timedelta(minutes=minutes)
    found = []
    wall = opens_at
    while wall + length <= closes_at:
        instant = to_utc(wall, zone_name)
        wall += length
        # On a day whose clocks change, a time may not exist, or be cut short.
        if instant is not None and instant + length <= to_utc_anyway(wall, zone_name):
            found.append((instant, instant + length))
    return tuple(found)


def free_seats(held: PermanenceDay, start: datetime, end: datetime, taken: Iterable[Taken]) -> list[int]:
    """Seats nobody holds in [start, end). None when the lead is elsewhere. `taken`: the lead's bookings."""
    busy = [each for each in taken if each.starts_at < end and each.ends_at > start]
    if any(each.place_id != held.place_id for each in busy):
        return []
    seats = {each.seat for each in busy}
    return [seat for seat in range(held.capacity) if seat not in seats]


def openings_of(held: PermanenceDay, taken: Iterable[Taken]) -> list[Opening]:
    """Openings of a permanence's day that have a seat left. `taken`: the lead's bookings, that day at least."""
    near = [each for each in taken if each.starts_at < held.ends_at and each.ends_at > held.starts_at]
    permanence_id, place_id, lead_id, capacity = held.permanence_id, held.place_id, held.lead_id, held.capacity
    if not near:
        new = tuple.__new__  # thousands at a time: half the cost of `Opening(…)`
        return [new(Opening, (start, end, permanence_id, place_id, lead_id, capacity)) for start, end in times_of(held)]
    seats = ((start, end, len(free_seats(held, start, end, near))) for start, end in times_of(held))
    return [Opening(start, end, permanence_id, place_id, lead_id, left) for start, end, left in seats if left > 0]


def compute_openings(timetable: Timetable, from_at: datetime, until_at: datetime) -> Iterator[Opening]:
    """Openings that start in [from_at, until_at], in order of time; lazy: taking three costs a few days' work."""
    waiting: list[Opening] = []
    current: date | None = None
    # Local dates run from a day before UTC's to a day after.
    for held in permanence_days(timetable, from_at.date() - DAY, until_at.date() + DAY):
        day = held.opens_at.date()
        if day != current:
            # No later day has an opening before this: the earliest zone is not a whole day ahead of UTC.
            yield from _due(waiting, datetime.combine(day, time(), UTC) - DAY)
            current = day
        if held.ends_at <= from_at or held.starts_at > until_at:
            continue
        openings = openings_of(held, timetable.taken.get(held.lead_id, ()))
        if held.starts_at < from_at or held.ends_at > until_at:
            openings = [opening for opening in openings if from_at <= opening.starts_at <= until_at]
        waiting += openings
    waiting.sort()
    yield from waiting


def _due(waiting: list[Opening], before: datetime) -> list[Opening]:
    """Takes off, in order, the openings that start before a time."""
    waiting.sort()
    count = bisect_left(waiting, before, key=lambda opening: opening.starts_at)
    due = waiting[:count]
    del waiting[:count]
    return due
