"""What the person decides about us: STOP, SUPPRIMER, MES DONNÉES; and forgetting whoever has been silent for long."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, or_, select, update
from sqlalchemy.orm import Session

from bot import queue
from bot.channels.base import PULLED
from bot.conversations import contacts, joining, threads
from bot.conversations.case_models import Case, CaseEntry
from bot.conversations.jobs import REMINDER
from bot.conversations.models import Address, Contact, Conversation, Message
from bot.conversations.notifications import owe_notification
from bot.conversations.summary import summarise
from bot.inbox import erased_provider_id
from db.session import Database
from directory import bookings
from directory.models import Booking, Place

FORGET_ADDRESS = "forget_address"
FORGET_OLD = "forget_old"

LAST_WORD_WITHIN = timedelta(minutes=20)
"""How long an erased address may still be reached, for the confirmation: a little over a reply's patience."""

CALLED_BACK = frozenset({"phone", "reach"})
"""What a case holds of how to be called back."""

KEPT_JOBS = timedelta(days=30)
"""How long settled jobs are kept, for whoever looks into what left and when."""


def stop(session: Session, conversation: Conversation, now: datetime) -> None:
    """The person wants no more messages here: what is owed is dropped when its turn comes, but a last word."""
    conversation.address.stopped_at = now
    session.flush()


def start_again(session: Session, conversation: Conversation, now: datetime) -> bool:
    """The person writes to us after STOP: they may be answered again. Returns whether they had stopped."""
    had_stopped = conversation.address.stopped_at is not None
    conversation.address.stopped_at = None
    session.flush()
    return had_stopped


def erase(session: Session, contact: Contact, now: datetime) -> None:
    """Forgets who the person is and what was said; what stays counts, and no longer says of whom.

    The address outlives this by LAST_WORD_WITHIN at most: `outbox.deliver` clears it once the confirmation
    (content {"last_word": true}) has left. Whoever writes again is a new person at once.
    """
    conversations = contacts.lock_all(session, [contact.id])
    _erase_cases(session, contact.id, now)
    _erase_addresses(session, contact.id, now)  # first waits for messages on their way in, so that none is missed
    for conversation in conversations:
        _erase_conversation(session, conversation, now)
    contact.name = contact.phone = None
    contact.erased_at = contact.erased_at or now
    for booking in bookings.erase_contact(session, contact.id, now):
        owe_notification(session, "cancelled", now, booking_id=booking.id)
    session.flush()


def forget_phone(session: Session, contact: Contact, now: datetime) -> None:
    """Forgets the number the person gave to be called; what they wrote stays until all is erased."""
    for conversation in contacts.lock_all(session, [contact.id]):  # one person may write from several phones
        state = conversation.state or {}
        slots = {name: value for name, value in state.get("slots", {}).items() if name not in CALLED_BACK}
        conversation.state = {**state, "slots": slots} if state else conversation.state
    contact.phone = None
    for case in session.scalars(select(Case).where(Case.contact_id == contact.id).with_for_update(key_share=True)):
        told = {name: value for name, value in (case.profile or {}).items() if name not in CALLED_BACK}
        if told != (case.profile or {}):
            case.profile, case.summary, case.updated_at = told, summarise(told), now
        threads.owe_telling(session, case.id, f"phone:{int(now.timestamp())}", now)
    session.flush()


def _erase_cases(session: Session, contact_id: int, now: datetime) -> None:
    for case in session.scalars(select(Case).where(Case.contact_id == contact_id).with_for_update(key_share=True)):
        case.profile = case.summary = None
        case.urgent = False
        for entry in case.entries:
            entry.detail = None
        if case.closed_at is None:
            case.closed_at = case.updated_at = now
            session.add(CaseEntry(case=case, kind="erased", created_at=now))
        threads.owe_telling(session, case.id, "erased", now)
    session.flush()


def _erase_addresses(session: Session, contact_id: int, now: datetime) -> None:
    addresses = session.scalars(
        select(Address).where(Address.contact_id == contact_id).order_by(Address.id).with_for_update()
    ).all()
    for address in addresses:
        if address.channel not in PULLED:  # there, the person must find the last word themselves
            address.fingerprint = contacts.random_fingerprint()
        queue.owe(
            session,
            kind=FORGET_ADDRESS,
            key=f"forget:{address.id}",
            lane=REMINDER,
            payload={"address_id": address.id},
            due_at=now + LAST_WORD_WITHIN,
        )
    session.flush()


