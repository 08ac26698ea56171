"""A resident by SMS from "bonjour" to a booked opening: our server and a Twilio of ours, signed requests both ways."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select
from starlette.types import ASGIApp

from bot.app import Services, create_app
from bot.channels.gsm7 import cost
from bot.channels.web import WebChannel
from bot.conversations import cases
from bot.conversations.case_models import Case
from bot.conversations.errors import TooLong
from bot.conversations.models import Address, Conversation, Message
from bot.runtime.turn import Mind
from bot.settings import Settings
from db.session import Database
from directory.exchange import load_demo
from directory.models import Booking
from tests.bot.site import Server
from tests.conftest import NOW
from tests.databases import SqliteTemplate
from tests.fakes.twilio import (
    ACCOUNT,
    NUMBER,
    RESIDENT,
    TOKEN,
    WHATSAPP_NUMBER,
    Failure,
    FakeTwilio,
    fake_twilio,
    fill,
)
from tests.understanding import understanding

SITE = "https://allervers.example.org"


class House(Services):
    """The real wiring, on a clock that the test sets."""

    def __init__(self, database: Database, api_url: str, now: datetime, mind: Mind | None = None) -> None:
        self.now = now
        settings = Settings(
            secret_key=(SecretStr("test key"),),
            public_url=SITE,
            twilio_account_sid=ACCOUNT,
            twilio_auth_token=SecretStr(TOKEN),
            twilio_api_url=api_url,
            sms_from=NUMBER,
            whatsapp_from=WHATSAPP_NUMBER,
            sms_per_second=1e6,
        )
        super().__init__(settings, lambda: self.now)
        self.database = database
        self.understanding = understanding()
        if mind is not None:
            self.mind, self.engine = mind, mind.engine

    @property
    def channel(self) -> WebChannel:
        return self.web

    def app(self) -> ASGIApp:
        return create_app(self)


class Resident:
    """Somebody with a phone. What is due leaves before they write again."""

    def __init__(self, house: House, twilio: FakeTwilio, prefix: str = "") -> None:
        self.house, self.twilio, self.address = house, twilio, f"{prefix}{RESIDENT}"

    def says(self, text: str, **fields: str) -> list[str]:
        """What they receive in answer."""
        before = len(self.twilio.messages)
        assert self.twilio.say(text, **{"From": self.address, **fields}).status == 200
        return self.waits(before)

    def waits(self, before: int | None = None) -> list[str]:
        """What reaches them by now."""
        before = len(self.twilio.messages) if before is None else before
        self.house.worker.run_until_idle(self.house.now)
        for message in self.twilio.messages[before:]:
            for status in ("sent", "delivered"):
                if "StatusCallback" in message:
                    assert self.twilio.tell(message, status).status == 204
        return [self.twilio.shown(message) for message in self.twilio.messages[before:]]


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with fake_twilio(SITE) as twilio:
        yield twilio


@pytest.fixture(scope="module")
def territory(sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file with the demonstration territory and nobody in it."""
    folder = tmp_path_factory.mktemp("territory")
    with sqlite_template.copy(folder) as url:
        database = Database(url)
        with database.transaction() as session:
            load_demo(session)
        database.close()
        yield folder / "test.db"


@pytest.fixture(scope="module")
def mind(territory: Path) -> Mind:
    """Made once: it takes a second."""
    return House(Database(f"sqlite:///{territory}"), "http://127.0.0.1:9", NOW).mind


@pytest.fixture
def house(territory: Path, mind: Mind, tmp_path: Path, twilio: FakeTwilio, now: datetime) -> Iterator[House]:
    shutil.copyfile(territory, tmp_path / "test.db")
    house = House(Database(f"sqlite:///{tmp_path / 'test.db'}"), twilio.url, now, mind)
    server = Server(house)  # type: ignore[arg-type]
    twilio.door = server.url
    yield house
    server.stop()
    house.database.close()


@pytest.fixture
def resident(house: House, twilio: FakeTwilio) -> Resident:
    return Resident(house, twilio)


def address(house: House) -> Address:
    with house.database.reading() as session:
        return session.scalars(select(Address)).one()


