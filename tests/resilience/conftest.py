"""A service to kill, its outside world, and a territory where one can book."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from db.session import Database
from tests.directory.builders import add_lead, add_permanence, add_place
from tests.resilience.house import Plan
from tests.resilience.outside import Outside
from tests.resilience.served import Service


@contextmanager
def prepared(url: str, database: Database, outside: Outside, now: datetime) -> Iterator[Service]:
    """A service that is not started yet, over a database with one permanence in Carcassonne."""
    with database.transaction() as session:
        lead = add_lead(session, "lead", ("commune", "11069"))
        lead.email = "lead@example.org"
        add_permanence(session, lead, add_place(session), weekday=1)
    # Half a minute past the hour: no opening and no time window begins or ends while a test runs.
    service = Service(Plan(url, outside.port, now + timedelta(seconds=30), time.time()))
    try:
        yield service
    finally:
        service.close()


@pytest.fixture
def outside() -> Iterator[Outside]:
    outside = Outside()
    yield outside
    outside.close()


@pytest.fixture
def service(database_url: str, database: Database, outside: Outside, now: datetime) -> Iterator[Service]:
    """A service that is not started yet, on either database."""
    with prepared(database_url, database, outside, now) as service:
        yield service
