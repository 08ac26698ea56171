"""Fixtures of the desk's tests."""

from collections.abc import Callable, Iterator

import pytest
from argon2 import PasswordHasher

from db.session import Database
from desk import passwords
from tests.desk.world import Browser, Wiring, World, settle


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same hashes, made fast: how slow they are in production is argon2's own promise."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", hasher)
    monkeypatch.setattr(passwords, "_NOBODY", hasher.hash("nobody"))


@pytest.fixture
def wiring(database: Database) -> Wiring:
    return Wiring(database)


@pytest.fixture
def world(wiring: Wiring) -> World:
    """Leads with accounts, a place and its permanences."""
    with wiring.database.transaction() as session:
        return settle(session)


@pytest.fixture
def new_browser(wiring: Wiring) -> Iterator[Callable[..., Browser]]:
    """Browsers nobody is logged in with."""
    opened: list[Browser] = []

    def open_one(**values: str) -> Browser:
        opened.append(Browser(wiring, **values))
        return opened[-1]

    yield open_one
    for browser in opened:
        browser.close()


@pytest.fixture
def inside(new_browser: Callable[..., Browser], world: World) -> Callable[[str], Browser]:
    """Browsers in which a lead is logged in."""

    def enter(login: str) -> Browser:
        browser = new_browser()
        assert browser.log_in(login, world.passwords[login]) == 303
        return browser

    return enter


@pytest.fixture
def south(inside: Callable[[str], Browser]) -> Browser:
    """The browser of the lead of the south."""
    return inside("south")
