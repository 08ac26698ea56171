"""A process of residents who all want the same opening at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any

from db.session import Database
from directory import bookings
from directory.errors import OpeningTaken

THREADS = 10

_start: Any = None  # a barrier all the processes share


def prepare_process(start: Any) -> None:
    """Called once in each process."""
    global _start
    _start = start


def race(url: str, ref: str, first_contact: int, tries: int, now: datetime) -> list[tuple[str, list[str]]]:
    """Contacts try once each, ten at the same time: (outcome, openings offered next) for each."""
    database = Database(url, pool_size=1)  # and four more when busy: the rest wait at the pool's door, in order
    together = Barrier(THREADS)

    def attempt(contact_id: int) -> tuple[str, list[str]]:
        if contact_id < first_contact + THREADS:
            together.wait()
        try:
            with database.transaction() as session:
                bookings.take(session, ref, contact_id, now)
            return "booked", []
        except OpeningTaken:
            with database.reading() as session:
                return "taken", [opening.ref for opening in bookings.alternatives(session, ref, now)]

    database.ping()
    _start.wait()
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(attempt, range(first_contact, first_contact + tries)))
    finally:
        database.close()