def _erase_conversation(session: Session, conversation: Conversation, now: datetime) -> None:
    conversation.state = None
    joining.forget(session, conversation.id)
    if conversation.owner_lead_id is not None:
        conversation.owner_lead_id = None
        conversation.owner_epoch += 1
    mine = Message.conversation_id == conversation.id
    for before, after in (("pending", "handled"), ("queued", "dropped")):
        session.execute(update(Message).where(mine, Message.status == before).values(status=after, done_at=now))
    known = session.execute(select(Message.id, Message.provider_id).where(mine, Message.provider_id.is_not(None)))
    hidden = [
        {"id": message_id, "provider_id": erased_provider_id(conversation.channel, provider_id)}
        for message_id, provider_id in known
        if provider_id is not None
    ]
    if hidden:
        session.execute(update(Message), hidden)
    session.execute(update(Message).where(mine).values(text=None, content=None))


def export_text(session: Session, contact: Contact) -> dict[str, Any]:
    """Everything we hold about the person, by section, JSON-able: values, for whoever puts them in words."""
    mine = Conversation.contact_id == contact.id
    case_rows = session.scalars(select(Case).where(Case.contact_id == contact.id).order_by(Case.id)).all()
    return {
        "name": contact.name,
        "phone": contact.phone,
        "language": contact.language,
        "referral": contact.referral,
        "since": contact.created_at.date().isoformat(),
        "channels": list(session.scalars(select(Conversation.channel).where(mine).order_by(Conversation.id))),
        "messages": session.scalar(
            select(func.count()).select_from(Message).join(Conversation).where(mine, Message.text.is_not(None))
        ),
        "profile": {name: value for case in case_rows for name, value in (case.profile or {}).items()},
        "cases": [
            {
                "opened_on": case.opened_at.date().isoformat(),
                "closed_on": case.closed_at.date().isoformat() if case.closed_at else None,
                "summary": case.summary,
                "notes": sum(entry.kind == "note" for entry in case.entries),
            }
            for case in case_rows
        ],
        "bookings": [
            {"starts_at": booking.starts_at.isoformat(), "place": place, "status": booking.status}
            for booking, place in session.execute(
                select(Booking, Place.name)
                .join(Place, Booking.place_id == Place.id)
                .where(Booking.contact_id == contact.id)
                .order_by(Booking.starts_at)
            )
        ],
    }


def forget_old(session: Session, now: datetime, retention_days: int, limit: int = 50) -> int:
    """Erases people silent for longer than that, a few at a time; returns how many, 0 when there is none left."""
    cutoff = now - timedelta(days=retention_days)
    said = exists().where(Message.conversation_id == Conversation.id, Conversation.contact_id == Contact.id)
    silent: Sequence[Contact] = session.scalars(
        select(Contact)
        .where(
            Contact.created_at < cutoff,
            ~said.where(Message.created_at >= cutoff),
            or_(Contact.erased_at.is_(None), said.where(Message.text.is_not(None))),
        )
        .order_by(Contact.id)
        .limit(limit)
    ).all()
    for contact in silent:
        erase(session, contact, now)
    return len(silent)


def handlers(
    database: Database, clock: Callable[[], datetime], retention_days: int
) -> Mapping[str, Callable[[queue.ClaimedJob], None]]:
    """The jobs of this module, by kind, for the worker."""

    def forget_address(job: queue.ClaimedJob) -> None:
        with database.transaction() as session:
            address = session.get(Address, int(job.payload["address_id"]))
            if address is not None and address.contact.erased_at is not None:
                contacts.forget_address(address)
            queue.settle_done(session, job, clock())

    def sweep(job: queue.ClaimedJob) -> None:
        more = True
        while more:
            with database.transaction() as session:
                more = forget_old(session, clock(), retention_days) > 0
        with database.transaction() as session:
            queue.forget_done(session, clock() - KEPT_JOBS)
            queue.settle_done(session, job, clock())

    return {FORGET_ADDRESS: forget_address, FORGET_OLD: sweep}
