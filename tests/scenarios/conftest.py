"""What the scenarios share: an understanding trained once, a mind that is watched, a territory loaded once."""

import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event

from bot import process
from bot.app import Services
from bot.runtime.interpreter import Interpreter
from bot.runtime.turn import Mind
from bot.settings import Settings
from db.session import Database
from directory.exchange import load_demo
from flows.actions import ACTIONS
from flows.engine.engine import Engine
from flows.engine.model import Flow
from flows.engine.stack import Working
from tests.databases import SqliteTemplate
from tests.fakes.twilio import FakeTwilio, fake_twilio
from tests.scenarios.stage import Watch
from tests.understanding import understanding

SECRET = "test key"
SITE = "https://allervers.example.org"


@pytest.fixture(scope="session")
def scenario_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of every scenario."""
    return Settings.model_validate(
        {"secret_key": SECRET, "public_url": SITE, "data_dir": tmp_path_factory.mktemp("var"), "human_phone": None}
    )


@pytest.fixture(scope="session")
def watch() -> Watch:
    """Sees every action and flow that runs."""
    return Watch()


@pytest.fixture(scope="session")
def mind(scenario_settings: Settings, watch: Watch) -> Iterator[Mind]:
    """The mind of a running service, trained once for all processes, with its flows watched."""
    services = Services(scenario_settings)
    services.understanding = understanding()
    mind = services.mind
    process.settle()  # as a service does: the collector is a tenth of these tests otherwise
    watched = Engine(
        mind.engine.flows, mind.engine.domain, {name: watch.action(name, run) for name, run in ACTIONS.items()}
    )
    with pytest.MonkeyPatch.context() as patch:
        _watch_flows(patch, watch)
        yield replace(
            mind,
            engine=watched,
            interpreter=Interpreter(watched, mind.knowledge, mind.gazetteer),
            variants={**mind.variants, "sms": "sms", "whatsapp": "whatsapp"},
        )


@pytest.fixture(scope="session")
def twilio() -> Iterator[FakeTwilio]:
    """The provider of those who are on WhatsApp."""
    with fake_twilio() as server:
        yield server


@pytest.fixture(scope="session")
def territory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the demonstration territory in it."""
    folder = tmp_path_factory.mktemp("territory")
    with SqliteTemplate(folder).copy(folder) as url:
        database = Database(url)
        with database.transaction() as session:
            load_demo(session)
        database.close()
    return folder / "test.db"


@pytest.fixture(scope="session")
def sqlite_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One for all scenarios, so that no statement is compiled twice; its file is replaced before each."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('scenarios') / 'scenario.db'}")
    event.listen(database.engine, "connect", _be_quick)
    yield database
    database.close()


@pytest.fixture
def scenario_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """The territory and nobody in it, on the database the test names in its parameters."""
    if request.param == "sqlite":
        yield _afresh(request.getfixturevalue("sqlite_database"), request.getfixturevalue("territory"))
        return
    with request.getfixturevalue("postgres_template").copy(tmp_path) as url:
        database = Database(url)
        with database.transaction() as session:
            load_demo(session)
        yield database
        database.close()


def _afresh(database: Database, template: Path) -> Database:
    database.engine.dispose()
    path = Path(str(database.url.database))
    for left in path.parent.glob(f"{path.name}-*"):  # what SQLite keeps beside its file
        left.unlink()
    shutil.copyfile(template, path)
    return database


def _be_quick(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")  # no scenario pulls the plug


def _watch_flows(patch: pytest.MonkeyPatch, watch: Watch) -> None:
    for name in ("push_flow", "push_pattern", "push_call"):
        push = getattr(Working, name)

        def watched(self: Working, flow: Flow, *rest: object, _push: object = push) -> None:
            watch.ran.add(flow.id)
            _push(self, flow, *rest)  # type: ignore[operator]

        patch.setattr(Working, name, watched)
