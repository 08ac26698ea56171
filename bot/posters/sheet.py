"""What a poster says, before it is drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from bot.errors import SettingsError
from bot.posters.ways import ways
from bot.posters.words import hours, message, on, words
from bot.settings import Settings
from directory import posters
from directory.models import Poster
from flows.engine.language import FRENCH


class DayLine(NamedTuple):
    """One date: the day and its hours, and where it is when that is not always the same."""

    when: str
    where: str


@dataclass(frozen=True)
class Sheet:
    """A poster's values, in French. numbers: of the ways that have one, by kind."""

    code: str
    url: str
    operator: str
    name: str
    where: str
    days: tuple[DayLine, ...]
    note: str
    message: str
    numbers: Mapping[str, str]

    @property
    def short_url(self) -> str:
        """The address as it is typed."""
        return self.url.partition("://")[2]


def compose(session: Session, settings: Settings, poster: Poster, now: datetime) -> Sheet:
    """The sheet of a poster as things stand now; raises SettingsError when nobody could reach its page."""
    if settings.public_url is None:
        raise SettingsError(
            "ALLERVERS_PUBLIC_URL: not set; a poster's QR code and short address begin with it, like https://example.org"
        )
    spot = posters.spot(poster, now)
    lines = day_lines(session, poster, now)
    return Sheet(
        code=poster.code,
        url=f"{str(settings.public_url).rstrip('/')}/q/{poster.code}",
        operator=settings.operator_name,
        name=spot.name,
        where=", ".join(part for part in (spot.address, "" if spot.commune in spot.name else spot.commune) if part),
        days=tuple(lines),
        note=words()["to_check"] if lines and spot.to_check else "" if lines else words()["no_day"],
        message=message(poster.code).upper(),
        numbers={way.kind: way.number for way in ways(settings, poster.code) if way.number},
    )


def day_lines(session: Session, poster: Poster, now: datetime, language: str = FRENCH) -> list[DayLine]:
    """The next dates of a poster; where, only when it changes from one to the next."""
    coming = posters.days(session, poster, now)
    moves = len({day.where for day in coming}) > 1
    return [
        DayLine(
            ", ".join(part for part in (on(day.on, language), hours(day, language)) if part),
            (day.where if moves else None) or "",
        )
        for day in coming
    ]
