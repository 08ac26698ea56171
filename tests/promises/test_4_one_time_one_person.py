"""One time, one person: whoever asks, by whatever way, the database lets one booking hold an opening."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from directory.models import Booking, BookingCell, Permanence
from tests.promises.house import House, Person
from tests.promises.questions import HERE


def held(house: House) -> list[tuple[str, int]]:
    """The bookings that stand, with how many cells each holds."""
    with house.database.reading() as session:
        return [
            (f"{booking.starts_at:%d %H:%M}", session.scalar(
                select(func.count()).select_from(BookingCell).where(BookingCell.booking_id == booking.id)
            ) or 0)
            for booking in session.scalars(select(Booking).where(Booking.status == "booked").order_by(Booking.id))
        ]  # fmt: skip


@pytest.fixture
def alone(house: House) -> House:
    """A house whose lead receives one person at a time."""
    with house.database.transaction() as session:
        for permanence in session.scalars(select(Permanence)):
            permanence.capacity = 1
    return house


def test_the_second_is_offered_the_next_openings(alone: House) -> None:
    first, second = Person(alone, "web"), Person(alone, "sms")
    for person in (first, second):
        person.do("/book_appointment", HERE, 0)
    wanted = first.choices
    assert [each.response for each in first.do("Amina")] == ["utter_booked"]
    taken, offer = second.do("Fatou")
    assert taken.response == "utter_opening_taken"
    assert offer.choices
    assert offer.choices[0] != wanted[0]
    assert held(alone) == [("24 08:00", 6)]
    assert [each.response for each in second.do(0)] == ["utter_booked"]
    assert [cells for _, cells in held(alone)] == [6, 6]


def test_a_time_given_back_can_be_taken_and_a_time_moved_to_cannot(alone: House) -> None:
    first, second = Person(alone, "web"), Person(alone, "sms")
    first.do("/book_appointment", HERE, 0, "Amina", "/reschedule_appointment", 0)
    second.do("/book_appointment", HERE)
    (moved_to,) = [at for at, _ in held(alone)]
    offered = [choice["title"] for choice in second.choices]
    assert moved_to == "24 08:30"
    assert "9 h" in offered[0], "given back"
    assert not any("9 h 30" in title for title in offered[:2]), "taken"
    second.do(0, "Fatou")
    assert held(alone) == [("24 08:30", 6), ("24 08:00", 6)]


def test_rows_that_skip_every_check_are_refused(alone: House) -> None:
    person = Person(alone, "web")
    person.do("/book_appointment", HERE, 0, "Amina")
    with pytest.raises(IntegrityError), alone.database.transaction() as session:
        cell = session.scalars(select(BookingCell).limit(1)).one()
        booking = session.get_one(Booking, cell.booking_id)
        other = Booking(
            reference="OTHER234", contact_id=None, lead_id=booking.lead_id, place_id=booking.place_id,
            permanence_id=booking.permanence_id, starts_at=booking.starts_at,
            ends_at=booking.starts_at + timedelta(minutes=5), seat=booking.seat, status="booked",
            created_at=booking.created_at, updated_at=booking.created_at,
        )  # fmt: skip
        session.add(other)
        session.flush()
        session.expunge(cell)
        session.add(BookingCell(lead_id=cell.lead_id, starts_at=cell.starts_at, seat=cell.seat, booking_id=other.id))
