"""Leads are told once per fact; people are reminded of what is still true."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot import outbox
from bot.channels.rendering import Rendered
from bot.conversations import cases, contacts
from bot.conversations.jobs import REMINDER, Job
from bot.conversations.models import Conversation, Message
from bot.conversations.notifications import FACTS, NOTIFY, Notifier, owe_notification
from bot.conversations.reminder_job import Reminder
from bot.errors import SettingsError
from bot.mail import Mail, MailLater, MailRefused, PrintingMailer, SmtpMailer
from db.base import Base
from db.session import Database
from directory.models import Booking, Lead
from tests.bot.appointments import COORDINATION, LEAD, add_directory, book
from tests.bot.people import FakeChannel, arrive, channels
from tests.bot.smtp_server import SmtpServer, smtp_server

SOON = timedelta(days=1, hours=6)  # the day after at three in the afternoon, local time


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with smtp_server() as running:
        yield running


@pytest.fixture
def people(database: Database, now: datetime) -> tuple[int, int, int]:
    """Ids of a conversation, its case and its booking."""
    with database.transaction() as session:
        add_directory(session)
        conversation = arrive(session, now)
        contacts.rename(conversation.contact, "Amina Secret")
        contacts.set_phone(conversation.contact, "+33639980009")
        case, _ = cases.open_or_update(
            session, contact_id=conversation.contact_id, conversation_id=conversation.id, reason="asked", now=now,
            entry_kind="handoff_requested", lead_id=LEAD, profile={"idea": "un projet secret"},
        )  # fmt: skip
        return conversation.id, case.id, book(session, conversation.contact_id, now + SOON).id


def notifier(database: Database, server: SmtpServer, now: datetime) -> Notifier:
    return Notifier(database, SmtpMailer(server.url, "robot@example.org"), lambda: now, "https://ici.example.org/desk")


def owe(database: Database, fact: str, now: datetime, case_id: int, booking_id: int) -> bool:
    with database.transaction() as session:
        return owe_notification(session, fact, now, case_id=case_id, booking_id=booking_id)


def change(database: Database, table: type[Base], key: int, **columns: Any) -> None:
    with database.transaction() as session:
        row = session.get_one(table, key)
        for name, value in columns.items():
            setattr(row, name, value)


def notify_due(database: Database, handler: Notifier, now: datetime) -> list[str | None]:
    """Outcomes of the notifications that were due."""
    jobs = outbox.claim(database, now, 60, [NOTIFY], limit=10)
    for job in jobs:
        handler.notify_lead(job)
    with database.reading() as session:
        return [session.get_one(Job, job.id).outcome for job in jobs]


@pytest.mark.parametrize("fact", FACTS)
def test_each_fact_is_told_once_with_a_first_name_at_most(
    database: Database, now: datetime, people: tuple[int, int, int], server: SmtpServer, fact: str
) -> None:
    _, case_id, booking_id = people
    if fact == "cancelled":
        change(database, Booking, booking_id, status="cancelled")
    assert owe(database, fact, now, case_id, booking_id)
    assert not owe(database, fact, now, case_id, booking_id)
    assert notify_due(database, notifier(database, server, now), now) == ["done"]
    (mail,) = server.mails
    shown = f"{mail['Subject']}\n{mail.get_content()}"
    assert mail["To"] == "local@example.org"
    assert "Amina" in shown
    for secret in ("Secret", "secret", "639980009", "{", "None"):
        assert secret not in shown
    if fact in ("handoff", "message"):
        assert f"https://ici.example.org/desk/cases/{case_id}\n" in shown
    else:
        assert "mardi 24 novembre à 15 h" in shown
        assert "Mairie annexe" in shown
        assert "https://ici.example.org/desk/bookings?on=2026-11-24\n" in shown
    assert "ni numéro, ni nom de famille" in " ".join(shown.split())


def test_a_move_says_from_when_to_when(
    database: Database, now: datetime, people: tuple[int, int, int], server: SmtpServer
) -> None:
    conversation_id, case_id, booking_id = people
    with database.transaction() as session:
        session.get_one(Booking, booking_id).status = "moved"
        contact_id = session.get_one(Conversation, conversation_id).contact_id
        later = book(session, contact_id, now + SOON + timedelta(days=1, minutes=30), moved_from_id=booking_id)
    owe(database, "moved", now, case_id, later.id)
    notify_due(database, notifier(database, server, now), now)
    text = " ".join(server.mails[0].get_content().split())
    assert "du mardi 24 novembre à 15 h : il est maintenant mercredi 25 novembre à 15 h 30" in text


def test_what_is_written_in_one_go_is_told_once(
    database: Database, now: datetime, people: tuple[int, int, int]
) -> None:
    _, case_id, booking_id = people
    told = [owe(database, "message", now + timedelta(minutes=minutes), case_id, booking_id) for minutes in range(12)]
    assert told == [True, *[False] * 9, True, False]


def test_an_unknown_fact_is_refused(database: Database, now: datetime) -> None:
    with pytest.raises(ValueError, match="handoff"):
        owe(database, "gossip", now, 1, 1)


def test_past_facts_are_not_told(
    database: Database, now: datetime, people: tuple[int, int, int], server: SmtpServer
) -> None:
    _, case_id, booking_id = people
    owe(database, "handoff", now, case_id, booking_id)
    owe(database, "booking", now, case_id, booking_id)
    change(database, Booking, booking_id, status="cancelled")
    with database.transaction() as session:
        cases.close(session, case_id, LEAD, "created", now)
    assert notify_due(database, notifier(database, server, now), now) == ["dropped", "dropped"]
    assert server.mails == []


def test_without_a_local_lead_the_coordination_knows(
    database: Database, now: datetime, people: tuple[int, int, int], server: SmtpServer
) -> None:
    _, case_id, booking_id = people
    change(database, Lead, LEAD, active=False)
    owe(database, "handoff", now, case_id, booking_id)
    notify_due(database, notifier(database, server, now), now)
    assert server.mails[0]["To"] == "coordination@example.org"
    change(database, Lead, COORDINATION, email=None)
    owe(database, "booking", now, case_id, booking_id)
    assert notify_due(database, notifier(database, server, now), now) == ["dropped"]


def test_a_server_that_is_busy_is_asked_again(
    database: Database, now: datetime, people: tuple[int, int, int], server: SmtpServer
) -> None:
    _, case_id, booking_id = people
    owe(database, "handoff", now, case_id, booking_id)
    server.refusals = ["450 busy"]
    assert notify_due(database, notifier(database, server, now), now) == [None]
    assert notify_due(database, notifier(database, server, now), now + timedelta(seconds=2)) == ["done"]
    assert server.mails[0]["Message-ID"].startswith(f"<notify.handoff.{case_id}.")


def test_a_server_that_says_never_is_believed(
    database: Database, now: datetime, people: tuple[int, int, int], server: SmtpServer
) -> None:
    _, case_id, booking_id = people
    owe(database, "handoff", now, case_id, booking_id)
    server.refusals = ["550 no such user"]
    assert notify_due(database, notifier(database, server, now), now) == ["failed"]


def test_mail_is_printed_where_no_server_is_set(capsys: pytest.CaptureFixture[str]) -> None:
    PrintingMailer().send(Mail(("local@example.org",), "Une personne attend", "…", "fact"))
    printed = capsys.readouterr()
    assert "local@example.org" in printed.err
    assert "fact" in printed.err
    assert "Une personne attend" not in printed.err, "a subject may name somebody"
    assert printed.out == ""


@pytest.mark.parametrize("url", ["mail.example.org", "http://mail.example.org", "smtp://"])
def test_a_wrong_mail_setting_says_what_to_write(url: str) -> None:
    with pytest.raises(SettingsError, match="ALLERVERS_SMTP_URL"):
        SmtpMailer(url, "robot@example.org")


MAIL = Mail(("local@example.org",), "Objet", "Texte", "fact")


def test_tls_is_insisted_on_when_the_url_says_so(server: SmtpServer) -> None:
    with pytest.raises(MailLater):
        SmtpMailer(server.url.replace("smtp:", "smtp+starttls:"), "robot@example.org").send(MAIL)
    with pytest.raises(MailLater):
        SmtpMailer(server.url.replace("smtp:", "smtps:"), "robot@example.org").send(MAIL)
    assert server.mails == []


def test_a_password_does_not_travel_in_clear(server: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.mail._is_this_machine", lambda host: False)
    server.extensions = ["AUTH PLAIN"]
    with pytest.raises(MailLater, match="TLS"):
        SmtpMailer(server.url.replace("//", "//robot:password@"), "robot@example.org").send(MAIL)


def test_a_server_that_is_away_is_tried_later(server: SmtpServer) -> None:
    server.server_close()
    with pytest.raises(MailLater):
        SmtpMailer(server.url, "robot@example.org").send(MAIL)


def test_a_refused_sender_is_final(server: SmtpServer) -> None:
    server.refusals = ["501 what?"]
    with pytest.raises(MailRefused):
        SmtpMailer(server.url, "robot@example.org").send(MAIL)


# Reminders


def reminder(database: Database, at: datetime) -> Reminder:
    def render(response: str, values: Mapping[str, Any]) -> Rendered:
        return Rendered(f"{response} {values['starts_at']:%H:%M} {values['place']}", (), ())

    return Reminder(database, lambda: at, render)


def remind(database: Database, booking_id: int, at: datetime) -> str | None:
    """Owes the reminder if it is not, handles it if it is due, and returns what became of it."""
    with database.transaction() as session:
        outbox.owe(
            session, kind="remind_booking", key="one", lane=REMINDER, payload={"booking_id": booking_id}, due_at=at
        )
    for job in outbox.claim(database, at, 60, ["remind_booking"]):
        reminder(database, at).remind_booking(job)
    with database.reading() as session:
        return session.scalars(select(Job.outcome).where(Job.key == "one")).one()


def said(database: Database) -> list[str | None]:
    with database.reading() as session:
        return list(session.scalars(select(Message.text).where(Message.direction == "out")))


def deliver_due(database: Database, at: datetime) -> list[str]:
    channel = FakeChannel()
    for job in outbox.claim(database, at, 60, [outbox.DELIVER], limit=10):
        outbox.deliver(database, channels(channel), job, at)
    return channel.texts


def test_a_reminder_is_said_once(database: Database, now: datetime, people: tuple[int, int, int]) -> None:
    for _ in range(2):
        assert remind(database, people[2], now) == "done"
    assert deliver_due(database, now) == ["utter_reminder 15:00 Mairie annexe"]


@pytest.mark.parametrize(
    "changed", [{"status": "cancelled"}, {"status": "moved"}, {"contact_id": None}, {"starts_at": None}]
)
def test_a_reminder_of_what_is_no_longer_true_is_dropped(
    database: Database, now: datetime, people: tuple[int, int, int], changed: dict[str, Any]
) -> None:
    if "starts_at" in changed:
        changed = {"starts_at": now - timedelta(minutes=1)}
    change(database, Booking, people[2], **changed)
    assert remind(database, people[2], now) == "dropped"
    assert said(database) == []


def test_a_reminder_held_up_on_its_way_is_looked_at_again(
    database: Database, now: datetime, people: tuple[int, int, int]
) -> None:
    remind(database, people[2], now)
    change(database, Booking, people[2], status="cancelled")
    assert deliver_due(database, now + timedelta(minutes=1)) == []


def test_no_reminder_after_stop(database: Database, now: datetime, people: tuple[int, int, int]) -> None:
    with database.transaction() as session:
        session.get_one(Conversation, people[0]).address.stopped_at = now
    assert remind(database, people[2], now) == "dropped"


def test_a_reminder_waits_until_the_lead_has_finished(
    database: Database, now: datetime, people: tuple[int, int, int]
) -> None:
    change(database, Conversation, people[0], owner_lead_id=LEAD, owner_epoch=1)
    assert remind(database, people[2], now) is None
    assert said(database) == []
    change(database, Conversation, people[0], owner_lead_id=None, owner_epoch=2)
    assert remind(database, people[2], now + timedelta(minutes=30)) == "done"


def told_to_leads(database: Database) -> list[str]:
    with database.reading() as session:
        return [job.payload["fact"] for job in session.scalars(select(Job).where(Job.kind == NOTIFY))]


def test_a_reminder_a_lead_kept_from_being_said_is_theirs_to_say(
    database: Database, now: datetime, people: tuple[int, int, int]
) -> None:
    change(database, Conversation, people[0], owner_lead_id=LEAD, owner_epoch=1)
    at, outcome = now, None
    while outcome is None and at < now + timedelta(days=1):
        assert told_to_leads(database) == []
        outcome = remind(database, people[2], at)
        at += timedelta(minutes=30)
    assert (outcome, said(database), told_to_leads(database)) == ("failed", [], ["unreminded"])


def test_a_reminder_that_dies_because_a_lead_took_over_is_theirs_to_say(
    database: Database, now: datetime, people: tuple[int, int, int]
) -> None:
    remind(database, people[2], now)
    change(database, Conversation, people[0], owner_lead_id=LEAD, owner_epoch=1)
    assert deliver_due(database, now) == []
    assert told_to_leads(database) == ["unreminded"]


def test_who_said_stop_is_not_reminded_by_their_lead_either(
    database: Database, now: datetime, people: tuple[int, int, int]
) -> None:
    remind(database, people[2], now)
    with database.transaction() as session:
        session.get_one(Conversation, people[0]).address.stopped_at = now
    assert deliver_due(database, now) == []
    assert told_to_leads(database) == []
