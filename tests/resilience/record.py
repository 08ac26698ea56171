"""What the rows say when all is done, without what chance decides: two dialogues went alike when these are equal."""

import re
from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select

from bot.conversations import contacts
from bot.conversations.case_models import CaseEntry
from bot.conversations.jobs import Job
from bot.conversations.models import Conversation, Message, TurnEvent
from bot.outbox import DELIVER
from db.session import Database
from directory.models import Booking, BookingCell
from tests.resilience.outside import PUSHED

UNDONE = Message.status.in_(("pending", "queued"))
REFERENCE = re.compile(r"\b[2-9A-HJ-NP-Z]{8}\b")


def is_quiet(database: Database, now: datetime) -> bool:
    """Whether nothing is left to answer, to send or to tell."""
    with database.reading() as session:
        undone = session.scalar(select(exists().where(UNDONE)))
        return not undone and not session.scalar(select(exists().where(Job.done_at.is_(None), Job.due_at <= now)))


def waits(database: Database, address: str) -> bool:
    """Whether something is still to be answered or sent to whoever writes from there."""
    with database.reading() as session:
        conversation = contacts.find(session, PUSHED, address)
        left = select(exists().where(Message.conversation_id == (conversation.id if conversation else 0), UNDONE))
        return bool(session.scalar(left))


def on_their_way(database: Database) -> list[int]:
    """Messages somebody had begun to deliver and had not settled: a request may have been on the wire."""
    with database.reading() as session:
        begun = session.scalars(select(Job).where(Job.kind == DELIVER, Job.attempts > 0, Job.done_at.is_(None)))
        return [int(job.payload["message_id"]) for job in begun]


def record(database: Database) -> dict[str, Any]:
    """Every fact of a database, comparable. Checks on the way that the facts agree with each other."""
    with database.reading() as session:
        messages = session.scalars(select(Message).order_by(Message.conversation_id, Message.id)).all()
        uttered = select(func.count()).where(TurnEvent.kind == "BotUttered")
        assert session.scalar(uttered) == sum(message.author == "bot" for message in messages)
        assert all(message.attempts == 0 for message in messages), "a turn failed, which no crash should cause"
        jobs = session.scalars(select(Job)).all()
        held = Counter(session.scalars(select(BookingCell.booking_id)))
        bookings = session.scalars(select(Booking).order_by(Booking.id)).all()
        assert set(held) == {booking.id for booking in bookings if booking.status == "booked"}
        talks = session.scalars(select(Conversation)).all()
        return {
            "transcripts": sorted(
                [_said(message) for message in messages if message.conversation_id == talk.id] for talk in talks
            ),
            "states": sorted(_masked(talk.state) for talk in talks),
            "jobs": sorted(f"{job.kind} {re.sub('[0-9]+', 'N', job.key)} {job.outcome}" for job in jobs),
            "entries": list(session.scalars(select(CaseEntry.kind).order_by(CaseEntry.case_id, CaseEntry.id))),
            "bookings": [(booking.starts_at, booking.status) for booking in bookings],
            "events": Counter(session.scalars(select(TurnEvent.kind))),
        }


def _said(message: Message) -> tuple[str, str, str, list[str]]:
    choices = [choice["title"] for choice in (message.content or {}).get("choices") or ()]
    return message.author, message.status, _masked(message.text or ""), choices


def _masked(value: Any) -> str:
    return REFERENCE.sub("REFERENCE", str(value))
