"""`allervers directory`: the directory's data in and out, and what is near somewhere.

Results go to standard output, problems to standard error; exit code 2 when there is one.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import click

from bot.commands.moments import Moment
from bot.commands.refusing import refuse
from bot.commands.territory import ensure_territory
from db.session import Database
from directory.errors import DirectoryError
from directory.exchange import check, demo_files, export, import_files
from directory.geography import ambiguous, gazetteer
from directory.models import Place, Stop
from directory.openings import PermanenceDay
from directory.search import NearbyPlace, Point, geocode, is_stale, nearest_places, nearest_stops

FILE = click.Path(path_type=Path, dir_okay=False)


class Wiring(Protocol):
    """What this group needs of the command line's context object."""

    def database(self) -> Database: ...


@click.group()
def directory() -> None:
    """Places, permanences, bus stops: import, export, check, find."""


@directory.command("import")
@click.argument("paths", metavar="FILE…", nargs=-1, required=True, type=FILE)
@click.pass_obj
def import_(wiring: Wiring, paths: tuple[Path, ...]) -> None:
    """Adds and changes rows as CSV files, and a GeoJSON of perimeters, say. All or nothing."""
    try:
        with wiring.database().transaction() as session:
            counts = import_files(session, paths)
    except DirectoryError as error:
        refuse(*str(error).splitlines())
    for name, count in counts.items():
        click.echo(
            f"{name}: {count.added} added, {count.changed} changed, {count.removed} removed, {count.same} as before"
        )


@directory.command("export")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.pass_obj
def export_(wiring: Wiring, folder: Path) -> None:
    """Writes the whole directory as the files that import reads."""
    try:
        with wiring.database().reading() as session:
            paths = export(session, folder)
    except OSError as error:
        refuse(f"{folder}: {error.strerror}; choose a folder that can be written")
    for path in paths:
        click.echo(str(path))


@directory.command("check")
@click.argument("paths", metavar="[FILE…]", nargs=-1, type=FILE)
def check_(paths: tuple[Path, ...]) -> None:
    """Says what is wrong with files, without a database. By default: the packaged demonstration territory."""
    problems = check(paths or demo_files())
    if problems:
        refuse(*map(str, problems))
    click.echo(f"{len(paths) or len(demo_files())} files, nothing wrong")


@directory.command("nearest")
@click.argument("where", metavar='"ADRESSE, COMMUNE OU LAT,LON"')
@click.option("--at", type=Moment(), help="Now, as of this time.")
@click.option("--limit", default=3, show_default=True, type=click.IntRange(1, 50))
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_obj
def nearest(wiring: Wiring, where: str, at: datetime | None, limit: int, as_json: bool) -> None:
    """The nearest places, their next permanence, and the nearest stops to come.

    An empty database gets the demonstration territory first.
    """
    now = (at or datetime.now(UTC)).astimezone(UTC)
    point = geocode(gazetteer(), where)
    if point is None:
        refuse(f"{where!r} names no commune; write a commune, a postcode or lat,lon")
    database = wiring.database()
    ensure_territory(database)
    with database.reading() as session:
        places = nearest_places(session, point.lat, point.lon, now, limit=limit)
        stops = nearest_stops(session, point.lat, point.lon, now, limit=limit)
        found = {
            "query": where,
            "point": _point(point),
            "places": [_place(each, now) for each in places],
            "stops": [_stop(each.stop, now) | {"distance_km": round(each.distance_km, 1)} for each in stops],
        }
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        _print(found)


def _point(point: Point) -> dict[str, Any]:
    return {
        "label": point.label,
        "insee_code": point.insee_code,
        "lat": point.lat,
        "lon": point.lon,
        "ambiguous": ambiguous(point.matches),
        "communes": [
            {"insee_code": commune.insee_code, "name": commune.name, "score": round(score, 1)}
            for commune, score in point.matches
        ],
    }


def _place(nearby: NearbyPlace, now: datetime) -> dict[str, Any]:
    place, distance_km, permanence, stop = nearby
    names = ("code", "kind", "name", "operator", "address", "postcode", "insee_code", "lat", "lon", "precision")
    return (
        {name: getattr(place, name) for name in (*names, "phone", "url", "hours_note")}
        | _where_from(place, now)
        | {
            "distance_km": round(distance_km, 1),
            "next_permanence": permanence and _hours(permanence, place),
            "next_stop": stop and _stop(stop, now),
        }
    )


def _stop(stop: Stop, now: datetime) -> dict[str, Any]:
    names = ("code", "bus", "operator", "label", "quartier", "address", "insee_code", "lat", "lon")
    return (
        {name: getattr(stop, name) for name in names}
        | _where_from(stop, now)
        | {
            "on_date": stop.on_date.isoformat(),
            "starts_at": stop.starts_at and f"{stop.starts_at:%H:%M}",
            "ends_at": stop.ends_at and f"{stop.ends_at:%H:%M}",
        }
    )


def _where_from(row: Place | Stop, now: datetime) -> dict[str, Any]:
    commune = gazetteer().by_insee(row.insee_code)
    return {
        "commune": commune.name if commune else None,
        "source": row.source_url or row.source_name,
        "source_date": row.source_date,
        "to_check": is_stale(row.source_date, now),
    }


def _hours(permanence: PermanenceDay, place: Place) -> dict[str, str]:
    zone = ZoneInfo(place.timezone)
    return {name: getattr(permanence, name).astimezone(zone).isoformat() for name in ("starts_at", "ends_at")}


def _print(found: dict[str, Any]) -> None:
    point = found["point"]
    click.echo(f"{point['label']} ({point['lat']}, {point['lon']})" + (" ambiguous" if point["ambiguous"] else ""))
    for place in found["places"]:
        where = ", ".join(filter(None, (place["address"], place["commune"])))
        click.echo(f"{place['distance_km']:7.1f} km  {place['name']}, {where} [{_age(place)}]")
        if permanence := place["next_permanence"]:
            click.echo(f"            next permanence {permanence['starts_at']}")
        if stop := place["next_stop"]:
            click.echo(f"            next stop {_when(stop)}, {_spot(stop)}")
    for stop in found["stops"]:
        click.echo(f"{stop['distance_km']:7.1f} km  {_when(stop)} {stop['bus']}, {_spot(stop)} [{_age(stop)}]")


def _when(stop: dict[str, Any]) -> str:
    hours = "-".join(filter(None, (stop["starts_at"], stop["ends_at"])))
    return f"{stop['on_date']} {hours}".strip()


def _spot(stop: dict[str, Any]) -> str:
    """Where the bus stands, as its team says it."""
    return ", ".join(filter(None, (stop["label"], stop["address"], stop["quartier"], stop["commune"])))


def _age(row: dict[str, Any]) -> str:
    return f"{row['source_date'] or 'no date'}{', to check' if row['to_check'] else ''}"
