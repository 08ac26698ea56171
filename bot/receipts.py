"""What providers say became of our messages: noted once, in any order, never backwards; what it says of the person too.

A provider's receipts may arrive twice, late, in disorder, or before the outbox has stored the provider's id.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from bot import queue
from bot.channels.base import Receipt
from bot.conversations import threads
from bot.conversations.models import Conversation, Message
from bot.outbox import DELIVER, REPLY

ADVANCES = {"sent": ("queued",), "delivered": ("queued", "sent"), "failed": ("queued", "sent")}
"""The statuses from which each may be reached."""

TRY_AGAIN_AFTER = timedelta(seconds=30)
_GIVEN_UP = "given up:"


def note(session: Session, receipt: Receipt, now: datetime) -> bool:
    """Notes a receipt. False when nothing changed: an unknown message, or one that is further already."""
    message = session.execute(
        update(Message)
        .where(
            Message.channel == receipt.channel,
            Message.direction == "out",
            Message.status.in_(ADVANCES[receipt.status]),
            _is_meant(receipt),
        )
        .values(status=receipt.status, provider_id=receipt.provider_id, done_at=func.coalesce(Message.done_at, now))
        .returning(Message.id, Message.conversation_id, Message.created_at)
        .execution_options(synchronize_session=False)
    ).first()
    if message is None:
        return False
    if receipt.status == "failed":
        _take_to_heart(session, receipt, message, now)
        _tell_the_lead(session, message.id, now)
    return True


def _is_meant(receipt: Receipt) -> ColumnElement[bool]:
    """The message with the provider's id; before that is known, the one with ours."""
    known = Message.provider_id == receipt.provider_id
    if receipt.message_id is None:
        return known
    given_up = and_(
        Message.provider_id.startswith(_GIVEN_UP, autoescape=True),
        Message.provider_id != _GIVEN_UP + receipt.provider_id,
    )
    return or_(known, and_(Message.id == receipt.message_id, or_(Message.provider_id.is_(None), given_up)))


def _take_to_heart(session: Session, receipt: Receipt, message: Any, now: datetime) -> None:
    """What a failure says of the person, or that the provider, once it had it, was too busy for the message."""
    if receipt.fate == "later":
        _try_again(session, receipt, message, now)
    elif receipt.fate is not None and not _has_written_since(session, message):
        address = session.get_one(Conversation, message.conversation_id).address
        address.stopped_at = now if receipt.fate == "stopped" else address.stopped_at
        address.blocked_at = now if receipt.fate == "gone" else address.blocked_at


def _tell_the_lead(session: Session, message_id: int, now: datetime) -> None:
    """Unless it is tried again, what a lead wrote did not arrive."""
    message = session.get_one(Message, message_id, populate_existing=True)
    if message.author == "lead" and message.status == "failed":
        threads.owe_undelivered(session, message, now)


def _try_again(session: Session, receipt: Receipt, message: Any, now: datetime) -> None:
    """Once; late news of the first try no longer find the message."""
    owed = queue.owe(
        session,
        kind=DELIVER,
        key=f"deliver:{message.id}:again",
        lane=REPLY,
        payload={"message_id": message.id},
        due_at=now + TRY_AGAIN_AFTER,
    )
    if owed:
        session.execute(
            update(Message)
            .where(Message.id == message.id)
            .values(status="queued", done_at=None, provider_id=_GIVEN_UP + receipt.provider_id)
            .execution_options(synchronize_session=False)
        )


def _has_written_since(session: Session, message: Any) -> bool:
    """Whether old news are contradicted: the person was there after this message."""
    heard_at = session.scalar(
        select(func.max(Message.created_at)).where(
            Message.conversation_id == message.conversation_id, Message.direction == "in"
        )
    )
    return heard_at is not None and heard_at > message.created_at
