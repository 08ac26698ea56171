"""Promise 4, one time, one person: two hundred residents in four processes want the last place."""

import multiprocessing
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import datetime
from multiprocessing.pool import Pool

import pytest
from sqlalchemy import func, select

from db.session import Database
from directory import bookings
from directory.errors import BookingError, OpeningTaken, TooManyBookings
from directory.models import Booking, BookingCell
from directory.timetable import open_times
from tests.directory.builders import add_lead, add_permanence, add_place
from tests.directory.racers import prepare_process, race

PROCESSES, TRIES = 4, 50


def prepare(database: Database, now: datetime) -> list[str]:
    with database.transaction() as session:
        add_permanence(session, add_lead(session), add_place(session), 0)
        return [opening.ref for opening in open_times(session, now)]


class GivenUp(Exception):
    """The first one's transaction rolls back."""


@pytest.fixture(scope="module")
def processes() -> Iterator[Pool]:
    """Real processes, started once: importing is most of their life."""
    context = multiprocessing.get_context("spawn")
    pool = context.Pool(PROCESSES, initializer=prepare_process, initargs=(context.Barrier(PROCESSES),))
    yield pool
    pool.terminate()
    pool.join()


def test_two_hundred_residents_want_the_last_place(database: Database, now: datetime, processes: Pool) -> None:
    ref, following, *_ = prepare(database, now)
    url = database.url.render_as_string(hide_password=False)
    # Each waits for the others before it starts, so each process gets one.
    tasks = [(url, ref, number * TRIES, TRIES, now) for number in range(PROCESSES)]
    outcomes = [outcome for each in processes.starmap(race, tasks, chunksize=1) for outcome in each]
    assert Counter(outcome for outcome, _ in outcomes) == {"booked": 1, "taken": PROCESSES * TRIES - 1}
    assert all(offered[0] == following for outcome, offered in outcomes if outcome == "taken")
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Booking)) == 1
        assert session.scalar(select(func.count()).select_from(BookingCell)) == 6


def test_one_person_on_two_phones_holds_two_bookings_at_most(database: Database, now: datetime) -> None:
    """The second phone's request waits for the first one's, then counts what it booked."""
    first, second, third, *_ = prepare(database, now)

    def take(ref: str) -> str:
        try:
            with database.transaction() as session:
                bookings.take(session, ref, 1, now)
            return "booked"
        except TooManyBookings:
            return "enough"

    assert take(first) == "booked"
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as session:
            bookings.take(session, second, 1, now)
            other_phone = pool.submit(take, third)
            wait([other_phone], timeout=0.3)
        assert other_phone.result() == "enough"


def test_who_comes_second_waits_for_the_first_to_commit_or_give_up(database: Database, now: datetime) -> None:
    ref, *_ = prepare(database, now)

    def take() -> str:
        try:
            with database.transaction() as session:
                bookings.take(session, ref, 2, now)
            return "booked"
        except OpeningTaken:
            return "taken"

    with ThreadPoolExecutor(1) as pool:
        for commits, expected in ((False, "booked"), (True, "taken")):
            with database.transaction() as session:
                for booking in bookings.erase_contact(session, 2, now):
                    assert booking.status == "cancelled"
            with suppress(GivenUp), database.transaction() as session:
                bookings.take(session, ref, 1, now)
                second = pool.submit(take)
                wait([second], timeout=0.3)
                if not commits:
                    raise GivenUp
            assert second.result() == expected


def test_two_who_swap_do_not_wait_for_each_other(database: Database, now: datetime) -> None:
    """Each wants the other's time: both are refused at once, nobody deadlocks, nobody loses a booking."""
    one, other, *_ = prepare(database, now)
    with database.transaction() as session:
        mine = bookings.take(session, one, 1, now).id
        yours = bookings.take(session, other, 2, now).id

    def move(booking_id: int, ref: str) -> str:
        try:
            with database.transaction() as session:
                bookings.move(session, booking_id, ref, now)
            return "moved"
        except OpeningTaken:
            return "taken"

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(move, (mine, yours), (other, one))) == ["taken", "taken"]
    with database.reading() as session:
        assert [len(bookings.upcoming(session, contact, now)) for contact in (1, 2)] == [1, 1]


def test_many_movers_never_lose_a_booking(database: Database, now: datetime) -> None:
    refs = prepare(database, now)[:6]
    with database.transaction() as session:
        held = [bookings.take(session, ref, contact, now).id for contact, ref in enumerate(refs[:3])]

    def wander(contact: int) -> None:
        booking_id = held[contact]
        for step in range(6):
            try:
                with database.transaction() as session:
                    booking_id = bookings.move(session, booking_id, refs[(contact + step) % len(refs)], now).id
            except BookingError:
                continue

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(wander, range(3)))
    with database.reading() as session:
        assert [len(bookings.upcoming(session, contact, now)) for contact in range(3)] == [1, 1, 1]
        assert session.scalar(select(func.count()).select_from(BookingCell)) == 18
