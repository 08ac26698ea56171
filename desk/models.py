"""Tables of the desk: who may enter, who is inside, and which forms were already taken."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.base import Base, BigId, Id, UtcDateTime
from directory.models import Lead


class DeskAccount(Base):
    """A lead's own key to the desk. The password is only kept as an argon2 hash."""

    __tablename__ = "desk_account"

    id: Mapped[Id]
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), unique=True)
    login: Mapped[str] = mapped_column(String(64), unique=True)  # folded by `accounts.fold_login`
    password_hash: Mapped[str] = mapped_column(Text)
    failed_count: Mapped[int] = mapped_column(default=0)  # tries since the last success, counted first
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    lead: Mapped[Lead] = relationship()


class DeskSession(Base):
    """One browser inside the desk. The table holds a digest, so that reading it does not let anyone in."""

    __tablename__ = "desk_session"

    token_digest: Mapped[str] = mapped_column(String(64), primary_key=True)  # sha256 of the cookie's token, hex
    account_id: Mapped[int] = mapped_column(ForeignKey("desk_account.id"), index=True)
    csrf_token: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    account: Mapped[DeskAccount] = relationship()


class DeskSubmission(Base):
    """A form that was taken, written in the transaction of what it did: sent twice, it changes nothing more."""

    __tablename__ = "desk_submission"

    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(BigId)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
