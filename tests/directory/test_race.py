"""Promise 4, one time, one person: two hundred residents in four processes want the last place."""

import multiprocessing
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import func, select

from db.session import Database
from directory import bookings
from directory.errors import BookingError, OpeningTaken, TooManyBookings
from directory.models import Booking, BookingCell
from directory.timetable import open_times
from tests.directory.builders import add_lead, add_permanence, add_place
from tests.directory.racers import race

PROCESSES, THREADS = 4, 50


def prepare(database: Database, now: datetime) -> list[str]:
    with database.transaction() as session:
        add_permanence(session, add_lead(session), add_place(session), 0)
        return [opening.ref for opening in open_times(session, now)]


@contextmanager
def racing(count: int) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(count) as pool:
        yield pool


def test_two_hundred_residents_want_the_last_place(database: Database, now: datetime) -> None:
    ref, following, *_ = prepare(database, now)
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(PROCESSES), context.SimpleQueue()
    url = database.url.render_as_string(hide_password=False)
    racers = [
        context.Process(target=race, args=(url, ref, number * THREADS, THREADS, now, start, results))
        for number in range(PROCESSES)
    ]
    for racer in racers:
        racer.start()
    outcomes = [outcome for _ in racers for outcome in results.get()]
    for racer in racers:
        racer.join()
    assert Counter(outcome for outcome, _ in outcomes) == {"booked": 1, "taken": PROCESSES * THREADS - 1}
    assert all(offered[0] == following for outcome, offered in outcomes if outcome == "taken")
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Booking)) == 1
        assert session.scalar(select(func.count()).select_from(BookingCell)) == 6


def test_one_person_on_many_phones_holds_two_at_most(database: Database, now: datetime) -> None:
    refs = prepare(database, now)[:8]

    def take(ref: str) -> str:
        try:
            with database.transaction() as session:
                bookings.take(session, ref, 1, now)
            return "booked"
        except TooManyBookings:
            return "enough"

    with racing(len(refs)) as pool:
        assert Counter(pool.map(take, refs)) == {"booked": 2, "enough": 6}


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

    with racing(2) as pool:
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

    with racing(3) as pool:
        list(pool.map(wander, range(3)))
    with database.reading() as session:
        assert [len(bookings.upcoming(session, contact, now + timedelta())) for contact in range(3)] == [1, 1, 1]
        assert session.scalar(select(func.count()).select_from(BookingCell)) == 18
