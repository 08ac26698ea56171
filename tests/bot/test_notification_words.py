"""A notification says who to open: the first name when it is known, the case's number, the booking's reference."""

from datetime import datetime, timedelta

import pytest

from bot import queue
from bot.conversations import cases, contacts
from bot.conversations.notifications import NOTIFY, Notifier, owe_notification
from bot.mail import Mail
from db.session import Database
from directory.models import Booking
from tests.bot.appointments import LEAD, add_directory, book
from tests.bot.people import arrive
from tests.desk.world import one_database


class Drawer:
    """Keeps what would have left."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    def send(self, mail: Mail) -> None:
        self.mails.append(mail)


@one_database
@pytest.mark.parametrize("name", ["Amina", None])
@pytest.mark.parametrize(
    ("fact", "subject"),
    [
        ("handoff", "{who} attend une réponse humaine (dossier {case})"),
        ("message", "{who} vous a écrit (dossier {case})"),
        ("booking", "{who} a pris rendez-vous mardi 24 novembre à 15 h"),
        ("moved", "{who} a déplacé son rendez-vous au mardi 24 novembre à 15 h"),
        ("cancelled", "{who} ne viendra pas mardi 24 novembre à 15 h"),
        ("unreminded", "{who} n’a pas eu de rappel pour mardi 24 novembre à 15 h"),
    ],
)
def test_who_to_open(database: Database, now: datetime, name: str | None, fact: str, subject: str) -> None:
    drawer = Drawer()
    with database.transaction() as session:
        add_directory(session)
        conversation = arrive(session, now)
        if name:
            contacts.rename(conversation.contact, name)
        case, _ = cases.open_or_update(
            session, contact_id=conversation.contact_id, conversation_id=conversation.id, reason="asked", now=now,
            entry_kind="handoff_requested", lead_id=LEAD,
        )  # fmt: skip
        booking = book(session, conversation.contact_id, now + timedelta(days=1, hours=6))
        if fact == "cancelled":
            session.get_one(Booking, booking.id).status = "cancelled"
        owe_notification(session, fact, now, case_id=case.id, booking_id=booking.id)
        number, reference = case.id, booking.reference
    for job in queue.claim(database, now, 60, [NOTIFY], limit=10):
        Notifier(database, drawer, lambda: now).notify_lead(job)
    (mail,) = drawer.mails
    assert mail.subject == subject.format(who=name or "Une personne", case=number)
    assert f"dossier {number}" in mail.body
    assert "dans votre bureau" in mail.body  # no public address: no link, but words
    if fact not in ("handoff", "message"):
        assert f"Rendez-vous {reference}, dossier {number}." in mail.body
        assert "Mairie annexe" in mail.body
