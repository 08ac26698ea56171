"""Taking, cancelling and moving openings, one after the other."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db.session import Database
from directory import bookings
from directory.errors import (
    BookingClosed,
    BookingUnknown,
    ContactBusy,
    OpeningGone,
    OpeningTaken,
    TooManyBookings,
)
from directory.models import BookingCell, Lead, Permanence
from directory.timetable import open_times
from tests.directory.builders import add_lead, add_permanence, add_place

ALICE, BASMA, CHLOE = 1, 2, 3


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A transaction on a database with one lead, here on Monday mornings and there on Tuesday mornings."""
    with database.transaction() as session:
        lead = add_lead(session)
        add_permanence(session, lead, add_place(session, "here"), 0)
        add_permanence(session, lead, add_place(session, "there"), 1)
        yield session


def refs(session: Session, now: datetime, limit: int | None = None) -> list[str]:
    return [opening.ref for opening in open_times(session, now, limit=limit)]


def cells(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(BookingCell)) or 0


def test_take_holds_the_time(session: Session, now: datetime) -> None:
    first = refs(session, now)[0]
    booking = bookings.take(session, first, ALICE, now)
    assert (booking.status, booking.seat, booking.contact_id) == ("booked", 0, ALICE)
    assert booking.ends_at - booking.starts_at == timedelta(minutes=30)
    assert booking.place.name == "CitésLab here"
    assert len(booking.reference) == 8
    assert cells(session) == 6
    assert first not in refs(session, now)
    assert bookings.upcoming(session, ALICE, now) == [booking]
    assert bookings.by_reference(session, f" {booking.reference[:4].lower()}-{booking.reference[4:]}") is booking


def test_the_second_to_ask_is_refused_and_offered_the_next(session: Session, now: datetime) -> None:
    first, second, *_ = refs(session, now)
    bookings.take(session, first, ALICE, now)
    with pytest.raises(OpeningTaken, match=first):
        bookings.take(session, first, BASMA, now)
    assert bookings.alternatives(session, first, now)[0].ref == second
    assert bookings.take(session, second, BASMA, now).status == "booked"


def test_capacity_is_the_number_of_seats(session: Session, now: datetime) -> None:
    session.scalars(select(Permanence).where(Permanence.weekday == 0)).one().capacity = 2
    opening = open_times(session, now, limit=1)[0]
    assert opening.seats_left == 2
    assert [bookings.take(session, opening.ref, who, now).seat for who in (ALICE, BASMA)] == [0, 1]
    with pytest.raises(OpeningTaken):
        bookings.take(session, opening.ref, CHLOE, now)


def test_what_is_not_in_the_timetable_is_gone(session: Session, now: datetime) -> None:
    for ref in ("nonsense", "1@", "1@2026-12-01T13:00", "999@2026-12-07T08:00Z", ""):
        with pytest.raises(OpeningGone):
            bookings.take(session, ref, ALICE, now)


def test_an_opening_is_gone_once_past_or_out_of_the_timetable(session: Session, now: datetime) -> None:
    opening = open_times(session, now, limit=1)[0]
    with pytest.raises(OpeningGone):
        bookings.take(session, opening.ref, ALICE, opening.starts_at)
    with pytest.raises(OpeningGone):
        bookings.take(session, opening.ref, ALICE, opening.starts_at - timedelta(weeks=9))
    session.get_one(Permanence, opening.permanence_id).valid_until = opening.starts_at.date() - timedelta(days=1)
    with pytest.raises(OpeningGone):
        bookings.take(session, opening.ref, ALICE, now)


def test_an_absent_lead_has_no_openings(session: Session, now: datetime) -> None:
    ref = refs(session, now)[0]
    session.scalars(select(Lead)).one().active = False
    assert refs(session, now) == []
    with pytest.raises(OpeningGone):
        bookings.take(session, ref, ALICE, now)


def test_two_bookings_a_person_at_most(session: Session, now: datetime) -> None:
    first, second, third, *_ = refs(session, now)
    bookings.take(session, first, ALICE, now)
    cancelled = bookings.take(session, second, ALICE, now)
    with pytest.raises(TooManyBookings):
        bookings.take(session, third, ALICE, now)
    bookings.cancel(session, cancelled.id, now, "resident")
    bookings.take(session, third, ALICE, now)


def test_a_person_is_in_one_place_at_a_time(session: Session, now: datetime) -> None:
    other = add_lead(session, "other")
    add_permanence(session, other, add_place(session, "elsewhere"), 0)
    mine, theirs = [each for each in open_times(session, now) if each.starts_at.weekday() == 0][:2]
    assert mine.starts_at == theirs.starts_at
    assert mine.lead_id != theirs.lead_id
    booking = bookings.take(session, mine.ref, ALICE, now)
    with pytest.raises(ContactBusy):
        bookings.take(session, theirs.ref, ALICE, now)
    assert bookings.move(session, booking.id, theirs.ref, now).lead_id == theirs.lead_id


