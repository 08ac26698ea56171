"""The people who write to us and what was said: Contact, Address, Conversation, Message, TurnEvent."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.base import Base, EncryptedJson, EncryptedText, Id, UtcDateTime


class Contact(Base):
    """A person. Known by nothing but what they chose to tell."""

    __tablename__ = "contact"

    id: Mapped[Id]
    language: Mapped[str] = mapped_column(String(8), default="fr")
    name: Mapped[str | None] = mapped_column(EncryptedText)
    phone: Mapped[str | None] = mapped_column(EncryptedText)  # E.164
    referral: Mapped[str | None] = mapped_column(String(64))  # code of the poster that brought them
    referred_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    informed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # told who speaks and what is kept
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    addresses: Mapped[list["Address"]] = relationship(back_populates="contact")


class Address(Base):
    """A contact on one channel: a phone number, a chat id, a browser's token."""

    __tablename__ = "address"
    __table_args__ = (UniqueConstraint("channel", "fingerprint"),)

    id: Mapped[Id]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    channel: Mapped[str] = mapped_column(String(16))
    fingerprint: Mapped[str] = mapped_column(String(64))  # keyed digest of channel and external_id
    external_id: Mapped[str | None] = mapped_column(EncryptedText)  # None once erased
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the person said STOP here
    blocked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the provider says they blocked us
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    contact: Mapped[Contact] = relationship(back_populates="addresses")


class Conversation(Base):
    """One contact on one channel. `owner_epoch` grows at each change of speaker: replies of an older epoch die."""

    __tablename__ = "conversation"

    id: Mapped[Id]
    address_id: Mapped[int] = mapped_column(ForeignKey("address.id"), unique=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    channel: Mapped[str] = mapped_column(String(16))
    state: Mapped[Any] = mapped_column(EncryptedJson, nullable=True)  # flows.engine.state.DialogueState as JSON
    owner_lead_id: Mapped[int | None] = mapped_column()  # None: the bot speaks
    owner_epoch: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    address: Mapped[Address] = relationship()
    contact: Mapped[Contact] = relationship()


class Message(Base):
    """One thing said, in or out. An inbound row is the inbox; an outbound one is what the outbox delivers.

    direction: "in" | "out". author: "resident" | "bot" | "lead".
    status: in  "pending" -> "handled" | "failed"; out "queued" -> "sent" -> "delivered", or "dropped" | "failed".
    content: what is not text. In: payload, location, contact, kind. Out: choices, attachments, response.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("channel", "provider_id"),
        Index("ix_message_pending", "conversation_id", "id",
              sqlite_where=text("status = 'pending'"), postgresql_where=text("status = 'pending'")),
        Index("ix_message_conversation", "conversation_id", "id"),
    )  # fmt: skip

    id: Mapped[Id]
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    direction: Mapped[str] = mapped_column(String(3))
    author: Mapped[str] = mapped_column(String(8))
    channel: Mapped[str] = mapped_column(String(16))
    provider_id: Mapped[str | None] = mapped_column(String(128))  # the provider's unique id of this message
    text: Mapped[str | None] = mapped_column(EncryptedText)
    content: Mapped[Any] = mapped_column(EncryptedJson, nullable=True)
    status: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(default=0)  # in: turns tried and rolled back
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # in: not before this
    owner_epoch: Mapped[int | None] = mapped_column()  # out: the epoch it was computed in; in: of the lead it was for
    lead_id: Mapped[int | None] = mapped_column()  # out, author "lead": who wrote it
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # in: handled; out: left us


class TurnEvent(Base):
    """What a turn brought about, for statistics: kinds, names and reasons, never what the person said."""

    __tablename__ = "turn_event"
    __table_args__ = (Index("ix_turn_event_kind", "kind", "created_at"),)

    id: Mapped[Id]
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    kind: Mapped[str] = mapped_column(String(32))
    detail: Mapped[Any] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
