"""A service per test, or one that the tests of a file share, each with a person of their own."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.app import Services
from bot.runtime.turn import Mind
from bot.settings import Settings
from db.session import Database
from flows.engine.state import DialogueState
from tests.conftest import NOW
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


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, mind: Mind) -> Iterator[House]:
    """A service for the tests of a file in which every person minds their own business."""
    template = request.getfixturevalue("sqlite_template" if request.param == "sqlite" else "postgres_template")
    with template.copy(tmp_path_factory.mktemp("shared")) as url:
        database = Database(url)
        with database.transaction() as session:
            add_territory(session)
        yield House(database, mind, NOW)
        database.close()


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
def asked(shared: House, question: Question) -> Person:
    """Somebody who was just asked this question: by text message on one database, on the page on the other."""
    shared.time.now = NOW
    somebody = Person(shared, "sms" if shared.database.dialect == "sqlite" else "web")
    if question in _REMEMBERED:
        somebody.say("bonjour")
        somebody.imagine(_REMEMBERED[question])
    else:
        somebody.do(*QUESTIONS[question])
    if not set(BOOKED) <= set(QUESTIONS[question]):  # whose state speaks of no row of theirs
        _REMEMBERED[question] = somebody.state
    assert (somebody.state.active_flow, somebody.state.asked) == question
    return somebody
