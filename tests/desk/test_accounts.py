"""Accounts: made on the command line, shown once, kept as hashes."""

import re
from importlib.metadata import EntryPoint

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from db.session import Database
from desk import accounts, passwords
from desk.commands import desk
from desk.errors import LeadUnknown, LoginTaken
from desk.models import DeskAccount
from tests.desk.world import START, Wiring, World


class CommandLine:
    """What bot/cli.py hands to its groups."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def database(self) -> Database:
        return self._database


def run(wiring: Wiring, *words: str) -> Result:
    return CliRunner().invoke(desk, ["account", *words], obj=CommandLine(wiring.database))


def test_the_command_makes_an_account_and_shows_its_password_once(wiring: Wiring, world: World) -> None:
    result = run(wiring, "south", "--login", "Carcassonne")
    assert result.exit_code == 0
    found = re.search(r"login:    carcassonne\npassword: (\S+)\n", result.stdout)
    assert found
    with wiring.database.reading() as session:
        account = session.scalars(select(DeskAccount).where(DeskAccount.login == "carcassonne")).one()
        assert found[1] not in account.password_hash
        assert account.password_hash.startswith("$argon2id$")
        assert passwords.matches(account.password_hash, found[1])
        assert not passwords.matches(account.password_hash, world.passwords["south"])


def test_a_mistake_on_the_command_line_has_words(wiring: Wiring, world: World) -> None:
    result = run(wiring, "west")
    assert result.exit_code == 2
    assert "known: all, north, south" in result.stderr
    result = run(wiring, "south", "--login", "north")
    assert result.exit_code == 2
    assert "--login" in result.stderr


def test_the_demonstration_always_knows_its_passwords(wiring: Wiring, world: World) -> None:
    with wiring.database.transaction() as session:
        again = dict(accounts.ensure_demo_accounts(session, START))
        assert again.keys() == {"all", "north", "south"}
        assert len(session.scalars(select(DeskAccount)).all()) == 3
        account = session.scalars(select(DeskAccount).where(DeskAccount.login == "north")).one()
        assert passwords.matches(account.password_hash, again["north"])


def test_errors_name_the_cure(wiring: Wiring, world: World) -> None:
    with wiring.database.transaction() as session:
        with pytest.raises(LeadUnknown, match="no active lead"):
            accounts.set_account(session, "", None, START)
        with pytest.raises(LoginTaken):
            accounts.set_account(session, "south", "NORTH ", START)


def test_passwords_are_long_and_never_the_same() -> None:
    made = {passwords.generate() for _ in range(50)}
    assert len(made) == 50
    assert all(re.fullmatch(r"(?:[a-z2-9]{4}-){3}[a-z2-9]{4}", password) for password in made)


def test_a_broken_hash_lets_nobody_in() -> None:
    assert not passwords.matches("not a hash", "")
    assert not passwords.matches(None, "nobody")


def test_what_the_package_declares_exists() -> None:
    for value in ("desk.app:create_app", "desk.commands:desk", "desk.accounts:ensure_demo_accounts"):
        assert callable(EntryPoint("desk", value, "allervers").load())
