"""Where leads treat cases outside the desk: the threads of their group, and who of its members is which lead."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, EncryptedText, UtcDateTime


class CaseThread(Base):
    """A case's own thread in the leads' group, as we last left it there. Ids are the messenger's own.

    thread_id: None while there is none, at first or since somebody deleted it.
    head_id: the message at the top, with the buttons; head_digest: what it showed.
    """

    __tablename__ = "case_thread"
    __table_args__ = (Index("ix_case_thread_place", "chat_id", "thread_id"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), primary_key=True)
    chat_id: Mapped[int] = mapped_column(BigInteger)
    thread_id: Mapped[int | None] = mapped_column(BigInteger)
    head_id: Mapped[int | None] = mapped_column(BigInteger)
    head_digest: Mapped[str | None] = mapped_column(String(64))
    told_id: Mapped[int] = mapped_column(BigInteger, default=0)  # the last message of the person told there
    is_open: Mapped[bool] = mapped_column(default=True)


class LeadLink(Base):
    """A lead's account on the messenger. Only a keyed digest of it is kept: enough to know who acts."""

    __tablename__ = "lead_link"

    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LeadCode(Base):
    """A code that links whoever types it to a lead: shown to the lead, used once, within minutes."""

    __tablename__ = "lead_code"

    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), primary_key=True)
    code: Mapped[str] = mapped_column(EncryptedText)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
