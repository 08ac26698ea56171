"""No one else's eyes: logs, disks, doors and mails show what a person told to those they told it to."""

import logging
import re
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import IntegrityError
from starlette.routing import BaseRoute, Mount, Route

import db.crypto
from bot import keys
from bot.app import create_app
from bot.channels.base import OutboundMessage
from bot.errors import SettingsError
from bot.mail import PrintingMailer
from bot.settings import Settings
from db.crypto import Keyring
from db.errors import KeyMissing, KeyRejected
from db.session import Database
from directory.models import Lead
from flows.engine.actions import ActionContext
from tests.promises.house import CARCASSONNE, ELSEWHERE, House, Person
from tests.promises.test_2_nothing_twice import everything
from tests.tables import import_tables

NAME, SAID, PHONE = "Zénobie", "péplum quinconce", "+33639980777"
MARKERS = (NAME, "Zénob", "zenobie", SAID, "péplum", "quinconce", PHONE, "0639980777", "06 39 98 07 77", "39980777")


def tell_everything(person: Person) -> None:
    """A whole conversation in which the person tells who they are, and things go wrong."""
    person.do("bonjour", SAID, f"je m'appelle {NAME}", "/start_qualification", f"vendre des {SAID}", f"des {SAID}")
    person.do("/skip", "/skip", "/skip", f"/SetSlots(commune={CARCASSONNE})", "/skip", NAME, "/SetSlots(reach=phone)")
    person.do("06 39 98 07 77", "/book_appointment", 0, f"non c'est {NAME}", "mes donnees", "/talk_to_human")
    person.say(kind="contact", contact={"phone": PHONE, "name": NAME})
    person.meet()
    person.do(f"{SAID} ?")


def leaks(text: str) -> set[str]:
    """The markers that stand in a text."""
    return {marker for marker in MARKERS if marker in text}


class Broken:
    """A provider whose errors quote what they were given, as real ones do."""

    name = variant = "sms"
    per_second = None
    pushes = True

    def send(self, message: OutboundMessage) -> str:
        raise RuntimeError(f"could not send {message.text!r} to {message.address}")


class BrokenMailer:
    """A mail server whose errors quote the mail."""

    def send(self, mail: Any) -> None:
        raise RuntimeError(f"could not send {mail.body}{SAID}{NAME}")


def breaks(context: ActionContext) -> Any:
    raise RuntimeError(f"cannot work with {dict(context.slots)} {SAID} {PHONE}")


@pytest.mark.parametrize("trouble", ["none", "an action", "the provider", "the mail server", "the understanding"])
def test_nothing_a_person_says_is_logged(
    house: House, trouble: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(text: str) -> Any:
        raise RuntimeError(f"cannot read {text}")

    person = Person(house, "sms")
    person.address = PHONE
    mailer: Any = BrokenMailer() if trouble == "the mail server" else PrintingMailer()
    house._mailer = lambda: mailer  # type: ignore[method-assign]
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.INFO, "sqlalchemy"):
        if trouble == "an action":
            house.change_action("action_save_profile", breaks)
        if trouble == "the provider":
            house.channels = {"sms": Broken()}
        if trouble == "the understanding":
            house.change(parse=fail)
            for text in (SAID, NAME):
                person.say(text)
        else:
            try:
                tell_everything(person)
            except IndexError:  # who gets no answer has nothing to tap
                assert trouble in ("an action", "the provider")
    assert caplog.records, "the test sees the logs"
    printed = capfd.readouterr()
    assert not leaks(caplog.text)
    assert not leaks(printed.err)
    assert not leaks(printed.out)


def test_what_people_tell_is_not_on_the_disk_in_clear(house: House, tmp_path: Path) -> None:
    person = Person(house, "sms")
    person.address = PHONE
    tell_everything(person)
    with house.database.transaction() as session:
        lead = session.scalars(select(Lead).where(Lead.code == "here")).one()
        lead.phone, lead.email = PHONE, f"{NAME}@example.org"
    import_tables()
    with house.database.engine.connect() as connection:
        found = {
            f"{table}.{column}"
            for table in inspect(connection).get_table_names()
            for row in connection.exec_driver_sql(f"SELECT * FROM {table}").mappings()
            for column, value in row.items()
            if leaks(str(value))
        }
    assert not found
    if house.database.dialect == "sqlite":
        files = [path.read_bytes() for path in tmp_path.glob("test.db*")]
        assert sum(map(len, files)) > 50_000
        assert not [marker for marker in MARKERS for file in files if marker.encode() in file]


