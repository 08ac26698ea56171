"""A database that goes away: the person reads words, what was said waits, and is answered when it is back."""

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from db.session import Database
from tests.resilience.outside import until
from tests.resilience.people import WebResident
from tests.resilience.record import is_quiet, record
from tests.resilience.served import Service

MOMENT = "Le service est arrêté un moment"


def execute(url: str, *statements: str) -> None:
    """Runs statements as the administrator of the server."""
    admin = create_engine(make_url(url).set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    admin.dispose()


@contextmanager
def gone(service: Service) -> Iterator[None]:
    """PostgreSQL cuts every connection and takes no other."""
    name = make_url(service.plan.database_url).database
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    execute(service.plan.database_url, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false", cut)
    try:
        yield
    finally:
        execute(service.plan.database_url, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


@contextmanager
def locked(service: Service) -> Iterator[None]:
    """Another process keeps SQLite's file for itself."""
    path = make_url(service.plan.database_url).database
    assert path is not None
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@contextmanager
def full(service: Service) -> Iterator[None]:
    """The disk takes no further byte from the service."""
    before = resource.prlimit(service.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(service.pid, resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.prlimit(service.pid, resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(
    ("database_url", "away", "point"),
    [
        ("sqlite", locked, "thinking"),  # during a turn the lock is the turn's
        ("sqlite", full, "thinking"),
        ("sqlite", full, "in the turn"),
        ("postgresql", gone, "thinking"),
        ("postgresql", gone, "in the turn"),
    ],
    indirect=["database_url"],
)
def test_away_in_the_middle_of_a_turn(away: Any, point: str, service: Service, database: Database) -> None:
    service.plan = replace(service.plan, patience_ms=200)
    service.start()
    service.arm(point)
    first, second = WebResident(service), WebResident(service)
    first.send("Bonjour")
    service.held(point)
    database.close()
    with away(service):
        service.release(point)
        refused = second.browser.say("Bonjour")
        assert refused.status == 503
        assert refused.json["message"].startswith(MOMENT)
    second.say("Bonjour")
    until(lambda: is_quiet(database, service.plan.clock()), "everybody is answered")
    assert [len(transcript) for transcript in record(database)["transcripts"]] == [4, 4]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_not_ready_without_its_database(service: Service) -> None:
    service.start()
    someone = WebResident(service)
    assert someone.browser.get("/readyz").status == 200
    with gone(service):
        assert someone.browser.get("/readyz").status == 503
        assert someone.browser.get("/healthz").status == 200
    until(lambda: someone.browser.get("/readyz").status == 200, "ready again")
