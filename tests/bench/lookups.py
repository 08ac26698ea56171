"""What a turn looks up: what a text means, which openings there are, what is near."""

import random
from datetime import UTC, datetime, time
from itertools import cycle, islice
from typing import NamedTuple

from sqlalchemy import insert

from db.session import Database
from directory.geography import gazetteer
from directory.models import Lead, Permanence, Place
from directory.search import nearest_places
from directory.timetable import open_times
from nlu.engine import Engine
from tests.bench.serving import sentences
from tests.bench.timing import durations


class Town(NamedTuple):
    """A commune and its middle, in degrees."""

    insee_code: str
    lat: float
    lon: float


NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
PLACES, PLACES_WITH_HOURS, TEXTS, LOOKS = 10_000, 400, 500, 100


def parse(engine: Engine) -> list[float]:
    """Milliseconds to read each of 500 texts."""
    texts = list(islice(cycle(sentences()), TEXTS))
    engine.parse("bonjour")
    return durations(engine.parse, texts)


def fill(database: Database) -> None:
    """Ten thousand places all over France; four hundred of them hold a permanence each week."""
    chance = random.Random(400)
    towns = located()
    places = []
    for number in range(PLACES):
        town = chance.choice(towns)
        places.append(
            {"id": 100_000 + number, "code": f"bench-{number}", "kind": "citeslab", "name": f"Lieu {number}",
             "insee_code": town.insee_code, "lat": town.lat + chance.uniform(-0.02, 0.02),
             "lon": town.lon + chance.uniform(-0.02, 0.02), "precision": "address", "timezone": "Europe/Paris",
             "active": True}
        )  # fmt: skip
    leads = [
        {"id": 100_000 + number, "code": f"bench-{number}", "role": "Cheffe de projet", "active": True}
        for number in range(PLACES_WITH_HOURS)
    ]
    permanences = [
        {"code": f"bench-{number}", "place_id": 100_000 + number, "lead_id": 100_000 + number,
         "weekday": number % 5, "starts_at": time(9 if number % 2 else 14), "ends_at": time(12 if number % 2 else 17),
         "opening_minutes": 30, "capacity": 1}
        for number in range(PLACES_WITH_HOURS)
    ]  # fmt: skip
    with database.transaction() as session:
        session.execute(insert(Place), places)
        session.execute(insert(Lead), leads)
        session.execute(insert(Permanence), permanences)


def every_opening(database: Database) -> list[float]:
    """Milliseconds to list all openings of 400 places over eight weeks."""

    def look(_: int) -> int:
        with database.reading() as session:
            return len(open_times(session, NOW))

    assert look(0) > PLACES_WITH_HOURS * 8 * 5
    return durations(look, range(LOOKS // 5))


def next_openings(database: Database) -> list[float]:
    """Milliseconds to list the openings of one lead, as a resident is offered them."""

    def look(lead_id: int) -> int:
        with database.reading() as session:
            return len(open_times(session, NOW, lead_ids=[lead_id]))

    return durations(look, range(100_000, 100_000 + LOOKS))


def nearest(database: Database) -> list[float]:
    """Milliseconds to find the nearest three of 10,000 places, with their next permanence."""

    def look(town: Town) -> int:
        with database.reading() as session:
            return len(nearest_places(session, town.lat, town.lon, NOW))

    return durations(look, random.Random(3).sample(located(), LOOKS))


def located() -> list[Town]:
    """Every commune, with where it is."""
    towns = (gazetteer().by_insee(row[0]) for row in gazetteer().names())
    return [Town(town.insee_code, town.lat, town.lon) for town in towns if town and town.lat and town.lon]
