"""Twilio at our door, over real HTTP: what is forged, repeated, reordered or concurrent has one effect, or none."""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select
from starlette.types import ASGIApp

from bot import outbox
from bot.channels.twilio import STATUS_PATH
from bot.conversations.models import Address, Conversation, Message
from bot.receipts import TRY_AGAIN_AFTER
from bot.settings import Settings
from bot.web import create_app
from bot.web_twilio import MESSAGES_PATH, Webhooks
from db.session import Database
from tests.bot.people import FakeChannel, channels
from tests.bot.site import House, Server
from tests.bot.test_outbox import claimed, owed
from tests.fakes.twilio import ACCOUNT, RESIDENT, TOKEN, FakeTwilio, fake_twilio

SITE = "https://allervers.example.org/sous-dossier"


@dataclass
class TwilioHouse(House):
    """A house whose only guests come from Twilio."""

    def app(self) -> ASGIApp:
        return create_app(self, self.channel, Webhooks(self).routes())


def settings(**more: Any) -> Settings:
    values = {"twilio_account_sid": ACCOUNT, "twilio_auth_token": SecretStr(TOKEN), "public_url": SITE, **more}
    return Settings(**values)


@pytest.fixture
def house(database: Database, now: datetime) -> TwilioHouse:
    return TwilioHouse(database, now, lambda message: [], settings())


@pytest.fixture
def twilio(house: TwilioHouse) -> Iterator[FakeTwilio]:
    server = Server(house)
    with fake_twilio(SITE, server.url) as twilio:  # as behind a proxy that ends TLS and knows the folder
        yield twilio
    server.stop()
    house.turns.close()


def stored(house: House) -> list[Message]:
    """What residents said, as it is kept."""
    with house.database.reading() as session:
        return list(session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id)))


def held(message: Message) -> dict[str, Any]:
    """What a message holds beside its text."""
    return {name: value for name, value in message.content.items() if value}


# What comes in


def test_a_text_is_stored_before_an_empty_answer_and_a_turn_is_woken(twilio: FakeTwilio, house: TwilioHouse) -> None:
    answer = twilio.say("Bonjour, ça va ? 👋")
    assert (answer.status, answer.content_type) == (200, "text/xml; charset=utf-8")
    assert answer.body == '<?xml version="1.0" encoding="UTF-8"?><Response/>'
    (message,) = stored(house)
    assert (message.channel, message.text) == ("sms", "Bonjour, ça va ? 👋")
    assert house.turns.submitted == [message.conversation_id]
    with house.database.reading() as session:
        assert session.scalars(select(Address.external_id)).one() == RESIDENT


SENT: list[tuple[dict[str, str], dict[str, Any]]] = [
    ({"NumMedia": "1", "MediaContentType0": "audio/ogg"}, {"kind": "media", "media": "voice"}),
    ({"NumMedia": "2", "MediaContentType0": "image/jpeg"}, {"kind": "media", "media": "photo"}),
    ({"NumMedia": "1", "MediaContentType0": "application/pdf"}, {"kind": "media", "media": "file"}),
    ({"NumMedia": "1", "MediaContentType0": "image/png", "Body": "ma carte"}, {"kind": "text", "media": "photo"}),
    ({"ButtonPayload": "/coming", "ButtonText": "Je viens"}, {"kind": "choice", "payload": "/coming"}),
    (
        {"Latitude": "43.2130", "Longitude": "2.3491", "Address": "", "Label": ""},
        {"kind": "location", "location": {"lat": 43.213, "lon": 2.3491}},
    ),
    ({"Latitude": "nan", "Longitude": "2", "Body": "ici"}, {"kind": "text"}),
    ({"Latitude": "143", "Longitude": "2", "Body": "ici"}, {"kind": "text"}),
    (
        {"Body": "ARRET", "OptOutType": "STOP"},
        {"kind": "choice", "payload": "/stop_messages", "answered": True},
    ),
    ({"Body": "START", "OptOutType": "START"}, {"kind": "choice", "payload": "/help"}),
]


def test_what_people_send_in_our_words(twilio: FakeTwilio, house: TwilioHouse) -> None:
    for fields, kept in SENT:
        assert twilio.say(**{"text": "", **fields}).status == 200
        assert held(stored(house)[-1]) == kept, fields


def test_whatsapp_has_addresses_of_its_own_and_nobody_gave_us_the_name(twilio: FakeTwilio, house: TwilioHouse) -> None:
    twilio.say("Bonjour")
    twilio.say("Bonjour", From=f"whatsapp:{RESIDENT}", ProfileName="Camille", WaId=RESIDENT[1:])
    assert [message.channel for message in stored(house)] == ["sms", "whatsapp"]
    with house.database.reading() as session:
        assert session.scalars(select(Address.external_id)).all() == [RESIDENT, RESIDENT]
        assert session.scalar(select(func.count()).select_from(Conversation)) == 2
    assert "Camille" not in str([message.content for message in stored(house)])


