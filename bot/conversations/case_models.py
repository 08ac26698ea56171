"""What a lead treats: Case and its timeline."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.conversations.models import Contact
from db.base import Base, EncryptedJson, EncryptedText, Id, UtcDateTime


class Case(Base):
    """A resident's project in a lead's hands. At most one open case per contact, by constraint."""

    __tablename__ = "case_file"  # CASE is a word of SQL
    __table_args__ = (
        Index("uq_case_file_open", "contact_id", unique=True,
              sqlite_where=text("closed_at IS NULL"), postgresql_where=text("closed_at IS NULL")),
    )  # fmt: skip

    id: Mapped[Id]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))  # where it last moved
    lead_id: Mapped[int | None] = mapped_column(index=True)  # None: nobody covers the commune yet
    insee_code: Mapped[str | None] = mapped_column(String(5))
    reason: Mapped[str] = mapped_column(String(32))  # asked | not_understood | appointment | internal_error | advice
    urgent: Mapped[bool] = mapped_column(default=False)  # someone waits for a human answer
    profile: Mapped[Any] = mapped_column(EncryptedJson, nullable=True)  # the qualification's slots
    summary: Mapped[str | None] = mapped_column(EncryptedText)
    outcome: Mapped[str | None] = mapped_column(String(32))  # created | shaping | employed | oriented | unreachable
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    contact: Mapped[Contact] = relationship()
    entries: Mapped[list["CaseEntry"]] = relationship(back_populates="case", order_by="CaseEntry.id")


class CaseEntry(Base):
    """One line of a case's timeline."""

    __tablename__ = "case_entry"

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))  # labelled in desk/words.yml
    detail: Mapped[Any] = mapped_column(EncryptedJson, nullable=True)
    lead_id: Mapped[int | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    case: Mapped[Case] = relationship(back_populates="entries")
