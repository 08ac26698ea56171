"""Operators' mistakes: one line that names the variable, what is wrong and the cure, exit code 2, no traceback."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

import bot.cli
import db.crypto
from bot import web_server
from bot.commands import flows
from bot.commands.wiring import Wiring
from bot.conversations.models import Address, Contact
from bot.errors import BotError
from directory.models import Lead
from flows.engine.errors import AuthoringError, Problem
from tests.conftest import NOW

PG = "postgresql://someone:very-secret@127.0.0.1:1/allervers"
Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command with those variables and no other of ours; keys of the process stay what they were."""
    monkeypatch.setattr(db.crypto, "_current", db.crypto.keyring())
    monkeypatch.setattr(bot.cli.logging, "basicConfig", lambda **_: None)

    def one(*arguments: str, **values: str) -> Result:
        settings = {
            "ALLERVERS_DATA_DIR": str(tmp_path / "var"),
            "ALLERVERS_DATABASE_URL": f"sqlite:///{tmp_path}/a.db",
            **{f"ALLERVERS_{name.upper()}": value for name, value in values.items()},
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)

        @click.command()
        def whole() -> None:
            monkeypatch.setattr("sys.argv", ["allervers", *arguments])
            bot.cli.main()

        return CliRunner().invoke(whole, [])

    return one


@pytest.mark.parametrize("command", ["migrate", "doctor"])
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"database_url": "nonsense"}, "ALLERVERS_DATABASE_URL: write sqlite:///"),
        ({"database_url": "mysql://a/b"}, "ALLERVERS_DATABASE_URL: write sqlite:///"),
        ({"database_url": "postgresql://h:port/x"}, "ALLERVERS_DATABASE_URL: write sqlite:///"),
        ({"timezone": "Europe/Pariss"}, "ALLERVERS_TIMEZONE: not a time zone; write one such as Europe/Paris"),
        ({"timezone": "Europe"}, "ALLERVERS_TIMEZONE: not a time zone"),
        ({"public_url": "exemple"}, "ALLERVERS_PUBLIC_URL: must be a valid URL"),
        ({"public_url": "ftp://exemple.org"}, "write the whole address, from https://"),
        ({"smtp_url": "http://x"}, "ALLERVERS_SMTP_URL: write smtp://host:port"),
        ({"smtp_url": "smtp://h:abc"}, "ALLERVERS_SMTP_URL: the port is not a number"),
        ({"retention_days": "abc"}, "ALLERVERS_RETENTION_DAYS: must be a valid integer"),
        ({"turn_threads": "0"}, "ALLERVERS_TURN_THREADS: must be greater than or equal to 1"),
        ({"mail_from": "nope"}, "ALLERVERS_MAIL_FROM: not an e-mail address"),
        ({"human_phone": "appelez-nous"}, "ALLERVERS_HUMAN_PHONE: not a phone number"),
        ({"database_url": PG}, "ALLERVERS_SECRET_KEY is needed"),
        ({"database_url": PG, "secret_key": "k"}, "someone:***@127.0.0.1:1/allervers does not answer"),
    ],
)
def test_a_wrong_setting_is_named_with_its_cure(command: str, values: dict[str, str], said: str, run: Run) -> None:
    result = run(command, **values)
    assert result.exit_code == 2, result.output
    assert said in result.output
    assert "very-secret" not in result.output
    assert "Traceback" not in result.output


def test_keys_and_databases_that_cannot_be_used(run: Run, tmp_path: Path) -> None:
    def refused(said: str, **values: str) -> None:
        for command in ("migrate", "doctor"):
            result = run(command, **values)
            assert result.exit_code == 2, result.output
            assert said in result.output, result.output

    (tmp_path / "file").write_text("")
    refused("cannot be used (File exists)", data_dir=str(tmp_path / "file"))
    folders = {"empty": b"", "binary": b"\xff\xfe"}
    for name, content in folders.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "secret.key").write_bytes(content)
    refused("secret.key is empty: put the former key back", data_dir=str(tmp_path / "empty"))
    refused("does not hold a key; put the former key back", data_dir=str(tmp_path / "binary"))
    refused("cannot be opened", database_url=f"sqlite:///{tmp_path}/file/a.db")
    (tmp_path / "text.db").write_text("this is a shopping list, not a database\n" * 30)
    refused("does not answer (file is not a database)", database_url=f"sqlite:///{tmp_path}/text.db")


def test_tables_of_another_version(run: Run, tmp_path: Path) -> None:
    assert run("doctor").exit_code == 2
    assert "run: allervers migrate" in run("doctor").output
    assert run("migrate").exit_code == 0
    assert run("doctor").exit_code == 0
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    result = run("migrate")
    assert result.exit_code == 2
    assert "made by a newer version of allervers; install that version again" in result.output


def test_a_key_that_does_not_open_what_is_stored(run: Run, tmp_path: Path) -> None:
    assert run("migrate", secret_key="former").exit_code == 0
    wiring = Wiring()
    with wiring.database().transaction() as session:
        contact = Contact(created_at=NOW)
        session.add(contact)
        session.flush()
        address = Address(contact_id=contact.id, channel="sms", fingerprint="x", external_id="y", created_at=NOW)
        session.add(address)
    wiring.close()
    assert run("doctor", secret_key="former").exit_code == 0
    result = run("doctor", secret_key="another")
    assert result.exit_code == 2
    assert "ALLERVERS_SECRET_KEY: this key does not open what the database holds; put the former key back" in (
        result.output
    )
    wiring = Wiring()
    with pytest.raises(BotError, match="put the former key back"):
        wiring.services()
    wiring.close()
    assert run("doctor", secret_key="another,former").exit_code == 0


def test_a_misspelt_variable_does_not_go_unseen(run: Run) -> None:
    run("migrate")
    result = run("doctor", databse_url="postgresql://h/x")
    assert result.exit_code == 2
    assert "ALLERVERS_DATABSE_URL is no setting; did you mean ALLERVERS_DATABASE_URL?" in result.output


def test_the_doctor_says_all_that_flows_check_says(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("migrate")
    faults = [Problem("flows/definitions/a.yml", 3, "no action is called b", "name one"), Problem("c.yml", 1, "d", "e")]

    def count() -> str:
        raise AuthoringError(faults)

    monkeypatch.setattr(flows, "count", count)
    result = run("doctor")
    assert result.exit_code == 2
    for fault in faults:
        assert re.search(rf"flows +{re.escape(str(fault))}\n", result.output)


def test_a_demonstration_leaves_a_real_service_alone(run: Run) -> None:
    run("migrate")
    wiring = Wiring()
    with closing(wiring), wiring.database().transaction() as session:
        session.add(Lead(code="real", role="Cheffe de projet"))
    result = run("demo")
    assert result.exit_code == 2
    assert "this database has leads of its own (real…)" in result.output


def test_an_address_that_is_taken() -> None:
    with web_server.listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BotError, match=rf"127\.0\.0\.1:{port} cannot be listened on .*; .*--port"):
            web_server.listen("127.0.0.1", port)