def test_who_cannot_be_answered_is_not_talked_to(twilio: FakeTwilio, house: TwilioHouse) -> None:
    for sender in ("38600", "ORANGE", "", "whatsapp:brand", "+33"):
        assert twilio.say("Votre facture est disponible", From=sender).status == 200
    assert stored(house) == []


def test_the_same_number_typed_twice_is_said_twice_and_a_redelivery_once(
    twilio: FakeTwilio, house: TwilioHouse
) -> None:
    sid = twilio.sid()
    for _ in range(3):
        assert twilio.say("1", sid=sid).status == 200
    assert twilio.say("1").status == 200
    assert [message.text for message in stored(house)] == ["1", "1"]


def test_the_same_delivery_many_times_at_once_is_one_message(twilio: FakeTwilio, house: TwilioHouse) -> None:
    sid = twilio.sid()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: twilio.say("Bonjour", sid=sid).status, range(16)))
    assert answers == [200] * 16
    assert len(stored(house)) == 1


# Who may come in

FORM = {"MessageSid": "SM" + "a" * 32, "From": RESIDENT, "Body": "Bonjour", "ToState": ""}


FORGERIES: list[dict[str, Any]] = [
    {"signature": ""},
    {"signature": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="},
    {"signature": "pas de l'ASCII : \xe9"},
    {"token": "another token"},
    {"body": urlencode({**FORM, "Body": "Un autre texte"}).encode()},
    {"body": urlencode({name: value for name, value in FORM.items() if value}).encode()},  # a blank field is gone
    {"body": b""},
    {"body": b"\xff=\xff"},
    {"body": b"&".join(b"a=1" for _ in range(5000))},
]


def test_what_twilio_did_not_sign_stores_nothing(twilio: FakeTwilio, house: TwilioHouse) -> None:
    for forgery in FORGERIES:
        for path in (MESSAGES_PATH, STATUS_PATH):
            assert twilio.post(path, FORM, **forgery).status in (400, 403), forgery
    assert stored(house) == []


def test_a_signature_is_for_one_address_alone(twilio: FakeTwilio, house: TwilioHouse) -> None:
    twilio.public_url = "https://elsewhere.example.org"
    assert twilio.say("Bonjour").status == 403
    twilio.public_url = SITE
    assert twilio.post(f"{MESSAGES_PATH}?a=1&b=", FORM).status == 200
    assert len(stored(house)) == 1


def test_fields_given_twice_are_signed_as_twilio_does(twilio: FakeTwilio, house: TwilioHouse) -> None:
    body = urlencode([*FORM.items(), ("Body", "Bonjour")]).encode()
    assert twilio.post(MESSAGES_PATH, FORM, body=body).status == 200
    assert len(stored(house)) == 1


@pytest.mark.parametrize("missing", ["public_url", "twilio_auth_token"])
def test_without_the_means_to_check_everything_is_refused(twilio: FakeTwilio, house: TwilioHouse, missing: str) -> None:
    house.settings = settings(**{missing: None})
    assert twilio.post(MESSAGES_PATH, FORM).status == 403
    assert twilio.post("/webhooks/twilio/status", FORM).status == 403
    assert stored(house) == []


def test_a_body_is_bounded_and_a_message_has_an_id(twilio: FakeTwilio, house: TwilioHouse) -> None:
    assert twilio.post(MESSAGES_PATH, {**FORM, "Body": "x" * 70_000}).status == 400
    assert twilio.post(MESSAGES_PATH, {"From": RESIDENT, "Body": "Bonjour"}).status == 400
    assert stored(house) == []


# What became of ours


def test_receipts_follow_a_message_whatever_their_order(twilio: FakeTwilio, house: TwilioHouse, now: datetime) -> None:
    for number, order in enumerate(itertools.permutations(("sent", "delivered", "queued"))):
        sid = owe_and_send(twilio, house, now, f"message {number}")
        for status in order:
            assert tell(twilio, sid, status) == 204
            assert tell(twilio, sid, status) == 204
        assert status_of(house, sid) == "delivered"


def test_a_failure_after_a_delivery_changes_nothing(twilio: FakeTwilio, house: TwilioHouse, now: datetime) -> None:
    sid = owe_and_send(twilio, house, now)
    for status, code in (("delivered", None), ("undelivered", 30005), ("sent", None)):
        assert tell(twilio, sid, status, code) == 204
    assert status_of(house, sid) == "delivered"
    assert address(house).blocked_at is None


def test_a_dead_number_is_written_to_no_more_unless_it_lives(
    twilio: FakeTwilio, house: TwilioHouse, now: datetime
) -> None:
    for code in (30005, 30006, 30004):
        sid = owe_and_send(twilio, house, now)
        tell(twilio, sid, "undelivered", code)
        assert status_of(house, sid) == "failed"
        assert address(house).blocked_at == now
        twilio.say("Je suis là")
        assert address(house).blocked_at is None


def test_old_news_of_a_dead_number_are_contradicted_by_who_wrote_since(
    twilio: FakeTwilio, house: TwilioHouse, now: datetime
) -> None:
    sid = owe_and_send(twilio, house, now)
    house.now += timedelta(seconds=1)
    twilio.say("Je suis là")
    tell(twilio, sid, "undelivered", 30005)
    assert (status_of(house, sid), address(house).blocked_at) == ("failed", None)


def test_a_phone_that_is_off_is_no_dead_number(twilio: FakeTwilio, house: TwilioHouse, now: datetime) -> None:
    sid = owe_and_send(twilio, house, now)
    tell(twilio, sid, "undelivered", 30003)
    assert (status_of(house, sid), address(house).blocked_at) == ("failed", None)


def test_a_stop_that_twilio_learns_later_is_ours_too(twilio: FakeTwilio, house: TwilioHouse, now: datetime) -> None:
    tell(twilio, owe_and_send(twilio, house, now), "failed", 21610)
    assert address(house).stopped_at == now


def test_an_early_receipt_is_not_lost_and_a_timeout_not_repeated(
    twilio: FakeTwilio, house: TwilioHouse, now: datetime
) -> None:
    """Twilio took the message, its answer was lost: its receipt, with our id, keeps us from sending again."""
    message_id = owe(house, now)
    sid = twilio.sid()
    assert tell(twilio, sid, "queued", message_id=message_id) == 204
    channel = FakeChannel()
    for job in claimed(house.database, now):
        outbox.deliver(house.database, channels(channel), job, now)
    assert channel.sent == []
    tell(twilio, sid, "delivered", message_id=message_id)
    assert status_of(house, sid) == "delivered"


def test_a_full_queue_at_the_operator_s_is_tried_once_more(
    twilio: FakeTwilio, house: TwilioHouse, now: datetime
) -> None:
    sid = owe_and_send(twilio, house, now)
    message_id = find(house, sid).id
    for _ in range(2):
        tell(twilio, sid, "undelivered", 30001, message_id=message_id)
    tell(twilio, sid, "delivered", message_id=message_id)  # late news of a try that failed
    second = send(twilio, house, now + TRY_AGAIN_AFTER)
    tell(twilio, second, "undelivered", 30001, message_id=message_id)
    assert claimed(house.database, now + 3 * TRY_AGAIN_AFTER) == []
    assert status_of(house, second) == "failed"


def test_a_status_nobody_knows_is_acknowledged(twilio: FakeTwilio, house: TwilioHouse, now: datetime) -> None:
    sid = owe_and_send(twilio, house, now)
    for status in ("invented", ""):
        assert tell(twilio, sid, status) == 204
    assert status_of(house, sid) == "sent"


def test_receipts_for_nobody_s_message_change_nothing(twilio: FakeTwilio, house: TwilioHouse, now: datetime) -> None:
    sid = owe_and_send(twilio, house, now)
    other = twilio.sid()
    for message_id in (None, 10**9, 0):
        assert tell(twilio, other, "delivered", message_id=message_id) == 204
    assert tell(twilio, other, "delivered", message_id=find(house, sid).id) == 204  # another try of the same message
    assert status_of(house, sid) == "sent"


# Helpers


def owe(house: House, now: datetime, text: str = "un") -> int:
    """A message owed to the resident."""
    (message_id,) = owed(house.database, now, text)
    return message_id


def send(twilio: FakeTwilio, house: House, now: datetime) -> str:
    """Sends the message that is due; its provider id."""
    (job,) = claimed(house.database, now)
    sid = twilio.sid()
    channel = FakeChannel()
    channel.send = lambda message: sid  # type: ignore[method-assign]
    outbox.deliver(house.database, channels(channel), job, now)
    return sid


def owe_and_send(twilio: FakeTwilio, house: House, now: datetime, text: str = "un") -> str:
    """A message that Twilio has; its id there."""
    owe(house, now, text)
    return send(twilio, house, now)


def tell(twilio: FakeTwilio, sid: str, status: str, code: int | None = None, *, message_id: int | None = None) -> int:
    """A receipt; what we answered."""
    callback = f"{SITE}{STATUS_PATH}?message={'' if message_id is None else message_id}"
    return twilio.tell({"Sid": sid, "To": RESIDENT, "StatusCallback": callback}, status, code).status


def find(house: House, sid: str) -> Message:
    """The message with this id at Twilio."""
    with house.database.reading() as session:
        return session.scalars(select(Message).where(Message.provider_id == sid)).one()


def status_of(house: House, sid: str) -> str:
    """What we think became of it."""
    return find(house, sid).status


def address(house: House) -> Address:
    """The resident's address."""
    with house.database.reading() as session:
        return session.scalars(select(Address)).one()