def test_cancel_gives_the_time_back_once(session: Session, now: datetime) -> None:
    first = refs(session, now)[0]
    booking = bookings.take(session, first, ALICE, now)
    assert bookings.cancel(session, booking.id, now, "resident").cancelled_by == "resident"
    assert bookings.cancel(session, booking.id, now + timedelta(hours=1), "lead").cancelled_by == "resident"
    assert cells(session) == 0
    assert refs(session, now)[0] == first
    assert bookings.upcoming(session, ALICE, now) == []
    with pytest.raises(BookingUnknown):
        bookings.cancel(session, 999, now, "resident")


def test_a_closed_booking_does_not_change(session: Session, now: datetime) -> None:
    first, second, *_ = refs(session, now)
    booking = bookings.take(session, first, ALICE, now)
    over = booking.ends_at
    with pytest.raises(BookingClosed, match="over"):
        bookings.cancel(session, booking.id, over, "resident")
    assert bookings.close(session, booking.id, "no_show", over).status == "no_show"
    assert bookings.close(session, booking.id, "done", over).status == "done"
    with pytest.raises(BookingClosed):
        bookings.move(session, booking.id, second, now)


def test_move_makes_a_new_booking_and_frees_the_old_time(session: Session, now: datetime) -> None:
    first, second, *_ = refs(session, now)
    old = bookings.take(session, first, ALICE, now)
    new = bookings.move(session, old.id, second, now)
    assert (old.status, new.status, new.moved_from_id) == ("moved", "booked", old.id)
    assert bookings.upcoming(session, ALICE, now) == [new]
    assert cells(session) == 6
    assert refs(session, now)[0] == first
    with pytest.raises(BookingClosed):
        bookings.cancel(session, old.id, now, "resident")


def test_a_move_to_the_same_opening_changes_nothing(session: Session, now: datetime) -> None:
    first = refs(session, now)[0]
    booking = bookings.take(session, first, ALICE, now)
    assert bookings.move(session, booking.id, first, now) is booking
    assert booking.status == "booked"


def test_a_refused_move_keeps_the_booking(session: Session, now: datetime) -> None:
    first, second, *_ = refs(session, now)
    mine = bookings.take(session, first, ALICE, now)
    bookings.take(session, second, BASMA, now)
    with pytest.raises(OpeningTaken):
        bookings.move(session, mine.id, second, now)
    assert bookings.upcoming(session, ALICE, now) == [mine]
    assert cells(session) == 12


def test_a_move_may_overlap_the_time_it_leaves(session: Session, now: datetime) -> None:
    opening = open_times(session, now, limit=1)[0]
    old = bookings.take(session, opening.ref, ALICE, now)
    session.get_one(Permanence, opening.permanence_id).opening_minutes = 20
    shifted = f"{opening.permanence_id}@{opening.starts_at + timedelta(minutes=20):%Y-%m-%dT%H:%MZ}"
    new = bookings.move(session, old.id, shifted, now)
    assert new.starts_at == old.starts_at + timedelta(minutes=20)
    assert cells(session) == 4


def test_lengths_that_change_never_book_a_lead_twice(session: Session, now: datetime) -> None:
    monday = now + timedelta(days=7)
    early, second, *_ = open_times(session, now, from_at=monday)
    bookings.take(session, second.ref, ALICE, now)
    session.get_one(Permanence, early.permanence_id).opening_minutes = 45
    assert early.ref not in refs(session, now)  # 9:00 to 9:45 now runs into the booking of 9:30
    with pytest.raises(OpeningTaken):
        bookings.take(session, early.ref, BASMA, now)


def test_the_database_itself_refuses_a_second_holder(session: Session, now: datetime) -> None:
    booking = bookings.take(session, refs(session, now)[0], ALICE, now)
    other = bookings.take(session, refs(session, now)[0], BASMA, now)
    with pytest.raises(IntegrityError), session.begin_nested():
        session.add(BookingCell(lead_id=booking.lead_id, starts_at=booking.starts_at, seat=0, booking_id=other.id))
        session.flush()


def test_erasing_a_contact_cancels_the_future_and_detaches_the_past(session: Session, now: datetime) -> None:
    past = bookings.take(session, refs(session, now)[0], ALICE, now)
    later = past.ends_at + timedelta(days=1)
    future = bookings.take(session, refs(session, later)[0], ALICE, later)
    assert bookings.erase_contact(session, ALICE, later) == [future]
    assert (past.status, past.contact_id) == ("booked", None)
    assert (future.status, future.contact_id, future.cancelled_by) == ("cancelled", None, "erasure")
    assert bookings.upcoming(session, ALICE, now) == []


def test_the_agenda_of_a_lead(session: Session, now: datetime) -> None:
    first, second, *_ = refs(session, now)
    kept = bookings.take(session, first, ALICE, now)
    bookings.cancel(session, bookings.take(session, second, BASMA, now).id, now, "lead")
    week = timedelta(days=14)
    assert bookings.of_lead(session, kept.lead_id, now, now + week) == [kept]
    assert bookings.of_lead(session, kept.lead_id, now + week, now + 2 * week) == []


def test_times_are_aware(session: Session) -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert all(opening.starts_at.tzinfo is UTC for opening in open_times(session, late, limit=3))
