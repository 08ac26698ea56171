"""What the web phone shows: the messages of a conversation, in order, and the fact that they were shown."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.channels.web import NAME, client_id_of
from bot.channels.web_bell import Mark
from bot.conversations import contacts
from bot.conversations.models import Conversation, Message
from db.session import Database

LIMIT = 200  # messages in one answer


@dataclass(frozen=True)
class Page:
    """Messages ready to be JSON, who speaks ("bot" or "lead"), and how far the conversation had come."""

    messages: list[dict[str, Any]]
    speaker: str
    mark: Mark


def find_conversation(session: Session, token: str) -> int | None:
    """The conversation of this phone, None before its first message."""
    conversation = contacts.find(session, NAME, token)
    return conversation.id if conversation else None


def marks(session: Session, conversation_ids: Collection[int]) -> dict[int, Mark]:
    """How far each of these conversations has come."""
    query = (
        select(Message.conversation_id, func.count(), func.max(Message.id))
        .where(Message.conversation_id.in_(conversation_ids))
        .group_by(Message.conversation_id)
    )
    return {row[0]: (row[1], row[2]) for row in session.execute(query)}


def read_page(database: Database, conversation_id: int, after: int, known: Collection[int], now: datetime) -> Page:
    """The messages beyond `after` that the page does not hold yet.

    known: ids beyond `after` that it already holds. Two writers may commit in another order than their ids, so a
    page that asked only for "beyond the last I saw" would miss the slower one for ever.
    """
    with database.reading() as session:
        mark = marks(session, [conversation_id]).get(conversation_id, (0, 0))  # first: a later one wakes again
        rows = _newer(session, conversation_id, after, known)
        owner = session.scalar(select(Conversation.owner_lead_id).where(Conversation.id == conversation_id))
    fresh = [row.id for row in rows if row.direction == "out" and row.status in ("queued", "sent")]
    stale = _mark_shown(database, conversation_id, fresh, now) if fresh else set()
    messages = [_as_json(row) for row in rows if row.id not in stale and (row.text or row.content)]
    return Page(messages, "bot" if owner is None else "lead", mark)


def _newer(session: Session, conversation_id: int, after: int, known: Collection[int]) -> list[Message]:
    query = select(Message).where(
        Message.conversation_id == conversation_id,
        Message.id > after,
        Message.status != "dropped",
    )
    if known:
        query = query.where(Message.id.not_in(known))
    if after:
        return list(session.scalars(query.order_by(Message.id).limit(LIMIT)))
    # A page that just opened wants the end of a long conversation, not its beginning.
    return list(session.scalars(query.order_by(Message.id.desc()).limit(LIMIT)))[::-1]


def _mark_shown(database: Database, conversation_id: int, fresh: list[int], now: datetime) -> set[int]:
    """Settles messages at the moment they are shown; returns those that died because the speaker changed since.

    The conversation's row is locked: a lead who takes over comes wholly before or wholly after.
    """
    with database.transaction() as session:
        conversation = contacts.lock(session, conversation_id)
        rows = session.scalars(select(Message).where(Message.id.in_(fresh)))
        stale = {row.id for row in rows if _is_stale(row, conversation.owner_epoch)}
        for ids, status in ((stale, "dropped"), (set(fresh) - stale, "delivered")):
            session.execute(
                update(Message)
                .where(Message.id.in_(ids), Message.status.in_(("queued", "sent")))
                .values(status=status, done_at=now)
                .execution_options(synchronize_session=False)
            )
    return stale


def _is_stale(message: Message, epoch: int) -> bool:
    if message.author != "bot" or message.owner_epoch in (None, epoch):
        return False
    return not (message.content or {}).get("last_word")


def _as_json(message: Message) -> dict[str, Any]:
    content = message.content or {}
    attachments = list(content.get("attachments") or ())
    if content.get("location"):
        attachments.append({"kind": "location", **content["location"]})
    shown: dict[str, Any] = {
        "id": message.id,
        "author": message.author,
        "text": message.text or "",
        "choices": list(content.get("choices") or ()),
        "attachments": attachments,
        "at": message.created_at.isoformat(timespec="seconds"),
    }
    if message.direction == "in":
        shown["client_id"] = client_id_of(message.provider_id)
    return shown
