"""What came in: stored once before it is acknowledged, then taken in order, one conversation at a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, or_, select, update
from sqlalchemy.orm import Session

from bot.channels.base import InboundMessage
from bot.conversations import contacts
from bot.conversations.models import Address, Contact, Conversation, Message
from bot.conversations.texts import MAX_LENGTH, clean, clean_values
from db.crypto import fingerprint
from db.insert import insert_once

MAX_ATTEMPTS = 3
"""Turns tried on one message before it is given up as failed."""

_REFERRAL_LENGTH = 64
# Spelled out in the statement, so that both databases see that the partial index serves it.
_PENDING: ColumnElement[bool] = Message.status == literal("pending", literal_execute=True)


@dataclass(frozen=True)
class Accepted:
    """Where a message was stored. `is_new` is False when it was there already and nothing changed."""

    message_id: int
    conversation_id: int
    is_new: bool


def accept(session: Session, inbound: InboundMessage, now: datetime) -> Accepted:
    """Stores an inbound message as pending, with its contact and conversation; a redelivered one changes nothing."""
    known = _known(session, inbound)
    if known is not None:
        return known
    conversation = _conversation_of(session, inbound, now)
    message_id = insert_once(
        session,
        Message,
        {"conversation_id": conversation.id, "created_at": now, **_columns(inbound)},
        unique=("channel", "provider_id"),
    )
    if message_id is None:  # the same delivery, racing with us, was first
        known = _known(session, inbound)
        if known is None:
            raise RuntimeError("a message was refused as a duplicate of one that is not there")
        return known
    _note_arrival(session, conversation, inbound.referral)
    return Accepted(message_id, conversation.id, is_new=True)


def pending_conversations(session: Session, now: datetime, limit: int = 100) -> list[int]:
    """Ids of the conversations that wait for a turn which may be taken now, longest wait first."""
    return list(pending_heads(session, now, limit))


def pending_heads(session: Session, now: datetime, limit: int = 100) -> dict[int, int]:
    """The same conversations, each with the id of the message whose turn it is."""
    first = _oldest_pending().group_by(Message.conversation_id).subquery()
    rows = session.execute(
        select(Message.conversation_id, Message.id)
        .join(first, Message.id == first.c.id)
        .where(_may_be_taken(now))
        .order_by(Message.id)
        .limit(limit)
    )
    return dict(iter(rows))


def next_pending(session: Session, conversation_id: int, now: datetime) -> Message | None:
    """The oldest message of the conversation still to be answered; None when there is none or it must rest."""
    first = _oldest_pending().where(Message.conversation_id == conversation_id).subquery()
    return session.scalar(select(Message).join(first, Message.id == first.c.id).where(_may_be_taken(now)))


def mark_handled(message: Message, now: datetime) -> None:
    """The turn of this message was taken."""
    message.status, message.done_at, message.retry_at = "handled", now, None


def set_back(message: Message, now: datetime) -> None:
    """The turn of this message was rolled back: it is tried again later, and given up after MAX_ATTEMPTS."""
    message.attempts += 1
    if message.attempts >= MAX_ATTEMPTS:
        message.status, message.done_at, message.retry_at = "failed", now, None
    else:
        message.retry_at = now + timedelta(seconds=2**message.attempts)


def _oldest_pending() -> Select[int]:
    return select(func.min(Message.id).label("id")).where(_PENDING, Message.direction == "in")


def _may_be_taken(now: datetime) -> ColumnElement[bool]:
    return or_(Message.retry_at.is_(None), Message.retry_at <= now)


def erased_provider_id(channel: str, provider_id: str) -> str:
    """What replaces a provider's id once its person is erased: still says "seen", no longer says who."""
    return fingerprint("provider", channel, provider_id)


def _known(session: Session, inbound: InboundMessage) -> Accepted | None:
    ids = (inbound.provider_id, erased_provider_id(inbound.channel, inbound.provider_id))
    row = session.execute(
        select(Message.id, Message.conversation_id).where(
            Message.channel == inbound.channel, Message.provider_id.in_(ids)
        )
    ).first()
    return None if row is None else Accepted(row.id, row.conversation_id, is_new=False)


def _conversation_of(session: Session, inbound: InboundMessage, now: datetime) -> Conversation:
    digest = fingerprint(inbound.channel, inbound.address)
    # Whoever was erased and writes again is a new person, even while their last word is still on its way.
    session.execute(
        update(Address)
        .where(
            Address.channel == inbound.channel,
            Address.fingerprint == digest,
            Address.contact_id.in_(select(Contact.id).where(Contact.erased_at.is_not(None))),
        )
        .values(fingerprint=contacts.random_fingerprint())
        .execution_options(synchronize_session=False)
    )
    found = _find(session, inbound.channel, digest)
    while found is None:
        found = _create(session, inbound, digest, now) or _find(session, inbound.channel, digest)
    return found


def _find(session: Session, channel: str, digest: str) -> Conversation | None:
    # The shared lock on the address makes an erasure wait for this message, so that it is erased too.
    return session.scalar(
        select(Conversation)
        .join(Address, Conversation.address_id == Address.id)
        .where(Address.channel == channel, Address.fingerprint == digest)
        .with_for_update(read=True, key_share=True, of=Address)
    )


def _create(session: Session, inbound: InboundMessage, digest: str, now: datetime) -> Conversation | None:
    """A new contact on that address; None when a racing first message of the same person was faster."""
    savepoint = session.begin_nested()
    contact = Contact(created_at=now)
    session.add(contact)
    session.flush()
    address = {
        "contact_id": contact.id,
        "channel": inbound.channel,
        "fingerprint": digest,
        "external_id": inbound.address,
        "created_at": now,
    }
    address_id = insert_once(session, Address, address, unique=("channel", "fingerprint"))
    if address_id is None:
        savepoint.rollback()
        return None
    conversation = Conversation(
        address_id=address_id, contact_id=contact.id, channel=inbound.channel, created_at=now, updated_at=now
    )
    session.add(conversation)
    session.flush()
    savepoint.commit()
    return conversation


def _columns(inbound: InboundMessage) -> dict[str, Any]:
    text = clean(inbound.text)
    content: dict[str, Any] = {
        "kind": inbound.kind,
        "payload": clean(inbound.payload)[:MAX_LENGTH] if inbound.payload is not None else None,
        "location": clean_values(inbound.location),
        "contact": clean_values(inbound.contact),
        "referral": _referral(inbound.referral),
    }
    if len(text) > MAX_LENGTH:
        content["cut_from"] = len(text)
    return {
        "direction": "in",
        "author": "resident",
        "channel": inbound.channel,
        "provider_id": inbound.provider_id,
        "text": text[:MAX_LENGTH],
        "content": content,
        "status": "pending",
    }


def _referral(code: str | None) -> str | None:
    return (clean(code).strip()[:_REFERRAL_LENGTH] or None) if code else None


def _note_arrival(session: Session, conversation: Conversation, referral: str | None) -> None:
    # Conditional updates touch no row in the common case, hence wait for no turn in progress.
    code = _referral(referral)
    if code is not None:
        session.execute(
            update(Contact)
            .where(Contact.id == conversation.contact_id, Contact.referral.is_(None))
            .values(referral=code)
        )
    session.execute(  # writing to us again is the proof that they no longer block us
        update(Address)
        .where(Address.id == conversation.address_id, Address.blocked_at.is_not(None))
        .values(blocked_at=None)
    )
