"""The web phone on a real server, for the tests that speak HTTP."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from bot.conversations.models import Message
from bot.web_guard import Rate
from db.session import Database
from tests.bot.site import Browser, House, Server, count
from tests.conftest import NOW
from tests.databases import SqliteTemplate
from tests.fake_telegram import FakeTelegram


@pytest.fixture
def house(database: Database, now: datetime) -> House:
    return House(database, now)


@pytest.fixture
def server(house: House) -> Iterator[Server]:
    server = Server(house)
    yield server
    server.stop()
    house.turns.close()


@pytest.fixture
def browser(server: Server) -> Browser:
    return Browser(server)


@pytest.fixture(scope="module")
def shared(
    sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory, keys: None
) -> Iterator[tuple[House, Server]]:
    """One server for all the tests that store nothing."""
    with sqlite_template.copy(tmp_path_factory.mktemp("web")) as url:
        house = House(Database(url), NOW)
        server = Server(house)
        yield house, server
        server.stop()
        house.turns.close()
        house.database.close()


@pytest.fixture
def passer_by(shared: tuple[House, Server]) -> Iterator[Browser]:
    """Somebody who looks at pages or knocks in vain: nothing is stored."""
    house, server = shared
    yield Browser(server)
    assert count(house.database, Message) == 0


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody writes too fast."""
    monkeypatch.setattr(Rate, "wait", lambda *_: 0)


@pytest.fixture(scope="session")
def telegram_server() -> Iterator[FakeTelegram]:
    """One fake Telegram for all tests of a process."""
    telegram = FakeTelegram()
    yield telegram
    telegram.stop()


@pytest.fixture
def telegram(telegram_server: FakeTelegram) -> FakeTelegram:
    """A Telegram nobody has used yet."""
    telegram_server.reset()
    return telegram_server
