"""Durable work: what is owed to the outside world and when. Rows are written with the fact they follow from."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Double, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, UtcDateTime

REPLY, NOTIFICATION, REMINDER = 0, 1, 2
"""Lanes: a person waiting comes before a lead's notification, which comes before bulk."""


class Job(Base):
    """One owed action. Claimed under a lease, settled only by the holder of that lease, never deleted half-done.

    kind: "deliver_message" {message_id} | "notify_lead" {case_id, fact, ...} | "remind_booking" {booking_id}.
    key: unique name of the fact, so that one fact is owed once.
    order_key: jobs that share it leave one by one, in id order.
    sender: whose rate of sending it counts for, where that is limited.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_open", "due_at", "lane", "id",
              sqlite_where=text("done_at IS NULL"), postgresql_where=text("done_at IS NULL")),
        Index("ix_job_order", "order_key", "id",
              sqlite_where=text("done_at IS NULL"), postgresql_where=text("done_at IS NULL")),
    )  # fmt: skip

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(96), unique=True)
    lane: Mapped[int] = mapped_column()
    order_key: Mapped[str | None] = mapped_column(String(64))
    sender: Mapped[str | None] = mapped_column(String(64))
    payload: Mapped[Any] = mapped_column(JSON)  # ids only: never personal data
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    give_up_at: Mapped[datetime] = mapped_column(UtcDateTime)  # tried again until then
    attempts: Mapped[int] = mapped_column(default=0)
    lease: Mapped[str | None] = mapped_column(String(32))
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None] = mapped_column(String(16))  # done | dropped | failed
    last_error: Mapped[str | None] = mapped_column(Text)  # class and code, never content


class Sender(Base):
    """Who sends to the outside, and from when on it may send again: one row all processes share.

    free_at: seconds since 1970, so that both databases can add a pause to it.
    """

    __tablename__ = "sender"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    free_at: Mapped[float] = mapped_column(Double)
