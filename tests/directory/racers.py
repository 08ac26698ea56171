"""A process of residents who all want the same opening at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any

from db.session import Database
from directory import bookings
from directory.errors import OpeningTaken


def race(url: str, ref: str, first_contact: int, threads: int, now: datetime, start: Any, results: Any) -> None:
    """Runs in a process of its own: every thread tries once; puts (outcome, openings offered next) for each."""
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

    run: Callable[[int], tuple[str, list[str]]] = attempt
    database.ping()
    start.wait()
    with ThreadPoolExecutor(threads) as pool:
        results.put(list(pool.map(run, range(first_contact, first_contact + threads))))
    database.close()
