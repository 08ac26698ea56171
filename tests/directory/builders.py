"""Small territories to test with."""

from datetime import date, time
from typing import Any

from sqlalchemy.orm import Session

from directory.models import Coverage, Lead, Permanence, Place, Stop


def add_lead(session: Session, code: str = "lead", *territories: tuple[str, str]) -> Lead:
    lead = Lead(code=code, role=f"Cheffe de projet ({code})", active=True)
    session.add(lead)
    session.flush()
    session.add_all(Coverage(lead_id=lead.id, scope=scope, code=territory) for scope, territory in territories)
    return lead


def add_place(session: Session, code: str = "place", lat: float = 43.21, lon: float = 2.34, **other: Any) -> Place:
    values = {
        "kind": "citeslab",
        "name": f"CitésLab {code}",
        "insee_code": "11069",
        "precision": "address",
        "timezone": "Europe/Paris",
        "active": True,
    }
    place = Place(code=code, lat=lat, lon=lon, **(values | other))
    session.add(place)
    session.flush()
    return place


def add_permanence(
    session: Session, lead: Lead, place: Place, weekday: int = 0, start: int = 9, end: int = 12, **other: Any
) -> Permanence:
    values = {"code": f"{lead.code}-{place.code}-{weekday}-{start}", "opening_minutes": 30, "capacity": 1}
    permanence = Permanence(
        lead_id=lead.id,
        place_id=place.id,
        weekday=weekday,
        starts_at=time(start),
        ends_at=time(end),
        **(values | other),
    )
    session.add(permanence)
    session.flush()
    return permanence


def add_stop(session: Session, code: str, on_date: date, **other: Any) -> Stop:
    values = {"bus": "Bus", "insee_code": "11069", "lat": 43.21, "lon": 2.34, "timezone": "Europe/Paris"}
    stop = Stop(code=code, on_date=on_date, **(values | {"active": True} | other))
    session.add(stop)
    session.flush()
    return stop
