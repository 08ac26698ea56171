"""A lead with a permanence and bookings, as rows, for the tests of the storage spine."""

from datetime import datetime, time, timedelta
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from directory.models import Booking, Coverage, Lead, Permanence, Place

LEAD, COORDINATION = 1, 2
_numbers = count(1)


def add_directory(session: Session) -> None:
    """A lead and the coordination, one place, one permanence."""
    session.add(Lead(id=LEAD, code="local", role="Chef·fe de projet", email="local@example.org"))
    session.add(Lead(id=COORDINATION, code="coordination", role="Coordination", email="coordination@example.org"))
    session.flush()
    session.add(Coverage(lead_id=COORDINATION, scope="national", code="FR"))
    add_place(session, LEAD)


def add_place(session: Session, lead_id: int) -> None:
    """One place, with one permanence of that lead."""
    session.add(
        Place(
            id=1, code="mairie", kind="citeslab", name="Mairie annexe", address="1 rue Neuve", postcode="11000",
            insee_code="11069", lat=43.2, lon=2.35, precision="address", timezone="Europe/Paris",
        )
    )  # fmt: skip
    session.flush()
    session.add(
        Permanence(
            id=1, code="p1", place_id=1, lead_id=lead_id, weekday=0, starts_at=time(9), ends_at=time(12),
            opening_minutes=30, capacity=1,
        )
    )  # fmt: skip
    session.flush()


def book(session: Session, contact_id: int | None, starts_at: datetime, **more: Any) -> Booking:
    """A booking of half an hour."""
    booking = Booking(
        reference=f"REF{next(_numbers)}", contact_id=contact_id, lead_id=LEAD, place_id=1, permanence_id=1,
        starts_at=starts_at, ends_at=starts_at + timedelta(minutes=30), seat=0, created_at=starts_at,
        updated_at=starts_at, **more,
    )  # fmt: skip
    session.add(booking)
    session.flush()
    return booking
