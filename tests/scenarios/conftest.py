"""What the scenarios share: an understanding trained once, a mind that is watched, a territory loaded once."""

import fcntl
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event

from bot.app import TRAINING_DATA, Services
from bot.runtime.interpreter import Interpreter
from bot.runtime.turn import Mind
from bot.settings import Settings
from db.session import Database
from directory.exchange import load_demo
from directory.geography import gazetteer
from flows.actions import ACTIONS
from flows.engine.engine import Engine
from flows.engine.model import Flow
from flows.engine.stack import Working
from nlu.cache import load_or_train
from tests.databases import SqliteTemplate
from tests.scenarios.stage import Watch

CHECKOUT = Path(__file__).parents[2]
SECRET = "test key"
SITE = "https://allervers.example.org"


@pytest.fixture(scope="session")
def scenario_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of every scenario."""
    return Settings.model_validate(
        {"secret_key": SECRET, "public_url": SITE, "data_dir": tmp_path_factory.mktemp("var"), "human_phone": None}
    )


@pytest.fixture(scope="session")
def nlu_cache(pytestconfig: pytest.Config) -> Path:
    """Where trained models are kept from one run to the next: the checkout's own folder when it has one."""
    ours = CHECKOUT / "var" / "nlu"
    return ours if ours.is_dir() else pytestconfig.cache.mkdir("nlu")


@pytest.fixture(scope="session")
def watch() -> Watch:
    """Sees every action and flow that runs."""
    return Watch()


@pytest.fixture(scope="session")
def mind(scenario_settings: Settings, nlu_cache: Path, watch: Watch) -> Iterator[Mind]:
    """The mind of a running service, trained once for all processes, with its flows watched."""
    services = Services(scenario_settings)
    with _alone(nlu_cache / ".lock"):
        services.understanding = load_or_train(TRAINING_DATA, nlu_cache, gazetteer().names()).engine()
    mind = services.mind
    watched = Engine(
        mind.engine.flows, mind.engine.domain, {name: watch.action(name, run) for name, run in ACTIONS.items()}
    )
    with pytest.MonkeyPatch.context() as patch:
        _watch_flows(patch, watch)
        yield replace(
            mind,
            engine=watched,
            interpreter=Interpreter(watched, mind.knowledge, mind.gazetteer),
            variants={**mind.variants, "sms": "sms"},
        )


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


@pytest.fixture
def scenario_database(request: pytest.FixtureRequest, tmp_path: Path, territory: Path) -> Iterator[Database]:
    """The territory, on the database the test names in its parameters."""
    if request.param == "postgresql":
        with request.getfixturevalue("postgres_template").copy(tmp_path) as url:
            database = Database(url)
            with database.transaction() as session:
                load_demo(session)
            yield database
            database.close()
        return
    shutil.copyfile(territory, tmp_path / "scenario.db")
    database = Database(f"sqlite:///{tmp_path / 'scenario.db'}")
    event.listen(database.engine, "connect", _be_quick)
    yield database
    database.close()


def _be_quick(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")  # no scenario pulls the plug


def _watch_flows(patch: pytest.MonkeyPatch, watch: Watch) -> None:
    for name in ("push_flow", "push_pattern", "push_call"):
        push = getattr(Working, name)

        def watched(self: Working, flow: Flow, *rest: object, _push: object = push) -> None:
            watch.ran.add(flow.id)
            _push(self, flow, *rest)  # type: ignore[operator]

        patch.setattr(Working, name, watched)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Holds a lock file, so that processes train one after the other and all but the first find the model."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
