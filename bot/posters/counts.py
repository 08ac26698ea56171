"""What posters brought: openings of their page, people, cases and bookings. Numbers, nobody's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.orm import Session

from bot.conversations.case_models import Case
from bot.conversations.models import Contact
from bot.posters.models import PosterOpening
from db.insert import insert_once
from directory.models import Booking, Poster
from directory.timetable import HOLDING

UNKNOWN = ""
"""Stands for every code that nobody gave out: anyone may make one up."""


@dataclass(frozen=True)
class Tally:
    """What one poster brought."""

    openings: int = 0
    people: int = 0
    cases: int = 0
    bookings: int = 0


def note_opening(session: Session, code: str | None, day: date) -> None:
    """The page of a poster was opened; None: of no poster of ours."""
    key = {"code": code or UNKNOWN, "on_date": day}
    insert_once(session, PosterOpening, {**key, "openings": 0}, unique=("code", "on_date"))
    session.execute(
        update(PosterOpening)
        .where(PosterOpening.code == key["code"], PosterOpening.on_date == day)
        .values(openings=PosterOpening.openings + 1)
        .execution_options(synchronize_session=False)
    )


def tallies(session: Session, zone: ZoneInfo, since: date | None = None) -> dict[str, Tally]:
    """What each code brought, of all time or of the people who came since that day. UNKNOWN: codes of nobody."""
    came: list[ColumnElement[bool]] = [Contact.referral.is_not(None)]
    opened = select(PosterOpening.code, func.sum(PosterOpening.openings)).group_by(PosterOpening.code)
    if since is not None:
        came.append(Contact.referred_at >= datetime.combine(since, time(), zone))
        opened = opened.where(PosterOpening.on_date >= since)
    people = select(Contact.referral, func.count()).where(*came).group_by(Contact.referral)
    counts: Mapping[str, Select[*tuple[Any, ...]]] = {
        "openings": opened,
        "people": people,
        "cases": people.join(Case, Case.contact_id == Contact.id),
        "bookings": people.join(Booking, Booking.contact_id == Contact.id).where(Booking.status.in_(HOLDING)),
    }
    ours = set(session.scalars(select(Poster.code)))
    found: dict[str, dict[str, int]] = {}
    for name, query in counts.items():
        for code, number in session.execute(query):
            tally = found.setdefault(code if code in ours else UNKNOWN, {})
            tally[name] = tally.get(name, 0) + int(number)
    return {code: Tally(**numbers) for code, numbers in sorted(found.items())}
