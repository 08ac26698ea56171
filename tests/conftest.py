"""Fixtures every test may use: keys, a clock, and a database on SQLite and on a real PostgreSQL."""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest

import db.crypto
from db.session import Database
from tests.databases import PostgresTemplate, SqliteTemplate

# How long an example takes, or is made, depends on the machine: that is for the bench to say.
hypothesis.settings.register_profile(
    "here", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], derandomize=True
)
hypothesis.settings.load_profile("here")

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # a Monday, nine o'clock in France


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden transcripts")


@pytest.fixture(autouse=True, scope="session")
def keys() -> None:
    """Every test process has encryption keys of its own."""
    db.crypto.use_keys(["test key"])


@pytest.fixture(autouse=True)
def keys_again(keys: None) -> Iterator[None]:
    """Whatever keys a test takes, as a command does, the next one finds ours again."""
    yield
    db.crypto.use_keys(["test key"])


@pytest.fixture
def now() -> datetime:
    """The moment at which tests happen."""
    return NOW


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> SqliteTemplate:
    return SqliteTemplate(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[PostgresTemplate]:
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        template = PostgresTemplate(Path(folder))
        yield template
        template.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with every table and no row; the test runs once on each kind."""
    kind = "sqlite_template" if request.param == "sqlite" else "postgres_template"
    with request.getfixturevalue(kind).copy(tmp_path) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with every table and no row, on SQLite and on PostgreSQL."""
    database = Database(database_url)
    yield database
    database.close()
