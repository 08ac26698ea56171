"""The machine's bare commit rate: plain inserts through the driver, as many rows as a turn writes, nothing of ours."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import create_engine, event, text

ROW = "x" * 400
"""About what an encrypted message weighs."""


def commits_per_second(url: str, rows: Sequence[int], threads: int, seconds: float) -> float:
    """Rounds a second, each of one transaction per element of `rows`, of so many rows."""
    engine = create_engine(url, pool_size=threads)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _as_ours)
    raw = [engine.raw_connection() for _ in range(threads)]
    serial = "INTEGER PRIMARY KEY" if engine.dialect.name == "sqlite" else "BIGSERIAL PRIMARY KEY"
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS bare"))
        connection.execute(text(f"CREATE TABLE bare (id {serial}, owner BIGINT, body TEXT)"))
        connection.execute(text("CREATE INDEX bare_owner ON bare (owner, id)"))
    mark = "?" if engine.dialect.name == "sqlite" else "%s"
    insert = f"INSERT INTO bare (owner, body) VALUES ({mark}, {mark})"
    one_writer = threading.Lock()  # SQLite's own waiting polls: a lock of the process makes its best rate
    deadline = time.perf_counter() + seconds

    def write(number: int) -> int:
        cursor, rounds = raw[number].cursor(), 0
        while time.perf_counter() < deadline:
            for count in rows:
                if engine.dialect.name == "sqlite":
                    with one_writer:
                        cursor.execute("BEGIN IMMEDIATE")
                        cursor.executemany(insert, [(number, ROW)] * count)
                        cursor.execute("COMMIT")
                else:
                    cursor.executemany(insert, [(number, ROW)] * count)
                    raw[number].commit()
            rounds += 1
        return rounds

    with ThreadPoolExecutor(threads) as pool:
        started = time.perf_counter()
        total = sum(pool.map(write, range(threads)))
        took = time.perf_counter() - started
    for each in raw:
        each.close()
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE bare"))
    engine.dispose()
    return total / took


def _as_ours(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]
