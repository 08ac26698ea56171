"""A service per test, or one that the tests of a file share, each with a person of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import Services
from bot.runtime.turn import Mind
from bot.settings import Settings
from db.session import Database
from flows.engine.state import DialogueState
from tests.conftest import NOW
from tests.databases import PostgresTemplate, SqliteTemplate
from tests.promises.house import House, Person, add_territory
from tests.promises.questions import BOOKED, QUESTIONS, Question
from tests.understanding import understanding


@pytest.fixture(scope="session")
def mind() -> Mind:
    """What every turn of a service here thinks with."""
    services = Services(Settings.model_validate({"secret_key": "test key"}))
    services.understanding = understanding()
    return replace(services.mind, variants={"web": "web", "sms": "sms"})


@pytest.fixture
def house(database: Database, mind: Mind) -> House:
    """A service on a database of its own."""
    with database.transaction() as session:
        add_territory(session)
    return House(database, mind, NOW)


@contextmanager
def _service(template: SqliteTemplate | PostgresTemplate, folder: Path, mind: Mind) -> Iterator[House]:
    with template.copy(folder) as url:
        database = Database(url)
        with database.transaction() as session:
            add_territory(session)
        yield House(database, mind, NOW)
        database.close()


@pytest.fixture(scope="module")
def sqlite_house(
    sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory, mind: Mind
) -> Iterator[House]:
    """A service for the tests of a file in which every person minds their own business."""
    with _service(sqlite_template, tmp_path_factory.mktemp("shared"), mind) as house:
        yield house


@pytest.fixture(scope="module")
def postgres_house(
    postgres_template: PostgresTemplate, tmp_path_factory: pytest.TempPathFactory, mind: Mind
) -> Iterator[House]:
    """The same on PostgreSQL."""
    with _service(postgres_template, tmp_path_factory.mktemp("shared"), mind) as house:
        yield house


@pytest.fixture(params=["sqlite_house", "postgres_house"])
def shared(request: pytest.FixtureRequest) -> House:
    """Such a service, on each database."""
    house: House = request.getfixturevalue(request.param)
    house.time.now = NOW
    return house


@pytest.fixture(params=["web", "sms"])
def person(request: pytest.FixtureRequest, house: House) -> Person:
    """Somebody, on each channel."""
    return Person(house, request.param)


_REMEMBERED: dict[Question, DialogueState] = {}
"""The state in which a question waits, so that others come to it at once."""


def _name(question: Question) -> str:
    return "-".join(question)


@pytest.fixture(params=sorted(QUESTIONS), ids=_name)
def question(request: pytest.FixtureRequest) -> Question:
    """A question of a flow."""
    found: Question = request.param
    return found


@pytest.fixture
def asked(request: pytest.FixtureRequest, question: Question) -> Person:
    """Somebody who was just asked this question: every other one by text message and on the other database."""
    other = sorted(QUESTIONS).index(question) % 2
    house: House = request.getfixturevalue("postgres_house" if other else "sqlite_house")
    house.time.now = NOW
    somebody = Person(house, "web" if other else "sms")
    if question in _REMEMBERED:
        somebody.say("bonjour")
        somebody.imagine(_REMEMBERED[question])
    else:
        somebody.do(*QUESTIONS[question])
    if not set(BOOKED) <= set(QUESTIONS[question]):  # whose state speaks of no row of theirs
        _REMEMBERED[question] = somebody.state
    assert (somebody.state.active_flow, somebody.state.asked) == question
    return somebody
