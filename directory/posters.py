"""Posters: their codes, what each leads to, and the dates to print on it."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, time
from itertools import count, islice
from typing import Any, NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from directory.coverage import territory_of
from directory.days import is_stale, local_date, zone
from directory.errors import PosterUnknown
from directory.geography import gazetteer
from directory.models import Permanence, Place, Poster, Stop
from directory.openings import PermanenceDay
from directory.poster_codes import code_for, is_code
from directory.search import coming_stops
from directory.timetable import coming_permanences

TARGETS: Mapping[str, Any] = {"stop": Stop, "place": Place, "permanence": Permanence}
"""What a poster can lead to, by the name of the column that says so."""

MOST_DAYS = 4


class Spot(NamedTuple):
    """Where a poster leads. on: the date of a stop, even past. to_check: what is known of it is old."""

    kind: str
    name: str
    address: str | None
    commune: str
    insee_code: str
    on: date | None
    to_check: bool

    @property
    def town(self) -> str:
        """Its name with its commune, said once."""
        return self.name if self.commune in self.name else f"{self.name}, {self.commune}"


class Day(NamedTuple):
    """When somebody is there: a date and hours on the wall of the place, None when they were not announced."""

    on: date
    starts_at: time | None
    ends_at: time | None
    where: str | None = None


def give_codes(session: Session) -> int:
    """Gives a code to each stop, place and permanence that has none; returns how many were given."""
    taken = set(session.scalars(select(Poster.code)))
    before = len(taken)
    for kind, model in TARGETS.items():
        column = getattr(Poster, f"{kind}_id")
        without = ~select(column).where(column == model.id).exists()
        for target_id, code in session.execute(select(model.id, model.code).where(without).order_by(model.code)):
            drawn = next(each for attempt in count() if (each := code_for(kind, code, attempt)) not in taken)
            taken.add(drawn)
            session.add(Poster(code=drawn, **{f"{kind}_id": target_id}))
    session.flush()
    return len(taken) - before


def find(session: Session, code: str) -> Poster | None:
    """The poster of this code, however it was typed."""
    typed = code.strip().upper()
    return session.scalar(select(Poster).where(Poster.code == typed)) if is_code(typed) else None


def meant(session: Session, code: str) -> Poster:
    """The poster of this code, or the first one of the stop, place or permanence that has it; or PosterUnknown."""
    named = (
        getattr(Poster, f"{kind}_id").in_(select(model.id).where(model.code == code.strip().lower()))
        for kind, model in TARGETS.items()
    )
    poster = find(session, code) or session.scalar(select(Poster).where(or_(*named)).order_by(Poster.id).limit(1))
    if poster is None:
        raise PosterUnknown(code)
    return poster


def spot(poster: Poster, now: datetime) -> Spot:
    """What a poster leads to."""
    if poster.stop is not None:
        stop = poster.stop
        address = _joined(stop.label, stop.address, stop.quartier)
        commune = _commune(stop.insee_code)
        return Spot("stop", stop.bus, address, commune, stop.insee_code, stop.on_date, is_stale(stop.source_on, now))
    source = poster.permanence or poster.place
    place = poster.permanence.place if poster.permanence else poster.place
    assert source is not None  # the database holds that
    assert place is not None
    kind, commune = "permanence" if poster.permanence else "place", _commune(place.insee_code)
    return Spot(kind, place.name, place.address, commune, place.insee_code, None, is_stale(source.source_on, now))


def days(session: Session, poster: Poster, now: datetime) -> list[Day]:
    """The next days on which somebody is there, the soonest first; of a stop, those of its bus in that commune."""
    if poster.stop is not None:
        stop = poster.stop
        same_bus = Stop.place_id == stop.place_id if stop.place_id is not None else Stop.bus == stop.bus
        return _stops(coming_stops(session, now, same_bus, Stop.insee_code == stop.insee_code))
    if poster.permanence is not None:
        return _held(coming_permanences(session, now, [Permanence.id == poster.permanence.id]))
    place = poster.place
    assert place is not None  # the database holds that
    if place.kind == "bus":
        return _stops(coming_stops(session, now, Stop.place_id == place.id))
    return _held(each for each in coming_permanences(session, now, place_id=place.id) if each.place_id == place.id)


def of_lead(
    session: Session, lead_id: int, now: datetime, *, sees_all: bool = False, also: Collection[str] = ()
) -> list[tuple[Poster, Spot]]:
    """The posters of a lead's territory that are worth printing, the next stops first: nothing past or closed.

    also: codes that count even so.
    """
    mine = territory_of(session, lead_id)
    loaded = select(Poster).options(
        joinedload(Poster.stop),
        joinedload(Poster.place),
        joinedload(Poster.permanence).joinedload(Permanence.place),
    )
    found = [
        (poster, spot(poster, now))
        for poster in session.scalars(loaded)
        if (poster.code in also or _is_in_use(poster, now))
        and (sees_all or _is_held_by(poster, lead_id) or mine.holds(_insee_code(poster)))
    ]

    def order(each: tuple[Poster, Spot]) -> tuple[bool, date, str, str]:
        poster, where = each
        past = where.on is not None and where.on < now.date()
        return past, where.on or date.max, where.town, poster.code

    return sorted(found, key=order)


def is_of_lead(session: Session, poster: Poster, lead_id: int) -> bool:
    """Whether a poster leads to something in a lead's territory."""
    return _is_held_by(poster, lead_id) or territory_of(session, lead_id).holds(_insee_code(poster))


def _is_in_use(poster: Poster, now: datetime) -> bool:
    if poster.stop is not None:
        return poster.stop.active and poster.stop.on_date >= local_date(now, poster.stop.timezone)
    if poster.permanence is not None:
        return poster.permanence.place.active and (poster.permanence.valid_until or date.max) >= now.date()
    return poster.place is not None and poster.place.active


def _is_held_by(poster: Poster, lead_id: int) -> bool:
    return poster.permanence is not None and poster.permanence.lead_id == lead_id


def _insee_code(poster: Poster) -> str:
    where = poster.permanence.place if poster.permanence else poster.stop or poster.place
    return where.insee_code if where is not None else ""


def _stops(stops: Iterable[Stop]) -> list[Day]:
    return [
        Day(stop.on_date, stop.starts_at, stop.ends_at, _joined(stop.label or stop.address, stop.quartier))
        for stop in islice(stops, MOST_DAYS)
    ]


def _held(held: Iterable[PermanenceDay]) -> list[Day]:
    found = []
    for each in islice(held, MOST_DAYS):
        starts, ends = (at.astimezone(zone(each.timezone)) for at in (each.starts_at, each.ends_at))
        found.append(Day(starts.date(), starts.time(), ends.time()))
    return found


def _joined(*parts: str | None) -> str | None:
    return ", ".join(part for part in parts if part) or None


def _commune(insee_code: str) -> str:
    commune = gazetteer().by_insee(insee_code)
    return commune.name if commune else insee_code