def test_from_hello_to_a_booked_opening(resident: Resident, house: House, twilio: FakeTwilio) -> None:
    hello = resident.says("bonjour")
    assert hello[-1].endswith("3 Prendre rendez-vous\n4 Parler à quelqu'un")
    assert "ville" in resident.says("3")[-1]
    first = resident.says("Carcassonne")[-1]
    assert "4 D'autres créneaux" in first
    second = resident.says("4")[-1]
    third = resident.says("4")[-1]  # the same number again: of another menu, hence other openings
    assert len({first, second, third}) == 3
    assert "prénom" in resident.says("1")[-1]
    booked = resident.says("Camille")
    assert booked[0].startswith("Réservé : ")
    with house.database.reading() as session:
        booking = session.scalars(select(Booking)).one()
        statuses = set(session.scalars(select(Message.status).where(Message.direction == "out")))
    assert (booking.status, statuses) == ("booked", {"delivered"})
    assert all(cost(text).alphabet == "GSM-7" for text in twilio.texts)
    assert {(message["To"], message["From"]) for message in twilio.messages} == {(RESIDENT, NUMBER)}

    house.now = booking.starts_at - timedelta(minutes=90)  # the reminder is due, whatever the hour
    assert resident.waits()[0].startswith("Rappel : ")


def test_stop_that_twilio_answered_says_nothing_and_start_begins_again(resident: Resident, house: House) -> None:
    resident.says("bonjour")
    assert resident.says("ARRET", OptOutType="STOP") == []
    assert address(house).stopped_at is not None
    assert resident.says("START", OptOutType="START") != []
    assert address(house).stopped_at is None


def test_stop_that_nobody_answered_is_confirmed_once(resident: Resident, house: House) -> None:
    resident.says("bonjour")
    (confirmation,) = resident.says("stop")
    assert confirmation.startswith("C'est fait")
    assert address(house).stopped_at is not None


def test_what_twilio_refuses_after_its_own_stop_stops_here_too(
    resident: Resident, house: House, twilio: FakeTwilio
) -> None:
    twilio.failures = [Failure(400, 21610)]
    assert resident.says("bonjour") == []
    assert address(house).stopped_at is not None
    assert resident.says("bonjour") != []  # they are back


def test_a_lost_answer_of_twilio_s_is_not_said_twice(resident: Resident, house: House, twilio: FakeTwilio) -> None:
    resident.says("bonjour")
    twilio.failures = [Failure(0)]
    resident.says("ça marche comment ?")
    assert twilio.messages[-1].get("lost")
    with house.database.reading() as session:
        waiting = session.scalars(select(Message).where(Message.status == "queued").order_by(Message.id)).first()
    assert waiting is not None
    callback = {
        "Sid": twilio.sid(),
        "To": RESIDENT,
        "StatusCallback": f"{SITE}/webhooks/twilio/status?message={waiting.id}",
    }
    assert twilio.tell(callback, "queued").status == 204
    house.now += timedelta(seconds=5)
    assert waiting.text not in resident.waits()


