"""Any sequence of taking, moving and cancelling leaves the bookings and their cells in order."""

from contextlib import ExitStack
from datetime import datetime, timedelta
from itertools import combinations
from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from db.session import Database
from directory import bookings
from directory.errors import BookingError
from directory.models import Booking, BookingCell, Permanence
from directory.openings import CELL, DAY, permanence_days
from directory.timetable import HOLDING, load_timetable, open_times
from tests.conftest import NOW
from tests.directory.builders import add_lead, add_permanence, add_place

contacts = st.integers(1, 3)
picks = st.integers(0, 10_000)


class BookingMachine(RuleBasedStateMachine):
    """Two leads, three permanences, three people, a clock that advances and a timetable that changes."""

    database: ClassVar[Database]

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = NOW
        self.stack = ExitStack()
        # Rolled back at the end: every example starts from an empty database.
        self.session = self.stack.enter_context(self.database.reading())

    @initialize(capacity=st.integers(1, 2))
    def prepare(self, capacity: int) -> None:
        one, other = add_lead(self.session, "one"), add_lead(self.session, "other")
        here, there = add_place(self.session, "here"), add_place(self.session, "there")
        add_permanence(self.session, one, here, 0, 9, 11, capacity=capacity)
        add_permanence(self.session, one, there, 0, 11, 12)
        add_permanence(self.session, other, here, 0, 9, 11)

    def any_ref(self, pick: int) -> str:
        """Any time of the coming weeks, whether free, taken or past."""
        timetable = load_timetable(self.session, self.now, self.now + DAY)
        refs = [
            f"{held.permanence_id}@{start:%Y-%m-%dT%H:%MZ}"
            for held in permanence_days(timetable, self.now.date() - DAY, self.now.date() + 8 * DAY)
            for start, _ in held.times
        ]
        return refs[pick % len(refs)]

    def any_booking(self, pick: int) -> Booking | None:
        found = self.session.scalars(select(Booking).order_by(Booking.id)).all()
        return found[pick % len(found)] if found else None

    @rule(contact=contacts, pick=picks)
    def take(self, contact: int, pick: int) -> None:
        ref = self.any_ref(pick)
        free = {opening.ref for opening in open_times(self.session, self.now, min_notice=timedelta())}
        try:
            booking = bookings.take(self.session, ref, contact, self.now)
        except bookings.OpeningTaken:
            assert ref not in free
        except BookingError:
            pass
        else:
            assert ref in free
            assert booking.starts_at > self.now

    @rule(pick=picks, to=picks)
    def move(self, pick: int, to: int) -> None:
        booking = self.any_booking(pick)
        if booking is None:
            return
        status = booking.status
        try:
            moved = bookings.move(self.session, booking.id, self.any_ref(to), self.now)
        except BookingError:
            assert booking.status == status
        else:
            assert moved.status == "booked"
            assert moved is booking or booking.status == "moved"

    @rule(pick=picks)
    def cancel(self, pick: int) -> None:
        if booking := self.any_booking(pick):
            try:
                assert bookings.cancel(self.session, booking.id, self.now, "resident").status == "cancelled"
            except bookings.BookingClosed:
                assert booking.status != "booked" or booking.ends_at <= self.now

    @rule(contact=contacts)
    def erase(self, contact: int) -> None:
        bookings.erase_contact(self.session, contact, self.now)
        assert bookings.upcoming(self.session, contact, self.now) == []

    @rule(hours=st.integers(1, 60))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(minutes=st.sampled_from([15, 20, 30, 45, 60]), pick=picks)
    def change_lengths(self, minutes: int, pick: int) -> None:
        permanences = self.session.scalars(select(Permanence).order_by(Permanence.id)).all()
        permanences[pick % len(permanences)].opening_minutes = minutes
        self.session.flush()

    @invariant()
    def nobody_is_promised_a_time_twice(self) -> None:
        held = self.session.scalars(select(Booking).where(Booking.status.in_(HOLDING))).all()
        for one, other in combinations(held, 2):
            if one.starts_at < other.ends_at and other.starts_at < one.ends_at:
                assert (one.lead_id, one.seat) != (other.lead_id, other.seat)
                assert one.lead_id != other.lead_id or one.place_id == other.place_id
                assert one.contact_id is None or one.contact_id != other.contact_id

    @invariant()
    def cells_are_those_of_the_bookings_that_hold(self) -> None:
        held = self.session.scalars(select(Booking).where(Booking.status.in_(HOLDING)))
        expected = {
            (booking.lead_id, booking.starts_at + number * CELL, booking.seat, booking.id)
            for booking in held
            for number in range((booking.ends_at - booking.starts_at) // CELL)
        }
        cells = self.session.execute(
            select(BookingCell.lead_id, BookingCell.starts_at, BookingCell.seat, BookingCell.booking_id)
        )
        assert {tuple(cell) for cell in cells} == expected

    @invariant()
    def nobody_holds_more_than_two(self) -> None:
        for contact in (1, 2, 3):
            coming = [each for each in bookings.upcoming(self.session, contact, self.now) if each.starts_at > self.now]
            assert len(coming) <= bookings.MOST_BOOKINGS

    def teardown(self) -> None:
        self.stack.close()


def test_bookings_and_cells_stay_in_order(database: Database) -> None:
    machine = type("Machine", (BookingMachine,), {"database": database})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors],
        ),
    )
