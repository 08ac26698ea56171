"""A process of residents who all want the same opening at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any

from db.session import Database
from directory import bookings
from directory.errors import OpeningTaken

_start: Any = None  # a barrier all the processes share


def prepare_process(start: Any) -> None:
    """Called once in each process."""
    global _start
    _start = start


def race(url: str, ref: str, first_contact: int, threads: int, now: datetime) -> list[tuple[str, list[str]]]:
    """Every thread tries once, all at the same time: (outcome, openings offered next) for each."""
    database = Database(url)
    together = Barrier(threads)

    def attempt(contact_id: int) -> tuple[str, list[str]]:
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
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(attempt, range(first_contact, first_contact + threads)))
    finally:
        database.close()
