"""What came in: stored once before it is acknowledged, then taken in order, one conversation at a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, func, literal, or_, select, update
from sqlalchemy.orm import Session, load_only

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

# The statements of every message, built once: building one costs more than running it.
_FIRST = select(func.min(Message.id).label("id")).where(_PENDING, Message.direction == "in")
_FIRST_OF_EACH = _FIRST.group_by(Message.conversation_id).subquery()
_PENDING_HEADS = (
    select(Message.conversation_id, Message.id)
    .join(_FIRST_OF_EACH, Message.id == _FIRST_OF_EACH.c.id)
    .where(or_(Message.retry_at.is_(None), Message.retry_at <= bindparam("now")))
    .order_by(Message.id)
    .limit(bindparam("most"))
)
_OLDEST_PENDING = (
    select(Message)
    .where(_PENDING, Message.direction == "in", Message.conversation_id == bindparam("conversation_id"))
    .options(load_only(Message.text, Message.content, Message.channel, Message.provider_id, Message.retry_at))
    .order_by(Message.id)
    .limit(2)
)
_HANDLED = (
    update(Message)
    .where(Message.id == bindparam("message_id"), _PENDING)
    .values(status="handled", done_at=bindparam("now"), retry_at=None)
    .returning(Message.id)
    .execution_options(synchronize_session=False)
)
_KNOWN = select(Message.id, Message.conversation_id).where(
    Message.channel == bindparam("on_channel"), Message.provider_id.in_(bindparam("ids", expanding=True))
)
_GIVE_AWAY = (
    update(Address)
    .where(
        Address.channel == bindparam("on_channel"),
        Address.fingerprint == bindparam("digest"),
        Address.contact_id.in_(select(Contact.id).where(Contact.erased_at.is_not(None))),
    )
    .values(fingerprint=bindparam("nobody"))
    .execution_options(synchronize_session=False)
)
# The shared lock on the address makes an erasure wait for this message, so that it is erased too.
_ARRIVAL = (
    select(Conversation.id, Conversation.contact_id, Address.id.label("address_id"), Address.blocked_at)
    .join(Address, Conversation.address_id == Address.id)
    .join(Contact, Address.contact_id == Contact.id)
    .where(
        Address.channel == bindparam("on_channel"),
        Address.fingerprint == bindparam("digest"),
        Contact.erased_at.is_(None),
    )
    .with_for_update(read=True, key_share=True, of=Address)
)
_UNBLOCK = (
    update(Address)
    .where(Address.id == bindparam("address"), Address.blocked_at.is_not(None))
    .values(blocked_at=None)
    .execution_options(synchronize_session=False)
)


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
    arrival = _arrival(session, inbound, now)
    message_id = insert_once(
        session,
        Message,
        {"conversation_id": arrival.id, "created_at": now, **_columns(inbound)},
        unique=("channel", "provider_id"),
    )
    if message_id is None:  # the same delivery, racing with us, was first
        known = _known(session, inbound)
        if known is None:
            raise RuntimeError("a message was refused as a duplicate of one that is not there")
        return known
    _note_arrival(session, arrival, inbound.referral, now)
    return Accepted(message_id, arrival.id, is_new=True)


def pending_conversations(session: Session, now: datetime, limit: int = 100) -> list[int]:
    """Ids of the conversations that wait for a turn which may be taken now, longest wait first."""
    return list(pending_heads(session, now, limit))


def pending_heads(session: Session, now: datetime, limit: int = 100) -> dict[int, int]:
    """The same conversations, each with the id of the message whose turn it is."""
    return dict(iter(session.execute(_PENDING_HEADS, {"now": now, "most": limit})))


class Head(NamedTuple):
    """The message of a conversation whose turn it is; `more`: another one waits behind it."""

    message: Message
    more: bool


def next_pending(session: Session, conversation_id: int, now: datetime) -> Head | None:
    """The oldest message of the conversation still to be answered; None when there is none or it must rest."""
    pending = session.scalars(_OLDEST_PENDING, {"conversation_id": conversation_id}).all()
    if not pending or (pending[0].retry_at is not None and pending[0].retry_at > now):
        return None
    return Head(pending[0], more=len(pending) > 1)


def mark_handled(session: Session, message_id: int, now: datetime) -> bool:
    """The turn of this message is taken. False when somebody else took it, or nobody may any more."""
    return session.scalar(_HANDLED, {"message_id": message_id, "now": now}) is not None


def set_back(message: Message, now: datetime) -> None:
    """The turn of this message was rolled back: it is tried again later, and given up after MAX_ATTEMPTS."""
    message.attempts += 1
    if message.attempts >= MAX_ATTEMPTS:
        message.status, message.done_at, message.retry_at = "failed", now, None
    else:
        message.retry_at = now + timedelta(seconds=2**message.attempts)


def erased_provider_id(channel: str, provider_id: str) -> str:
    """What replaces a provider's id once its person is erased: still says "seen", no longer says who."""
    return fingerprint("provider", channel, provider_id)


def _known(session: Session, inbound: InboundMessage) -> Accepted | None:
    ids = (inbound.provider_id, erased_provider_id(inbound.channel, inbound.provider_id))
    row = session.execute(_KNOWN, {"on_channel": inbound.channel, "ids": ids}).first()
    return None if row is None else Accepted(row.id, row.conversation_id, is_new=False)


def _arrival(session: Session, inbound: InboundMessage, now: datetime) -> Any:
    """The ids of the conversation, its contact and its address, made when they are not there."""
    who = {"on_channel": inbound.channel, "digest": fingerprint(inbound.channel, inbound.address)}
    while (found := session.execute(_ARRIVAL, who).first()) is None:
        # Whoever was erased and writes again is a new person, even while their last word is still on its way.
        session.execute(_GIVE_AWAY, {**who, "nobody": contacts.random_fingerprint()})
        _create(session, inbound, who["digest"], now)
    return found


def _create(session: Session, inbound: InboundMessage, digest: str, now: datetime) -> None:
    """A new contact on that address, unless a racing first message of the same person was faster."""
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
        return
    session.add(
        Conversation(
            address_id=address_id, contact_id=contact.id, channel=inbound.channel, created_at=now, updated_at=now
        )
    )
    session.flush()
    savepoint.commit()


def _columns(inbound: InboundMessage) -> dict[str, Any]:
    text = clean(inbound.text)
    content: dict[str, Any] = {
        "kind": inbound.kind,
        "media": inbound.media,
        "file": inbound.file,
        "answered": inbound.answered,
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


def _note_arrival(session: Session, arrival: Any, referral: str | None, now: datetime) -> None:
    # Conditional updates touch no row in the common case, hence wait for no turn in progress.
    code = _referral(referral)
    if code is not None:
        session.execute(
            update(Contact)
            .where(Contact.id == arrival.contact_id, Contact.referral.is_(None))
            .values(referral=code, referred_at=now)
        )
    if arrival.blocked_at is not None:  # writing to us again is the proof that they no longer block us
        session.execute(_UNBLOCK, {"address": arrival.address_id})
