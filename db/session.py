"""Opening the database and its two kinds of unit of work: `transaction` writes, `reading` does not.

SQLite: WAL, `synchronous=FULL` and `BEGIN IMMEDIATE`, so that a writer waits for its turn at the door instead of
failing half-way. PostgreSQL: READ COMMITTED, and callers lock the rows they decide on.
"""

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, make_url, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session, sessionmaker

BUSY_TIMEOUT_MS = 10_000
LEAST_FREE = 50_000_000
"""Bytes beside SQLite's file: under that, nothing should be accepted that could not be kept."""


class DiskNearlyFull(OSError):
    """The next messages may not be stored."""


class Database:
    """One database, shared by the threads of a process."""

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self.url = make_url(url)
        if self.url.drivername in ("postgresql", "postgres"):
            self.url = self.url.set(drivername="postgresql+psycopg")
        self.dialect = self.url.get_backend_name()
        self.engine = self._create_engine(pool_size)
        # SQLite has one writer at a time, and its own way of waiting is to look again after longer and longer naps.
        self._one_writer = threading.Lock() if self.dialect == "sqlite" else None
        self._writing = sessionmaker(self.engine.execution_options(begin="BEGIN IMMEDIATE"), expire_on_commit=False)
        self._reading = sessionmaker(self.engine.execution_options(begin="BEGIN"), expire_on_commit=False)

    def _create_engine(self, pool_size: int) -> Engine:
        # What a statement carries is nobody's business: neither a log's nor an error message's.
        options: dict[str, Any] = {"pool_size": pool_size, "max_overflow": 4, "hide_parameters": True}
        if self.dialect != "sqlite":
            return create_engine(self.url, pool_pre_ping=True, **options)
        if self.url.database and self.url.database != ":memory:":
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(self.url, **options)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits when the block ends and rolls back when it raises."""
        with self._turn_to_write(), self._writing.begin() as session:
            yield session

    @contextmanager
    def _turn_to_write(self) -> Iterator[None]:
        """Threads of this process queue up here; whoever has waited for too long goes on and asks SQLite itself."""
        if self._one_writer is None:
            yield
            return
        ours = self._one_writer.acquire(timeout=BUSY_TIMEOUT_MS / 1000)
        try:
            yield
        finally:
            if ours:
                self._one_writer.release()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for looking only: whatever happens in it is rolled back."""
        with self._reading() as session:
            yield session

    def ping(self) -> None:
        """Raises when the database does not answer."""
        with self.reading() as session:
            session.execute(text("SELECT 1"))

    def check_room(self) -> None:
        """Raises DiskNearlyFull when SQLite's file may soon not grow any more; PostgreSQL looks after its own disk."""
        if self.dialect == "sqlite" and self.url.database not in (None, "", ":memory:"):
            free = shutil.disk_usage(Path(str(self.url.database)).parent).free
            if free < LEAST_FREE:
                raise DiskNearlyFull(f"{free // 1_000_000} MB are free beside the database")

    def close(self) -> None:
        """Gives every connection back to the system."""
        self.engine.dispose()


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, below
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))
