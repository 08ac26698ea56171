"""Joining two phones of one person, by a code they carry from one to the other; never by guess.

A code has six digits, so that it can be typed; hence it lives for ten minutes, works once, and few wrong ones are
listened to: from one phone, and from all of them together, since a browser can always be a new one.
"""

import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from bot.conversations import contacts, joined_cases
from bot.conversations.join_models import JoinCode, JoinTry
from bot.conversations.models import Address, Contact, Conversation
from db.crypto import fingerprint
from db.insert import insert_once
from directory import bookings

DIGITS = 6
LASTS = timedelta(minutes=10)
REMEMBERED = timedelta(hours=1)
"""How long codes and wrong tries count."""
MOST_CODES, MOST_TRIES = 5, 5
"""What one conversation may have of each while they are remembered."""
MOST_TRIES_OF_ALL = 30
"""Wrong tries of everybody within the life of a code: at most so many chances in a million for each code."""

_STILL_LIVE = JoinCode.ended_at.is_(None)
WRONG, SAME_PHONE, SAME_PERSON, TOO_MANY, JOINED = "wrong", "same_phone", "same_person", "too_many", "joined"


class Joining(NamedTuple):
    """What came of a code. other: the conversation that gave it out, once joined."""

    status: str
    other: Conversation | None = None


def issue(session: Session, conversation: Conversation, now: datetime) -> str | None:
    """A new code for this conversation, whose former one ends; None when it had too many."""
    mine = JoinCode.conversation_id == conversation.id
    if _count(session, JoinCode, mine, JoinCode.created_at > now - REMEMBERED) >= MOST_CODES:
        return None
    session.execute(delete(JoinCode).where(JoinCode.created_at <= now - REMEMBERED))
    over = mine | (JoinCode.expires_at <= now)
    session.execute(update(JoinCode).where(JoinCode.ended_at.is_(None), over).values(ended_at=now))
    while True:
        code = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
        row = {
            "digest": _digest(code),
            "conversation_id": conversation.id,
            "expires_at": now + LASTS,
            "created_at": now,
        }
        if insert_once(session, JoinCode, row, unique=("digest",), where=_STILL_LIVE):
            return code


def redeem(session: Session, conversation: Conversation, typed: str, now: datetime) -> Joining:
    """Joins the person of this conversation, which is held, with whoever was given the code."""
    if _tried_too_much(session, conversation, now):
        return Joining(TOO_MANY)
    found = session.scalar(select(JoinCode).where(*_live(typed, now)))
    if found is None:
        session.add(JoinTry(conversation_id=conversation.id, created_at=now))
        session.flush()
        return Joining(WRONG)
    if found.conversation_id == conversation.id:
        return Joining(SAME_PHONE)
    other = session.get_one(Conversation, found.conversation_id)
    held: list[Conversation] = []
    while other not in held:  # it may become somebody else's while we wait
        session.refresh(other)
        held = contacts.lock_all(session, [conversation.contact_id, other.contact_id])
    taken = update(JoinCode).where(JoinCode.id == found.id, JoinCode.ended_at.is_(None)).values(ended_at=now)
    if session.scalar(taken.returning(JoinCode.id)) is None:  # used, or gone with a person who was erased
        return Joining(WRONG)
    if other.contact_id == conversation.contact_id:
        return Joining(SAME_PERSON)
    kept, gone = session.get_one(Contact, other.contact_id), session.get_one(Contact, conversation.contact_id)
    for each in (kept, gone):
        session.refresh(each)  # what another phone of theirs told while we waited
    _make_one(session, kept, gone, held, now)
    return Joining(JOINED, other)


def forget(session: Session, conversation_id: int) -> None:
    """Nothing of a conversation's codes and tries stays."""
    for table in (JoinCode, JoinTry):
        session.execute(delete(table).where(table.conversation_id == conversation_id))


def _make_one(session: Session, kept: Contact, gone: Contact, held: list[Conversation], now: datetime) -> None:
    """Everything of `gone` becomes that of `kept`: what both know, `kept` knows best. Consent stays each address's."""
    joined_cases.join(session, kept.id, gone.id, now)
    bookings.hand_over(session, gone.id, kept.id)
    for conversation in held:
        conversation.contact = kept
    for address in session.scalars(select(Address).where(Address.contact_id == gone.id)):
        address.contact = kept
    if gone.referred_at is not None and (kept.referred_at is None or gone.referred_at < kept.referred_at):
        kept.referral, kept.referred_at = gone.referral, gone.referred_at
    kept.name, kept.phone = kept.name or gone.name, kept.phone or gone.phone
    kept.informed_at = kept.informed_at or gone.informed_at
    kept.created_at = min(kept.created_at, gone.created_at)
    session.flush()  # nothing is theirs any more
    session.delete(gone)
    session.flush()


def _live(typed: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return JoinCode.digest == _digest(typed), JoinCode.ended_at.is_(None), JoinCode.expires_at > now


def _tried_too_much(session: Session, conversation: Conversation, now: datetime) -> bool:
    session.execute(delete(JoinTry).where(JoinTry.created_at <= now - REMEMBERED))
    mine = _count(session, JoinTry, JoinTry.conversation_id == conversation.id)
    return mine >= MOST_TRIES or _count(session, JoinTry, JoinTry.created_at > now - LASTS) >= MOST_TRIES_OF_ALL


def _count(session: Session, table: type[JoinCode | JoinTry], *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


def _digest(code: str) -> str:
    return fingerprint("join code", code)
