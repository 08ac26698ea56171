"""STOP, SUPPRIMER and MES DONNÉES do what they say."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from bot import inbox, outbox
from bot.conversations import cases, consent, contacts
from bot.conversations.case_models import Case
from bot.conversations.jobs import Job
from bot.conversations.models import Address, Contact, Conversation, Message
from db.crypto import fingerprint, keyring
from db.errors import KeyRejected
from db.session import Database
from directory.models import Booking
from tests.bot.appointments import LEAD, add_directory, book
from tests.bot.people import PHONE, FakeChannel, arrive, channels, inbound

SECRETS = (PHONE, "639980001", "Amina", "coiffure", "secret", "+33639980009", "in-erased")
"""What the person below tells, and must not be found anywhere once they are erased."""


def say(session: Session, conversation: Conversation, said: str, now: datetime, **content: Any) -> Message:
    message = Message(
        conversation_id=conversation.id, direction="out", author="bot", channel=conversation.channel, text=said,
        content=content or None, owner_epoch=conversation.owner_epoch, created_at=now,
    )  # fmt: skip
    outbox.owe_delivery(session, message, now)
    return message


def test_a_forgotten_number_is_nowhere_but_in_what_they_wrote(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        add_directory(session)
        conversation = arrive(session, now, "j'ai un projet")
        contact = conversation.contact
        contacts.set_phone(contact, "+33639980009")
        told = {"sector": "coiffure", "reach": "phone", "phone": "+33639980009"}
        conversation.state = {"slots": dict(told), "asked": None}
        case, _ = cases.open_or_update(
            session, contact_id=contact.id, conversation_id=conversation.id, reason="advice", now=now, lead_id=LEAD,
            entry_kind="profile", profile=told,
        )  # fmt: skip
        consent.forget_phone(session, contact, now)
        case_id, contact_id, conversation_id = case.id, contact.id, conversation.id
    with database.reading() as session:
        case = session.get_one(Case, case_id)
        assert session.get_one(Contact, contact_id).phone is None
        assert case.profile == {"sector": "coiffure"}
        assert "coiffure" in (case.summary or "").lower()
        assert session.get_one(Conversation, conversation_id).state == {"slots": {"sector": "coiffure"}, "asked": None}


@pytest.fixture
def life(database: Database, now: datetime) -> int:
    """The conversation of someone who told us everything."""
    with database.transaction() as session:
        add_directory(session)
        conversation = arrive(session, now, "mon secret", provider_id="in-erased", contact={"name": "Amina secret"})
        contact = conversation.contact
        contacts.rename(contact, "Amina Secret")
        contacts.set_phone(contact, "+33639980009")
        conversation.state = {"slots": {"name": "Amina"}}
        profile = {"sector": "coiffure", "name": "Amina"}
        case, _ = cases.open_or_update(
            session, contact_id=contact.id, conversation_id=conversation.id, reason="asked", now=now, lead_id=LEAD,
            entry_kind="handoff_requested", entry_detail={"said": "secret"}, profile=profile, urgent=True,
        )  # fmt: skip
        cases.note(session, case.id, LEAD, "Amina a un secret", now)
        cases.take_over(session, case.id, LEAD, now)
        book(session, contact.id, now + timedelta(days=2))
        book(session, contact.id, now - timedelta(days=9), status="done")
        say(session, conversation, "réponse pour Amina", now)
        return conversation.id


def deliver_due(database: Database, channel: FakeChannel, now: datetime) -> None:
    while jobs := outbox.claim(database, now, 60, [outbox.DELIVER]):
        outbox.deliver(database, channels(channel), jobs[0], now)


def everything(database: Database) -> Iterator[str]:
    """Every value of every table as it is stored, opened where the keys open it."""
    with database.engine.connect() as connection:
        listing = {
            "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
            "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
        }[database.dialect]
        for (table,) in connection.execute(text(listing)).all():
            for row in connection.execute(text(f"SELECT * FROM {table}")):
                for value in row:
                    yield str(value)
                    try:
                        yield keyring().open(str(value))
                    except KeyRejected:
                        continue


def found_secrets(database: Database) -> set[str]:
    # JSON may hide an accent or a plus behind an escape: both forms are looked for.
    values = list(everything(database))
    return {one for one in SECRETS for value in values if one in value or json.dumps(one)[1:-1] in value}


def erase(database: Database, conversation_id: int, now: datetime, last_word: str | None = "C’est effacé.") -> None:
    with database.transaction() as session:
        conversation = contacts.lock(session, conversation_id)
        consent.erase(session, conversation.contact, now)
        if last_word:
            say(session, conversation, last_word, now, last_word=True)


def test_secrets_can_be_found_before(database: Database, life: int) -> None:
    assert found_secrets(database) == set(SECRETS)


def test_the_erased_are_nowhere_once_the_last_word_left(database: Database, now: datetime, life: int) -> None:
    erase(database, life, now)
    channel = FakeChannel()
    deliver_due(database, channel, now)
    assert channel.texts == ["C’est effacé."]
    assert found_secrets(database) == set()
    digest = fingerprint("sms", PHONE)
    assert all(digest not in value for value in everything(database))


def test_what_stays_only_counts(database: Database, now: datetime, life: int) -> None:
    erase(database, life, now)
    with database.reading() as session:
        case = session.scalars(select(Case)).one()
        assert (case.closed_at, case.profile, case.summary, case.urgent) == (now, None, None, False)
        assert [entry.detail for entry in case.entries] == [None] * len(case.entries)
        assert case.entries[-1].kind == "erased"
        conversation = session.get_one(Conversation, life)
        assert (conversation.state, conversation.owner_lead_id, conversation.owner_epoch) == (None, None, 2)
        bookings = session.scalars(select(Booking).order_by(Booking.starts_at)).all()
        assert [(one.status, one.contact_id) for one in bookings] == [("done", None), ("cancelled", None)]
        assert session.scalar(select(func.count()).select_from(Message)) == 3
        told = [job.payload["fact"] for job in session.scalars(select(Job).where(Job.kind == "notify_lead"))]
        assert told == ["cancelled"]


def test_the_last_word_survives_a_provider_that_is_down(database: Database, now: datetime, life: int) -> None:
    erase(database, life, now)
    channel = FakeChannel()
    channel.failures = [RuntimeError(), RuntimeError()]
    for seconds in (0, 2, 6):
        deliver_due(database, channel, now + timedelta(seconds=seconds))
    assert channel.texts == ["C’est effacé."]
    assert found_secrets(database) == set()


@pytest.mark.parametrize("last_word", ["C’est effacé.", None])
def test_the_address_is_forgotten_even_if_the_last_word_never_leaves(
    database: Database, now: datetime, life: int, last_word: str | None
) -> None:
    erase(database, life, now, last_word)
    handler = consent.handlers(database, lambda: now, 365)[consent.FORGET_ADDRESS]
    assert outbox.claim(database, now, 60, [consent.FORGET_ADDRESS]) == []
    (job,) = outbox.claim(database, now + consent.LAST_WORD_WITHIN, 60, [consent.FORGET_ADDRESS])
    handler(job)
    assert found_secrets(database) - {"C’est effacé."} == set()


@pytest.mark.parametrize("channel", ["sms", "web"])
def test_whoever_writes_again_is_a_new_person(database: Database, now: datetime, channel: str) -> None:
    with database.transaction() as session:
        before = arrive(session, now, channel=channel)
        consent.erase(session, before.contact, now)
        say(session, before, "C’est effacé.", now, last_word=True)
    with database.reading() as session:  # a page must still find the last word
        assert (contacts.find(session, channel, PHONE) is not None) == (channel == "web")
    with database.transaction() as session:
        after = arrive(session, now, channel=channel)
        assert after.contact_id != before.contact_id
        assert contacts.find(session, channel, PHONE) is after


def test_a_redelivery_after_the_erasure_is_still_known(database: Database, now: datetime, life: int) -> None:
    erase(database, life, now)
    with database.transaction() as session:
        again = inbox.accept(session, inbound("mon secret", provider_id="in-erased"), now)
        assert (again.is_new, again.conversation_id) == (False, life)
        assert session.scalar(select(func.count()).select_from(Contact)) == 1


def test_messages_still_waiting_are_erased_too(database: Database, now: datetime, life: int) -> None:
    with database.transaction() as session:
        arrive(session, now, "encore un secret")
    erase(database, life, now)
    with database.reading() as session:
        assert inbox.pending_conversations(session, now) == []


def test_a_message_on_its_way_in_is_not_missed(database: Database, now: datetime, life: int) -> None:
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as session:
            arrive(session, now, "encore un secret")
            erasing = pool.submit(erase, database, life, now)
            wait([erasing], timeout=0.3)  # the erasure must wait for us: were it done by then, it would miss this
        erasing.result(10)
    deliver_due(database, FakeChannel(), now)
    assert found_secrets(database) == set()


def test_after_stop_nothing_leaves_but_the_last_word(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        conversation = arrive(session, now)
        say(session, conversation, "avant", now)
        consent.stop(session, conversation, now)
        say(session, conversation, "C’est arrêté.", now, last_word=True)
        say(session, conversation, "après", now)
    channel = FakeChannel()
    deliver_due(database, channel, now)
    assert channel.texts == ["C’est arrêté."]


def test_writing_again_after_stop_starts_again(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        conversation = arrive(session, now)
        consent.stop(session, conversation, now)
        assert consent.start_again(session, conversation, now)
        assert not consent.start_again(session, conversation, now)
        say(session, conversation, "bonjour", now)
    channel = FakeChannel()
    deliver_due(database, channel, now)
    assert channel.texts == ["bonjour"]


def test_my_data_says_what_is_held(database: Database, now: datetime, life: int) -> None:
    with database.reading() as session:
        held = consent.export_text(session, session.get_one(Conversation, life).contact)
    assert json.loads(json.dumps(held)) == held
    assert (held["name"], held["phone"], held["language"]) == ("Amina Secret", "+33639980009", "fr")
    assert held["profile"] == {"sector": "coiffure", "name": "Amina"}
    assert (held["messages"], held["channels"]) == (2, ["sms"])
    assert [booking["status"] for booking in held["bookings"]] == ["done", "booked"]
    assert held["cases"][0]["notes"] == 1


def test_only_the_long_silent_are_forgotten(database: Database, now: datetime) -> None:
    old, recent = "+33639980001", "+33639980002"
    with database.transaction() as session:
        for address in (old, recent):
            arrive(session, now, address=address)
        arrive(session, now + timedelta(days=300), address=recent)
    later = now + timedelta(days=366)
    with database.transaction() as session:
        assert consent.forget_old(session, later, 365) == 1
        assert consent.forget_old(session, later, 365) == 0
        assert contacts.find(session, "sms", old) is None
        assert contacts.find(session, "sms", recent) is not None


def test_the_sweep_forgets_and_settles(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        for number in range(3):
            arrive(session, now, address=f"+3363998000{number}")
        outbox.owe(session, kind=consent.FORGET_OLD, key="sweep", lane=outbox.REMINDER, payload={}, due_at=now)
    later = now + timedelta(days=400)
    clock: Callable[[], datetime] = lambda: later  # noqa: E731
    (job,) = outbox.claim(database, later, 60, [consent.FORGET_OLD])
    consent.handlers(database, clock, 365)[consent.FORGET_OLD](job)
    with database.reading() as session:
        assert session.scalar(select(func.count()).where(Contact.erased_at.is_(None))) == 0
        assert session.get_one(Job, job.id).outcome == "done"
        assert session.scalars(select(Address.external_id)).all() != []
