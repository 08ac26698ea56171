"""What joining two phones of one person needs: codes that were given out, and tries that failed."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, UtcDateTime


class JoinCode(Base):
    """A code one phone was given for the other. It works once, until `expires_at`, while `ended_at` is None."""

    __tablename__ = "join_code"
    __table_args__ = (
        Index("uq_join_code_live", "digest", unique=True,
              sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL")),
    )  # fmt: skip

    id: Mapped[Id]
    digest: Mapped[str] = mapped_column(String(64))  # keyed: the six digits are nowhere
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class JoinTry(Base):
    """A code that was not right, kept for as long as it counts."""

    __tablename__ = "join_try"

    id: Mapped[Id]
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