def test_what_is_too_long_waits_for_the_word_suite(
    resident: Resident, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    resident.says("bonjour")
    long = "\n".join(
        f"Étape {number} : présentez-vous à l'accueil, c'est gratuit, sans rendez-vous." for number in range(14)
    )
    domain = house.engine.domain
    (variation,) = domain.responses["utter_thanks"].variations
    monkeypatch.setitem(
        domain.responses,  # type: ignore[arg-type]
        "utter_thanks",
        replace(domain.responses["utter_thanks"], variations=(replace(variation, text=long),)),
    )
    parts = resident.says("merci")
    assert parts[0].endswith("SUITE pour lire la suite.")
    with house.database.reading() as session:
        before = session.scalars(select(Conversation.state)).one()
    while parts[-1].endswith("SUITE pour lire la suite."):
        parts += resident.says("suite")
    assert all(cost(part).segments <= 3 for part in parts)
    said = "\n".join(part.removesuffix("\nSUITE pour lire la suite.") for part in parts)
    assert said.split() == long.split()
    with house.database.reading() as session:
        assert session.scalars(select(Conversation.state)).one() == before
    assert resident.says("SUITE") != []  # nothing is left: what was said last is said again


def test_a_lead_s_answer_at_night_waits_for_the_morning_or_for_the_person(
    resident: Resident, house: House, twilio: FakeTwilio
) -> None:
    resident.says("je veux parler à quelqu'un")
    resident.says("Carcassonne")
    house.now += timedelta(hours=14)  # eleven at night
    with house.database.transaction() as session:
        case = session.scalars(select(Case)).one()
        assert case.lead_id is not None
        for text in ("Bonjour, ici le CitésLab.", "Je vous appelle demain ?"):
            cases.reply(session, case.id, case.lead_id, text, house.now)
    assert resident.waits() == []
    house.now += timedelta(minutes=5)
    assert resident.says("vous êtes là ?") == ["Bonjour, ici le CitésLab.", "Je vous appelle demain ?"]


@pytest.mark.parametrize("prefix", ["", "whatsapp:"])
def test_a_lead_s_longest_text_arrives_whole_and_a_longer_one_is_not_even_stored(
    house: House, twilio: FakeTwilio, prefix: str
) -> None:
    resident = Resident(house, twilio, prefix)
    resident.says("je veux parler à quelqu'un")
    resident.says("Carcassonne")
    longest = "Voici ce qu'il faut. " * 71 + "Dites-moi"
    assert len(longest) == cases.LONGEST_TEXT
    with house.database.transaction() as session:
        case = session.scalars(select(Case)).one()
        assert case.lead_id is not None
        for too_long in (longest + "!", "Puis… " * 210):  # the second grows on its way to a handset
            with pytest.raises(TooLong):
                cases.reply(session, case.id, case.lead_id, too_long, house.now)
        cases.reply(session, case.id, case.lead_id, longest, house.now)
    assert resident.waits() == [longest]
    with house.database.reading() as session:
        by_leads = session.scalars(select(Message).where(Message.author == "lead")).all()
    assert [(message.text, message.status) for message in by_leads] == [(longest, "delivered")]


def test_what_was_held_leaves_at_eight(resident: Resident, house: House, twilio: FakeTwilio) -> None:
    resident.says("je veux parler à quelqu'un")
    resident.says("Carcassonne")
    house.now += timedelta(hours=14)
    with house.database.transaction() as session:
        case = session.scalars(select(Case)).one()
        assert case.lead_id is not None
        cases.reply(session, case.id, case.lead_id, "À demain, ça ira…", house.now)
    assert resident.waits() == []
    house.now = house.now.replace(hour=6, minute=59) + timedelta(days=1)
    assert resident.waits() == []
    house.now += timedelta(minutes=1)
    assert resident.waits() == ["A demain, ca ira..."]
    assert int(twilio.messages[-1]["ValidityPeriod"]) == 900


def test_whatsapp_is_another_conversation_with_choices_to_tap(
    resident: Resident, house: House, twilio: FakeTwilio
) -> None:
    on_whatsapp = Resident(house, twilio, "whatsapp:")
    hello = on_whatsapp.says("bonjour")
    assert hello[-1].endswith("[Parler à quelqu'un]")
    assert "ville" in on_whatsapp.says("3")[-1]  # a number still does
    assert twilio.messages[-1]["From"] == f"whatsapp:{WHATSAPP_NUMBER}"
    openings = on_whatsapp.says("Carcassonne")[-1]
    sent = twilio.messages[-1]
    _, content = next(iter(twilio.contents[sent["ContentSid"]]["types"].items()))
    first = fill(content["items"][0]["id"], sent["ContentVariables"])
    assert "prénom" in on_whatsapp.says("", ListId=first, ListTitle=openings.splitlines()[-1])[-1]
    assert resident.says("3") != on_whatsapp.says("3")  # nobody's menu is another's
    with house.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Conversation)) == 2


def test_whatsapp_opens_a_list_in_the_language_of_whoever_reads_it(house: House, twilio: FakeTwilio) -> None:
    on_whatsapp = Resident(house, twilio, "whatsapp:")
    on_whatsapp.says("hello, can you help me please?")
    (content,) = twilio.contents[twilio.messages[-1]["ContentSid"]]["types"].values()
    assert content["button"] == "Choose"
    assert "or type 1" in twilio.messages[-1]["ContentVariables"]


def test_whatsapp_without_contents_has_numbers_to_type(house: House, twilio: FakeTwilio) -> None:
    twilio.no_contents = Failure(403, 20403)
    on_whatsapp = Resident(house, twilio, "whatsapp:")
    assert on_whatsapp.says("bonjour")[-1].endswith("4 Parler à quelqu'un")
    assert "ville" in on_whatsapp.says("3")[-1]


def test_a_content_whatsapp_gives_up_on_leaves_again_with_numbers(house: House, twilio: FakeTwilio) -> None:
    on_whatsapp = Resident(house, twilio, "whatsapp:")
    assert twilio.say("bonjour", From=on_whatsapp.address).status == 200
    house.worker.run_until_idle(house.now)
    tapped = twilio.messages[-1]
    assert "ContentSid" in tapped
    assert twilio.tell(tapped, "failed", 63021).status == 204
    assert on_whatsapp.waits() == []
    house.now += timedelta(seconds=31)
    (again,) = on_whatsapp.waits()
    assert again.endswith("4 Parler à quelqu'un")
    assert "Body" in twilio.messages[-1]
    assert "ContentSid" not in " ".join(twilio.messages[-1])
    on_whatsapp.says("3")
    assert "ContentSid" not in twilio.messages[-1]  # nor does the next one try
