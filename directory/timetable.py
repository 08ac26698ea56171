"""Reading the timetable from the database, four queries whatever its size, and asking it for openings."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from directory.models import Absence, Booking, Lead, Permanence, PermanenceException, Place
from directory.openings import (
    DAY,
    HORIZON,
    MIN_NOTICE,
    Change,
    Opening,
    PermanenceDay,
    Rule,
    Taken,
    Timetable,
    compute_openings,
    permanence_days,
)
from directory.territories import codes_within

HOLDING = ("booked", "done", "no_show")  # statuses of a booking that keeps its time


def open_times(
    session: Session,
    now: datetime,
    *,
    place_ids: Sequence[int] | None = None,
    lead_ids: Sequence[int] | None = None,
    insee_code: str | None = None,
    from_at: datetime | None = None,
    until_at: datetime | None = None,
    limit: int | None = None,
    min_notice: timedelta = MIN_NOTICE,
) -> list[Opening]:
    """Openings with a seat left, in order of time, from `now + min_notice` to eight weeks ahead.

    place_ids, lead_ids, insee_code: only those places, leads, or places of that commune.
    """
    first = max(from_at or now, now + min_notice)
    last = min(until_at or now + HORIZON, now + HORIZON)
    if last < first:
        return []
    timetable = load_timetable(session, first, last, _wanted(place_ids, lead_ids, insee_code))
    openings = compute_openings(timetable, first, last)
    if place_ids is not None:
        here = set(place_ids)
        openings = (opening for opening in openings if opening.place_id in here)
    return list(islice(openings, limit))


def next_permanences(session: Session, now: datetime, place_ids: Sequence[int]) -> dict[int, PermanenceDay]:
    """For each place that holds any within eight weeks: the permanence that runs now, or the next one."""
    if not place_ids:
        return {}
    last = now + HORIZON
    timetable = load_timetable(session, now, last, _wanted(place_ids, None, None), with_bookings=False)
    found: dict[int, PermanenceDay] = {}
    for held in permanence_days(timetable, now.date() - DAY, last.date()):
        best = found.get(held.place_id)
        if held.ends_at > now and held.place_id in place_ids and (best is None or held < best):
            found[held.place_id] = held
    return found


def coming_permanences(
    session: Session, now: datetime, only: Iterable[ColumnElement[bool]] = (), *, place_id: int | None = None
) -> Iterator[PermanenceDay]:
    """The permanences that run now or start within eight weeks, in order of time.

    only: conditions on permanences. place_id: only those that may be held there, be it for one day.
    """
    last = now + HORIZON
    wanted = [*only, *_wanted(None if place_id is None else [place_id], None, None)]
    timetable = load_timetable(session, now, last, wanted, with_bookings=False)
    return (held for held in permanence_days(timetable, now.date() - DAY, last.date()) if held.ends_at > now)


def load_timetable(
    session: Session,
    from_at: datetime,
    until_at: datetime,
    wanted: Iterable[ColumnElement[bool]] = (),
    *,
    with_bookings: bool = True,
) -> Timetable:
    """The part of the timetable that decides on [from_at, until_at]. `wanted`: conditions on permanences."""
    first, last = from_at.date() - DAY, until_at.date() + DAY
    chosen = _chosen(wanted)
    return Timetable(
        tuple(Rule._make(row) for row in session.execute(chosen)),
        _changes(session, first, last, chosen.with_only_columns(Permanence.id)),
        _absences(session, first, last, chosen.with_only_columns(Permanence.lead_id)),
        _taken(session, from_at, until_at, chosen.with_only_columns(Permanence.lead_id)) if with_bookings else {},
    )


def _wanted(
    place_ids: Sequence[int] | None, lead_ids: Sequence[int] | None, insee_code: str | None
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if place_ids is not None:
        # A permanence may be moved to a wanted place for a day.
        visiting = select(PermanenceException.permanence_id).where(PermanenceException.place_id.in_(place_ids))
        conditions.append(or_(Permanence.place_id.in_(place_ids), Permanence.id.in_(visiting)))
    if lead_ids is not None:
        conditions.append(Permanence.lead_id.in_(lead_ids))
    if insee_code is not None:
        code, prefix = codes_within(insee_code)
        conditions.append(or_(Place.insee_code == code, Place.insee_code.startswith(prefix)))
    return conditions


def _chosen(wanted: Iterable[ColumnElement[bool]]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Permanence.id,
            Permanence.place_id,
            Permanence.lead_id,
            Permanence.weekday,
            Permanence.starts_at,
            Permanence.ends_at,
            Permanence.opening_minutes,
            Permanence.capacity,
            Permanence.valid_from,
            Permanence.valid_until,
            Place.insee_code,
            Place.timezone,
        )
        .join(Place, Permanence.place_id == Place.id)
        .join(Lead, Permanence.lead_id == Lead.id)
        .where(Place.active, Lead.active, *wanted)
    )


def _changes(
    session: Session, first: date, last: date, permanence_ids: Select[*tuple[Any, ...]]
) -> dict[tuple[int, date], Change]:
    rows = session.execute(
        select(
            PermanenceException.permanence_id,
            PermanenceException.on_date,
            PermanenceException.kind,
            PermanenceException.starts_at,
            PermanenceException.ends_at,
            Place.id,
            Place.insee_code,
            Place.timezone,
        )
        .outerjoin(Place, PermanenceException.place_id == Place.id)
        .where(
            PermanenceException.on_date.between(first, last),
            PermanenceException.permanence_id.in_(permanence_ids),
        )
    )
    return {
        (permanence_id, day): Change(
            kind == "cancelled",
            starts_at,
            ends_at,
            None if place_id is None else (place_id, insee_code, timezone),
        )
        for permanence_id, day, kind, starts_at, ends_at, place_id, insee_code, timezone in rows
    }


def _absences(
    session: Session, first: date, last: date, lead_ids: Select[*tuple[Any, ...]]
) -> dict[int, tuple[tuple[date, date], ...]]:
    found: defaultdict[int, tuple[tuple[date, date], ...]] = defaultdict(tuple)
    rows = session.execute(
        select(Absence.lead_id, Absence.starts_on, Absence.ends_on).where(
            Absence.starts_on <= last, Absence.ends_on >= first, Absence.lead_id.in_(lead_ids)
        )
    )
    for lead_id, starts_on, ends_on in rows:
        found[lead_id] += ((starts_on, ends_on),)
    return found


def _taken(
    session: Session, from_at: datetime, until_at: datetime, lead_ids: Select[*tuple[Any, ...]]
) -> dict[int, tuple[Taken, ...]]:
    found: defaultdict[int, list[Taken]] = defaultdict(list)
    rows = session.execute(
        select(Booking.lead_id, Booking.starts_at, Booking.ends_at, Booking.seat, Booking.place_id).where(
            # A day more on each side: an opening that starts before `until_at` may end after it.
            Booking.starts_at < until_at + DAY,
            Booking.starts_at > from_at - DAY,
            Booking.status.in_(HOLDING),
            Booking.lead_id.in_(lead_ids),
        )
    )
    for lead_id, starts_at, ends_at, seat, place_id in rows:
        found[lead_id].append(Taken(starts_at, ends_at, seat, place_id))
    return {lead_id: tuple(each) for lead_id, each in found.items()}
