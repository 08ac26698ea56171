"""How often posters were opened: days and numbers, nobody's."""

from datetime import date

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id


class PosterOpening(Base):
    """The page of a poster was opened so many times on a day. code: "" for codes that nobody gave out."""

    __tablename__ = "poster_opening"
    __table_args__ = (UniqueConstraint("code", "on_date"),)

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(8))
    on_date: Mapped[date] = mapped_column()
    openings: Mapped[int] = mapped_column()
