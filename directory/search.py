"""What is near a resident: places, permanences and the stops to come; and places by name."""

import re
from collections.abc import Collection, Iterator
from datetime import datetime
from math import cos, inf, radians
from typing import NamedTuple

import numpy as np
from rapidfuzz import fuzz, process
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from directory.days import is_stale, local_date, to_utc_anyway
from directory.folding import fold
from directory.geography import CommuneMatch, Gazetteer, distances_km
from directory.models import Place, Stop
from directory.openings import DAY, PermanenceDay
from directory.timetable import next_permanences

__all__ = [
    "NearbyPlace",
    "NearbyStop",
    "Point",
    "coming_stops",
    "find_place_by_name",
    "geocode",
    "is_stale",
    "nearest_places",
    "nearest_stops",
]

RADII_KM = (10.0, 40.0, 160.0, 640.0)  # looked into one after the other; then everywhere
KM_PER_DEGREE = 111.0
NAME_CUTOFF = 75
SAME_PLACE_KM, MOST_TIES = 0.05, 50

_LAT_LON = re.compile(r"^\s*(-?\d{1,2}(?:\.\d+)?)\s*[,; ]\s*(-?\d{1,3}(?:\.\d+)?)\s*$")


class Point(NamedTuple):
    """Where a text says someone is. `matches`: the communes it may mean, when it was not coordinates."""

    lat: float
    lon: float
    label: str
    insee_code: str
    matches: tuple[CommuneMatch, ...] = ()


class NearbyPlace(NamedTuple):
    """A place, how far it is as the crow flies, its next permanence and, for a bus, its next stop."""

    place: Place
    distance_km: float
    next_permanence: PermanenceDay | None
    next_stop: Stop | None


class NearbyStop(NamedTuple):
    """A stop to come and how far it is as the crow flies."""

    stop: Stop
    distance_km: float


def geocode(gazetteer: Gazetteer, text: str) -> Point | None:
    """The point of "lat,lon", or the centroid of the commune a text names. None when it names none."""
    if coordinates := _LAT_LON.match(text):
        lat, lon = (float(each) for each in coordinates.groups())
        if abs(lat) <= 90 and abs(lon) <= 180:
            commune = gazetteer.nearest(lat, lon)
            return Point(lat, lon, commune.name, commune.insee_code)
    matches = gazetteer.search(text)
    for commune, _ in matches:
        if commune.lat is not None and commune.lon is not None:
            return Point(commune.lat, commune.lon, commune.name, commune.insee_code, tuple(matches))
    return None


def nearest_places(
    session: Session,
    lat: float,
    lon: float,
    now: datetime,
    kinds: Collection[str] | None = None,
    limit: int = 3,
) -> list[NearbyPlace]:
    """Active places, nearest first; as near, the one whose permanence comes first.

    `next_stop` is a coming one, of a place that is a bus.
    """
    wanted: list[ColumnElement[bool]] = [Place.active.is_(True)]
    if kinds is not None:
        wanted.append(Place.kind.in_(kinds))
    nearest = _nearest(session, wanted, lat, lon, limit)
    ids = [place_id for place_id, _ in nearest]
    places = _places(session, ids)
    permanences = next_permanences(session, now, ids)
    stops: dict[int | None, Stop] = {}
    for stop in coming_stops(session, now, Stop.place_id.in_(ids)):
        stops.setdefault(stop.place_id, stop)
    found = [
        NearbyPlace(places[place_id], distance, permanences.get(place_id), stops.get(place_id))
        for place_id, distance in nearest
    ]
    return sorted(found, key=_by_distance_then_permanence)[:limit]


def _by_distance_then_permanence(nearby: NearbyPlace) -> tuple[float, float]:
    permanence = nearby.next_permanence
    return round(nearby.distance_km, 1), permanence.starts_at.timestamp() if permanence else inf


def nearest_stops(session: Session, lat: float, lon: float, now: datetime, limit: int = 3) -> list[NearbyStop]:
    """Stops to come, nearest first; the sooner first at the same place. A past one is never among them."""
    stops = list(coming_stops(session, now))
    lats, lons = np.array([stop.lat for stop in stops]), np.array([stop.lon for stop in stops])
    distances = distances_km(lat, lon, lats, lons).tolist()
    found = [NearbyStop(stop, distance) for stop, distance in zip(stops, distances, strict=True)]
    return sorted(found, key=lambda each: each.distance_km)[:limit]  # stable: the sooner first


def find_place_by_name(session: Session, text: str, limit: int = 3) -> list[Place]:
    """Active places a text may name, typos and missing words allowed, best first."""
    names = {
        place_id: fold(f"{name} {operator or ''} {address or ''}")
        for place_id, name, operator, address in session.execute(
            select(Place.id, Place.name, Place.operator, Place.address).where(Place.active)
        )
    }
    found = process.extract(fold(text), names, scorer=fuzz.token_set_ratio, score_cutoff=NAME_CUTOFF, limit=limit)
    places = _places(session, [place_id for _, _, place_id in found])
    return [places[place_id] for _, _, place_id in found]


def _places(session: Session, ids: Collection[int]) -> dict[int, Place]:
    return {place.id: place for place in session.scalars(select(Place).where(Place.id.in_(ids)))}


def _nearest(
    session: Session, wanted: list[ColumnElement[bool]], lat: float, lon: float, limit: int
) -> list[tuple[int, float]]:
    """(place id, km) of the nearest places: boxes that grow until one surely holds them all.

    Beyond `limit`, those as near as the last: many places are only known to be somewhere in a commune.
    """
    query = select(Place.id, Place.lat, Place.lon).where(*wanted).order_by(Place.id)
    found: list[tuple[int, float]] = []
    for radius in (*RADII_KM, inf):
        rows = session.execute(query.where(*_box(lat, lon, radius))).all()
        if not rows:
            continue
        ids, lats, lons = zip(*rows, strict=True)
        distances = distances_km(lat, lon, np.array(lats), np.array(lons))
        order = np.argsort(distances, kind="stable")
        reach = float(distances[order[min(limit, len(order)) - 1]]) + SAME_PLACE_KM
        found = [
            (ids[index], float(distances[index])) for index in order[: limit + MOST_TIES] if distances[index] <= reach
        ]
        if len(found) >= limit and reach <= radius:
            break
    return found


def _box(lat: float, lon: float, radius_km: float) -> list[ColumnElement[bool]]:
    if radius_km == inf:
        return []
    high = radius_km / KM_PER_DEGREE
    wide = high / max(cos(radians(lat)), 0.1)
    return [Place.lat.between(lat - high, lat + high), Place.lon.between(lon - wide, lon + wide)]


def coming_stops(session: Session, now: datetime, *conditions: ColumnElement[bool]) -> Iterator[Stop]:
    """Active stops that are not over, the sooner first. `conditions`: only those."""
    query = select(Stop).where(Stop.active, Stop.on_date >= now.date() - DAY, *conditions)
    for stop in session.scalars(query.order_by(Stop.on_date, Stop.starts_at, Stop.id)):
        if stop.ends_at is not None:
            is_past = to_utc_anyway(datetime.combine(stop.on_date, stop.ends_at), stop.timezone) <= now
        else:
            is_past = stop.on_date < local_date(now, stop.timezone)
        if not is_past:
            yield stop
