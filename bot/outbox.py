"""Messages on their way out: owed with the turn that wrote them, delivered with no transaction open.

The queue beneath (`bot.queue`) is offered here too, so that whoever owes something imports one module.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import bindparam, exists, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from bot import queue
from bot.channels.base import PULLED, Channel, Considerate, Fate, OutboundMessage
from bot.conversations import appointments, contacts, threads
from bot.conversations.jobs import NOTIFICATION, REMINDER, REPLY
from bot.conversations.models import Conversation, Message
from bot.conversations.notifications import owe_notification
from bot.errors import AddressGone, SendLater, SendRefused, Stopped
from bot.faults import describe
from bot.queue import (
    ClaimedJob,
    claim,
    owe,
    settle_done,
    settle_dropped,
    settle_error,
    settle_failed,
    settle_held,
    settle_later,
)
from db.session import Database

__all__ = [
    "DELIVER",
    "NOTIFICATION",
    "REMINDER",
    "REPLY",
    "ClaimedJob",
    "claim",
    "deliver",
    "owe",
    "owe_deliveries",
    "owe_delivery",
    "release_held",
    "settle_done",
    "settle_dropped",
    "settle_error",
    "settle_failed",
    "settle_later",
]

DELIVER = "deliver_message"

_HEARD_AT = select(func.max(Message.created_at)).where(
    Message.conversation_id == bindparam("conversation_id"), Message.direction == "in"
)

_THEIR_WISH = ("stopped", "Stopped")  # reasons
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Result:
    """How one try ended; `reason` is a class or a code, never content."""

    status: Literal["sent", "dropped", "failed", "later", "held"]
    reason: str = ""
    provider_id: str | None = None
    retry_after: float | None = None
    fate: Fate | None = None
    held_until: datetime | None = None


def owe_delivery(session: Session, message: Message, now: datetime, *, lane: int = REPLY) -> None:
    """Owes one outbound message to its person: see `owe_deliveries`."""
    owe_deliveries(session, [message], now, lane=lane)


def owe_deliveries(session: Session, messages: Sequence[Message], now: datetime, *, lane: int = REPLY) -> None:
    """Owes outbound messages to their person, in that order; on a channel they fetch from, they count as sent.

    The caller holds the conversation's lock (`contacts.lock`): it makes the order of ids the order of speech.
    """
    for message in messages:
        pulled = message.channel in PULLED
        message.status, message.done_at = ("sent", now) if pulled else ("queued", None)
    session.add_all(messages)
    session.flush()
    for message in messages:
        if message.status == "queued":
            owe(
                session,
                kind=DELIVER,
                key=f"deliver:{message.id}",
                lane=lane,
                payload={"message_id": message.id},
                due_at=now,
                order_key=_order(message.conversation_id),
                sender=message.channel,
            )


def release_held(session: Session, conversation: Conversation, now: datetime) -> None:
    """Whatever waited for the morning is looked at again: the person is there."""
    if conversation.channel not in PULLED:
        queue.release_held(session, _order(conversation.id), now)


def _order(conversation_id: int) -> str:
    return f"conversation:{conversation_id}"


def deliver(database: Database, channels: Mapping[str, Channel], job: ClaimedJob, now: datetime) -> bool:
    """Sends the message of a job, unless something since forbids it, and settles. False when it could not settle.

    A crash between sending and settling sends the message again once the lease is over, never sooner.
    """
    message_id = int(job.payload["message_id"])
    with database.reading() as session:  # the last look before it leaves: nothing may come between
        message = session.get(Message, message_id)
        ready = _prepare(session, message, job, now) if message else "no message"
    result = _Result("dropped", ready) if isinstance(ready, str) else _send(channels.get(ready[0]), ready[1], now)
    try:
        with database.transaction() as session:
            return _record(session, job, message_id, result, now)
    except Exception as error:  # it may have left: only the end of the lease may send it again
        _log.error("message %d is %s but this could not be written: %s", message_id, result.status, describe(error))
        return False


def _prepare(session: Session, message: Message, job: ClaimedJob, now: datetime) -> tuple[str, OutboundMessage] | str:
    """The channel and what to send on it, or why the message must not leave any more."""
    conversation = session.get_one(Conversation, message.conversation_id)
    address = conversation.address
    content = message.content or {}
    has_left = address.stopped_at is not None or conversation.contact.erased_at is not None
    if message.status != "queued":
        return f"already {message.status}"
    if address.blocked_at is not None or address.external_id is None:
        return "unreachable"
    if has_left and not content.get("last_word"):
        return "stopped"
    # One speaker: what the bot computed before the last hand-over is not said. A last word is nobody's turn.
    if message.author == "bot" and message.owner_epoch != conversation.owner_epoch and not has_left:
        return "speaker changed"
    if (booking_id := content.get("booking_id")) and (change := appointments.outdated(session, booking_id, now)):
        return change
    return message.channel, OutboundMessage(
        message_id=message.id,
        address=address.external_id,
        text=message.text or "",
        choices=tuple(content.get("choices") or ()),
        attachments=tuple(content.get("attachments") or ()),
        valid_for=max((job.give_up_at - now).total_seconds(), 60),
        heard_at=session.scalar(_HEARD_AT, {"conversation_id": conversation.id}),
        expected=bool(content.get("booking_id") or content.get("last_word")),
        again=message.provider_id is not None,
        language=conversation.contact.language,
    )


def _send(channel: Channel | None, outbound: OutboundMessage, now: datetime) -> _Result:
    if channel is None:
        return _Result("failed", "channel not configured")
    if isinstance(channel, Considerate) and (until := channel.hold_until(outbound, now)):
        return _Result("held", held_until=until)
    try:
        return _Result("sent", provider_id=channel.send(outbound) or None)
    except AddressGone:
        return _Result("dropped", "AddressGone", fate="gone")
    except Stopped:
        return _Result("dropped", "Stopped", fate="stopped")
    except SendRefused:
        return _Result("failed", "SendRefused")
    except SendLater as error:
        return _Result("later", "SendLater", retry_after=error.retry_after)
    except Exception as error:
        _log.error("channel %s broke its contract: %s", channel.name, describe(error))
        return _Result("later", type(error).__name__)


def _record(session: Session, job: ClaimedJob, message_id: int, result: _Result, now: datetime) -> bool:
    if result.held_until is not None:
        return settle_held(session, job, result.held_until)
    if result.status == "later":
        retry_at = job.next_try(now, result.retry_after)
        if retry_at is not None:
            return settle_later(session, job, retry_at, result.reason)
        result = _Result("failed", result.reason)
    settle = {"dropped": settle_dropped, "failed": settle_failed}
    if result.status == "sent":
        settled = settle_done(session, job, now)
    else:
        settled = settle[result.status](session, job, now, result.reason)
    if settled:
        _close(session, message_id, result, now)
    return settled


def _tell_the_lead(session: Session, message: Message, reason: str, now: datetime) -> None:
    """What a lead wrote and did not leave is theirs to say in another way.

    So is a reminder, unless it is the person who wants none; the notification looks whether it is still true.
    """
    if message.author == "lead":
        threads.owe_undelivered(session, message, now)
    if reason not in _THEIR_WISH and (booking_id := (message.content or {}).get("booking_id")):
        owe_notification(session, "unreminded", now, booking_id=booking_id)


def _close(session: Session, message_id: int, result: _Result, now: datetime) -> None:
    message = session.get(Message, message_id)
    if message is None:
        return
    conversation = session.get_one(Conversation, message.conversation_id)
    if result.fate == "gone":
        conversation.address.blocked_at = now
    if result.fate == "stopped":
        conversation.address.stopped_at = now
    if conversation.contact.erased_at is not None and not _other_last_word(session, message):
        contacts.forget_address(conversation.address)
    session.flush()  # the address before the message, as everywhere
    changed = session.scalar(
        update(Message)
        .where(Message.id == message_id, Message.status == "queued")
        .values(status=result.status, done_at=now)
        .returning(Message.id)
    )
    if changed is not None and result.status != "sent":
        _tell_the_lead(session, message, result.reason, now)
    if changed is not None and result.provider_id is not None:
        _keep_provider_id(session, message_id, result.provider_id)


def _other_last_word(session: Session, message: Message) -> bool:
    """Whether something else still has to leave for this conversation."""
    other = aliased(Message)
    return bool(
        session.scalar(
            select(
                exists().where(
                    other.conversation_id == message.conversation_id, other.status == "queued", other.id != message.id
                )
            )
        )
    )


def _keep_provider_id(session: Session, message_id: int, provider_id: str) -> None:
    try:
        with session.begin_nested():
            session.execute(update(Message).where(Message.id == message_id).values(provider_id=provider_id))
    except IntegrityError:  # worth less than the settlement: sending again because of it would be absurd
        _log.warning("message %d was given a provider id that another message has", message_id)
