"""Openings: permanences - exceptions - absences - public holidays - bookings. Pure: no database, no clock.

Rules that share their hours are looked at together: hundreds of places keep the same few. Local wall time throughout,
then UTC: an opening whose start the clocks skip does not exist; one they repeat exists once, the first time.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from directory.days import is_holiday_of, to_utc, to_utc_anyway
from directory.errors import OpeningGone
from directory.territories import holiday_calendar_of

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

    def of(self, rule: Rule) -> Rule:
        """The rule as it is that day."""
        place_id, insee_code, timezone = self.place or (rule.place_id, rule.insee_code, rule.timezone)
        return rule._replace(
            place_id=place_id,
            insee_code=insee_code,
            timezone=timezone,
            starts_at=self.starts_at or rule.starts_at,
            ends_at=self.ends_at or rule.ends_at,
        )


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


Times = tuple[tuple[datetime, datetime], ...]
"""Start and end of each opening, in UTC, taken or not."""


class Wall(NamedTuple):
    """What decides on the hours of a rule on a date of its weekday; hundreds of places share a few of these."""

    starts_at: time
    ends_at: time
    opening_minutes: int
    valid_from: date | None
    valid_until: date | None
    calendar: str | None  # of public holidays
    timezone: str


class Hours(NamedTuple):
    """A `Wall` on one date, in UTC."""

    starts_at: datetime
    ends_at: datetime
    times: Times


class PermanenceDay(NamedTuple):
    """A permanence on one date: from `starts_at` to `ends_at`, wherever it is held that day."""

    starts_at: datetime
    ends_at: datetime
    permanence_id: int
    place_id: int
    lead_id: int
    capacity: int
    timezone: str
    times: Times


def permanence_days(timetable: Timetable, first: date, last: date) -> Iterator[PermanenceDay]:
    """Every permanence held between two dates, both included, a day at a time, in order within the day."""
    for _, held in _days(timetable, first, last):
        yield from sorted(_at(hours, rule) for hours, rules in held for rule in rules)


def _at(hours: Hours, rule: Rule) -> PermanenceDay:
    who = rule.permanence_id, rule.place_id, rule.lead_id, rule.capacity
    return PermanenceDay(hours.starts_at, hours.ends_at, *who, rule.timezone, hours.times)


def _days(timetable: Timetable, first: date, last: date) -> Iterator[tuple[date, list[tuple[Hours, list[Rule]]]]]:
    """Each date with the rules held on it, those of the same hours together."""
    week: list[list[Rule]] = [[] for _ in range(7)]
    for rule in timetable.rules:
        week[rule.weekday].append(rule)
    usual = [_by_wall(rules) for rules in week]
    changed = {day for _, day in timetable.changes}
    day = first
    while day <= last:
        away = {lead for lead, spans in timetable.absences.items() if any(start <= day <= end for start, end in spans)}
        walls = usual[day.weekday()]
        if away or day in changed:
            walls = _by_wall(_rules_on(day, week[day.weekday()], timetable.changes, away))
        held = ((_hours(day, wall), rules) for wall, rules in walls.items())
        yield day, [(hours, rules) for hours, rules in held if hours is not None]
        day += DAY


def _rules_on(
    day: date, rules: Iterable[Rule], changes: Mapping[tuple[int, date], Change], away: Container[int]
) -> Iterator[Rule]:
    """The rules of a weekday, as they are on one date."""
    for rule in rules:
        change = changes.get((rule.permanence_id, day))
        if rule.lead_id not in away and not (change and change.cancelled):
            yield change.of(rule) if change else rule


def _by_wall(rules: Iterable[Rule]) -> dict[Wall, list[Rule]]:
    found: defaultdict[Wall, list[Rule]] = defaultdict(list)
    for rule in rules:
        calendar = holiday_calendar_of(rule.insee_code)
        hours = rule.starts_at, rule.ends_at, rule.opening_minutes
        found[Wall(*hours, rule.valid_from, rule.valid_until, calendar, rule.timezone)].append(rule)
    return found


@lru_cache(maxsize=4096)
def _hours(day: date, wall: Wall) -> Hours | None:
    """None when nothing is held."""
    if (wall.valid_from and day < wall.valid_from) or (wall.valid_until and day > wall.valid_until):
        return None
    if is_holiday_of(wall.calendar, day):
        return None
    length = timedelta(minutes=wall.opening_minutes)
    opens_at, closes_at = datetime.combine(day, wall.starts_at), datetime.combine(day, wall.ends_at)
    times = []
    start = opens_at
    while start + length <= closes_at:
        instant = to_utc(start, wall.timezone)
        start += length
        # On a day whose clocks change, a time may not exist, or be cut short.
        if instant is not None and instant + length <= to_utc_anyway(start, wall.timezone):
            times.append((instant, instant + length))
    return Hours(to_utc_anyway(opens_at, wall.timezone), to_utc_anyway(closes_at, wall.timezone), tuple(times))


def free_seats(held: PermanenceDay | Rule, start: datetime, end: datetime, taken: Iterable[Taken]) -> list[int]:
    """Seats nobody holds in [start, end). None when the lead is elsewhere. `taken`: the lead's bookings."""
    busy = [each for each in taken if each.starts_at < end and each.ends_at > start]
    if any(each.place_id != held.place_id for each in busy):
        return []
    seats = {each.seat for each in busy}
    return [seat for seat in range(held.capacity) if seat not in seats]


def compute_openings(timetable: Timetable, from_at: datetime, until_at: datetime) -> Iterator[Opening]:
    """Openings that start in [from_at, until_at], in order of time; lazy: taking three costs a few days' work."""
    waiting: list[Opening] = []
    # Local dates run from a day before UTC's to a day after.
    for day, held in _days(timetable, from_at.date() - DAY, until_at.date() + DAY):
        # No later day has an opening before this: the earliest zone is not a whole day ahead of UTC.
        yield from _due(waiting, datetime.combine(day, time(), UTC) - DAY)
        for hours, rules in held:
            times = tuple(each for each in hours.times if from_at <= each[0] <= until_at)
            for openings in _openings(hours._replace(times=times), rules, timetable.taken):
                waiting += openings
    waiting.sort()
    yield from waiting


def _openings(hours: Hours, rules: Iterable[Rule], taken: Mapping[int, Sequence[Taken]]) -> Iterator[list[Opening]]:
    """Openings that have a seat left, a time after the other, of rules that share their hours."""
    free, busy = [], []
    for rule in rules:
        near = rule.lead_id in taken and _near(hours, taken[rule.lead_id])
        if near:
            busy.append((rule, near))
        else:
            free.append((rule.permanence_id, rule.place_id, rule.lead_id, rule.capacity))
    new = tuple.__new__  # thousands at a time: half the cost of `Opening(…)`
    for start, end in hours.times:
        yield [new(Opening, (start, end, permanence, place, lead, seats)) for permanence, place, lead, seats in free]
        seats = ((rule, len(free_seats(rule, start, end, near))) for rule, near in busy)
        yield [
            Opening(start, end, rule.permanence_id, rule.place_id, rule.lead_id, left) for rule, left in seats if left
        ]


def _near(hours: Hours, taken: Iterable[Taken]) -> list[Taken]:
    return [each for each in taken if each.starts_at < hours.ends_at and each.ends_at > hours.starts_at]


def _due(waiting: list[Opening], before: datetime) -> list[Opening]:
    """Takes off, in order, the openings that start before a time."""
    waiting.sort()
    count = bisect_left(waiting, before, key=lambda opening: opening.starts_at)
    due = waiting[:count]
    del waiting[:count]
    return due
