"""What was created at Twilio, so that no restart creates it again."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, UtcDateTime


class TwilioContent(Base):
    """A shape of message that exists in a Twilio account. `digest` is of the account and the shape."""

    __tablename__ = "twilio_content"

    id: Mapped[Id]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    sid: Mapped[str] = mapped_column(String(34))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
