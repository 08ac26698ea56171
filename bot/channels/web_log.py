"""What the web phone shows: the messages of a conversation, in order, and the fact that they were shown."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from bot.channels.web import NAME, client_id_of
from bot.channels.web_bell import Mark
from bot.conversations.models import Address, Contact, Conversation, Message
from db.crypto import fingerprint
from db.session import Database

LIMIT = 200  # messages in one answer

# The statements of every look, built once: building one costs more than running it.
_FOUND = (
    select(Conversation.id, Conversation.owner_lead_id, Conversation.owner_epoch, Contact.language)
    .join(Address, Conversation.address_id == Address.id)
    .join(Contact, Conversation.contact_id == Contact.id)
    .where(Address.channel == NAME, Address.fingerprint == bindparam("digest"))
)
_EPOCH = (
    select(Conversation.owner_epoch).where(Conversation.id == bindparam("conversation_id")).with_for_update(read=True)
)
_MARKS = (
    select(Message.conversation_id, func.count(), func.max(Message.id))
    .where(Message.conversation_id.in_(bindparam("conversation_ids", expanding=True)))
    .group_by(Message.conversation_id)
)
_NEWER = select(Message).where(
    Message.conversation_id == bindparam("conversation_id"),
    Message.id > bindparam("after"),
    Message.id.not_in(bindparam("known", expanding=True)),
    Message.status != "dropped",
)
_FIRST_OF_THEM = _NEWER.order_by(Message.id).limit(bindparam("most"))
_LAST_OF_THEM = _NEWER.order_by(Message.id.desc()).limit(bindparam("most"))
_SETTLE = (
    update(Message)
    .where(Message.id.in_(bindparam("ids", expanding=True)), Message.status.in_(("queued", "sent")))
    .values(status=bindparam("new_status"), done_at=bindparam("now"))
    .execution_options(synchronize_session=False)
)


@dataclass(frozen=True)
class Page:
    """Messages ready to be JSON, who speaks ("bot" or "lead"), in which language, how far the conversation had come."""

    messages: list[dict[str, Any]]
    speaker: str
    language: str
    mark: Mark


def marks(session: Session, conversation_ids: Collection[int]) -> dict[int, Mark]:
    """How far each of these conversations has come."""
    rows = session.execute(_MARKS, {"conversation_ids": list(conversation_ids)})
    return {row[0]: (row[1], row[2]) for row in rows}


def language(database: Database, token: str) -> str | None:
    """The language this phone is answered in; None before its first message."""
    with database.reading() as session:
        found = session.execute(_FOUND, {"digest": fingerprint(NAME, token)}).first()
        return None if found is None else str(found.language)


def read_page(
    database: Database,
    token: str,
    after: int,
    known: Collection[int],
    now: datetime,
    noticed: Callable[[int], None] = lambda conversation_id: None,
) -> Page | None:
    """The messages of this phone beyond `after` that the page does not hold yet; None before its first message.

    known: ids beyond `after` that it already holds. Two writers may commit in another order than their ids, so a
    page that asked only for "beyond the last I saw" would miss the slower one for ever.
    noticed: told the conversation before it is read, so that what is committed from then on can ring.
    """
    with database.reading() as session:
        found = session.execute(_FOUND, {"digest": fingerprint(NAME, token)}).first()
        if found is None:
            return None
        noticed(found.id)
        mark = marks(session, [found.id]).get(found.id, (0, 0))  # first: a later one wakes again
        rows = _newer(session, found.id, after, known)
    fresh = [row for row in rows if row.direction == "out" and row.status in ("queued", "sent")]
    stale = _mark_shown(database, found.id, fresh, now) if fresh else set()
    messages = [_as_json(row) for row in rows if row.id not in stale and (row.text or row.content)]
    return Page(messages, "bot" if found.owner_lead_id is None else "lead", found.language, mark)


def _newer(session: Session, conversation_id: int, after: int, known: Collection[int]) -> list[Message]:
    asked = {"conversation_id": conversation_id, "after": after, "known": list(known), "most": LIMIT}
    if after:
        return list(session.scalars(_FIRST_OF_THEM, asked))
    # A page that just opened wants the end of a long conversation, not its beginning.
    return list(session.scalars(_LAST_OF_THEM, asked))[::-1]


def _mark_shown(database: Database, conversation_id: int, fresh: Sequence[Message], now: datetime) -> set[int]:
    """Settles messages at the moment they are shown; returns those that died because the speaker changed since.

    The conversation's row is held: a lead who takes over comes wholly before or wholly after.
    """
    with database.transaction() as session:
        epoch = session.scalars(_EPOCH, {"conversation_id": conversation_id}).one()
        stale = {row.id for row in fresh if _is_stale(row, epoch)}
        for ids, status in ((stale, "dropped"), ({row.id for row in fresh} - stale, "delivered")):
            if ids:
                session.execute(_SETTLE, {"ids": list(ids), "new_status": status, "now": now})
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