def test_without_a_key_nothing_is_stored_nor_served(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = Settings.model_validate({"database_url": "postgresql://localhost/x", "data_dir": tmp_path})
    with pytest.raises(SettingsError, match="ALLERVERS_SECRET_KEY"):
        keys.prepare(settings)
    monkeypatch.setattr(db.crypto, "_current", None)
    with pytest.raises(KeyMissing):
        Person(house, "sms").send("bonjour")


def test_a_key_of_our_own_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    key = keys.local_key(tmp_path / "secret.key")
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
    assert keys.local_key(tmp_path / "secret.key") == key
    assert len(key) >= 32


def test_addresses_are_found_with_the_key_alone_and_outlive_its_rotation() -> None:
    old, rotated, other = Keyring(["old"]), Keyring(["new", "old"]), Keyring(["other"])
    assert old.fingerprint(PHONE) == rotated.fingerprint(PHONE) != other.fingerprint(PHONE)
    assert rotated.open(old.seal(SAID)) == SAID
    with pytest.raises(KeyRejected):
        other.open(old.seal(SAID))


def doors(routes: list[BaseRoute], prefix: str = "") -> list[tuple[str, str]]:
    """Every way in: method and path."""
    found = []
    for route in routes:
        if isinstance(route, Route):
            path = prefix + re.sub(r"{(\w+)(:int)?}", lambda part: "1" if part[2] else part[1], route.path)
            found += [(method, path) for method in sorted(route.methods or ())]
        elif isinstance(route, Mount):
            found += doors(list(route.routes), prefix + route.path)
    return found


OPEN = {
    "/", "/confidentialite", "/healthz", "/readyz", "/metrics", "/desk/login", "/phone/messages", "/rdv/reference.ics",
    "/q/code",
}  # fmt: skip
"""Where anybody may look: nothing there is about anybody, or only for whoever brings the proof."""


def test_every_door_stays_shut_for_whoever_proves_nothing(house: House) -> None:
    person = Person(house, "web")
    tell_everything(person)
    app = create_app(house)

    async def knock() -> list[tuple[str, str, int, str]]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://site.test") as client:
            answers = []
            for method, path in doors(app.routes):
                answer = await client.request(method, path, content=b"{}")
                answers.append((method, path, answer.status_code, answer.text))
            return answers

    before = everything(house.database)
    answers = anyio.run(knock)
    assert len(answers) > 20
    counted = '["poster_opening"'  # a number and a day
    assert [row for row in everything(house.database) if not row.startswith(counted)] == before
    for method, path, status, text in answers:
        assert not leaks(text), path
        if method not in ("GET", "HEAD"):
            assert status in (400, 401, 403), (method, path, status)
        elif path not in OPEN and not path.startswith(("/static", "/desk/static")):
            assert status in (303, 401, 403, 404), (method, path, status)


@pytest.mark.parametrize(
    ("commune", "told"),
    [(CARCASSONNE, "here"), (ELSEWHERE, "elsewhere"), ("75056", "everywhere"), (None, "everywhere")],
)
def test_only_the_lead_of_the_territory_is_told(house: House, commune: str | None, told: str) -> None:
    person = Person(house, "web")
    person.do("bonjour", *([f"/SetSlots(commune={commune})"] if commune else []), "/talk_to_human")
    assert [mail.to for mail in house.mailbox.mails] == [(f"{told}@example.org",)]
    assert not leaks(house.mailbox.mails[0].body)


def test_a_booking_is_told_to_its_own_lead_alone(house: House) -> None:
    person = Person(house, "sms")
    person.do("/book_appointment", f"/SetSlots(commune={ELSEWHERE})", 0, f"{NAME} Durand")
    (mail,) = house.mailbox.mails
    assert mail.to == ("elsewhere@example.org",)
    assert NAME in mail.body
    assert "Durand" not in mail.subject + mail.body
    assert person.address not in mail.subject + mail.body


def test_an_error_of_the_database_does_not_quote_what_it_was_given(house: House) -> None:
    with pytest.raises(IntegrityError) as refused, house.database.transaction() as session:
        session.add(Lead(code="here", role=SAID))
        session.flush()
    assert not leaks(str(refused.value))


def test_a_database_url_is_never_shown_with_its_password() -> None:
    database = Database("postgresql://someone:pass-word@localhost/x")
    assert "pass-word" not in repr(database.engine.url) + str(database.url)
    database.close()
