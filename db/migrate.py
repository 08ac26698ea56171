"""Bringing a database to the shape this version needs. Revisions are in `db/migrations/versions`.

Alembic is driven from here, without an `alembic.ini`: the database comes from our settings, like everything else.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, MetaData, text

from db.session import Database

FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x6D696772
"""Key of the PostgreSQL lock that lets one process migrate at a time."""


def head() -> str:
    """The revision this version of the code needs."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise LookupError(f"there is no migration in {FOLDER}")
    return revision


def current(database_url: str | URL) -> str | None:
    """The revision a database is at; None when it is empty."""
    with _connected(database_url) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(database_url: str | URL, revision: str = "head") -> None:
    """Brings a database to that revision, whole or not at all. Processes that start together wait for one another."""
    if revision == "head" and current(database_url) == head():
        return
    with _connected(database_url) as connection, _alone(connection):
        command.upgrade(_config(connection=connection), revision)


def downgrade(database_url: str | URL, revision: str) -> None:
    """Takes a database back to that revision ("base" for empty). What the later ones added is lost."""
    with _connected(database_url) as connection, _alone(connection):
        command.downgrade(_config(connection=connection), revision)


def check(database: Database, metadata: MetaData) -> list[Any]:
    """How a database differs from the tables the code declares, as Alembic's operations; empty when it does not."""
    with database.engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))


def revise(database_url: str | URL, metadata: MetaData, message: str) -> Path:
    """Writes the revision that takes a database at `head` to the tables the code declares; read it."""
    with _connected(database_url) as connection:
        script = command.revision(
            _config(connection=connection, metadata=metadata),
            message,
            autogenerate=True,
            rev_id=f"{len(list(FOLDER.glob('versions/*.py'))) + 1:04d}",
        )
    if script is None or isinstance(script, list):
        raise RuntimeError("Alembic wrote no revision")
    return Path(script.path)


def _config(**attributes: Any) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes.update(attributes)
    return config


@contextmanager
def _connected(database_url: str | URL) -> Iterator[Connection]:
    url = database_url if isinstance(database_url, str) else database_url.render_as_string(hide_password=False)
    database = Database(url, pool_size=1)
    try:
        with database.engine.connect() as connection:
            yield connection
    finally:
        database.close()


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """One transaction, and nobody else migrates meanwhile."""
    if connection.dialect.name == "sqlite":
        # A table rebuilt by a migration must not take the rows that refer to it along. Only outside a transaction.
        connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        connection = connection.execution_options(begin="BEGIN IMMEDIATE")
    with connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        yield
