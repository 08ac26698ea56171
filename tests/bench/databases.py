"""Databases as in production: SQLite on the disk, and a PostgreSQL that waits for the disk at each commit."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from tests.databases import get_server  # type: ignore[attr-defined]

KINDS = ("SQLite", "PostgreSQL")


@contextmanager
def fresh(kind: str) -> Iterator[str]:
    """The URL of an empty database."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        if kind == "SQLite":
            yield f"sqlite:///{folder}/bench.db"
        else:
            server = get_server(folder, cleanup_mode="delete")
            try:
                url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
                yield _durable(url.render_as_string(hide_password=False))
            finally:
                server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _durable(url: str) -> str:
    engine = create_engine(url)
    with engine.connect() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            value = connection.execute(text(f"SHOW {setting}")).scalar_one()
            assert value == "on", f"{setting} is {value}: this database does not wait for its disk"
    engine.dispose()
    return url


def tuples_written(url: str, *, settled: bool = False) -> int | None:
    """Rows inserted, changed or deleted since the server started; None where the engine does not count.

    settled: waits until what was written a moment ago is counted too.
    """
    engine = create_engine(url)
    try:
        if engine.dialect.name == "sqlite":
            return None
        if settled:
            time.sleep(1.5)
        with engine.connect() as connection:
            query = "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_user_tables"
            return int(connection.execute(text(query)).scalar_one())
    finally:
        engine.dispose()
