"""What is the case before a scenario begins: openings taken, leads away, bookings the person already has."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.conversations import reminders
from bot.conversations.models import Contact
from directory import bookings
from directory.models import Absence, Booking, Coverage, Lead, Permanence, Place, Poster, Stop
from directory.timetable import open_times
from tests.scenarios.stage import Stage

ZONE = ZoneInfo("Europe/Paris")
LONG_AGO = timedelta(days=30)


def moment(text: str) -> datetime:
    """A local time of the scenario as an aware one."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def prepare(stage: Stage, given: Mapping[str, Any]) -> None:
    """Makes it so, the person's own bookings before all that may leave no room for them."""
    now = stage.clock.now
    if given.get("territory") == "none":
        with stage.database.transaction() as session:
            _empty(session)
    if given.get("known") or given.get("bookings"):
        stage.hear(text="bonjour")
    with stage.database.transaction() as session:
        for at in given.get("bookings", ()):
            contact = session.scalars(select(Contact).order_by(Contact.id.desc()).limit(1)).one()
            reminders.owe_reminder(session, take(session, contact.id, moment(at), now), now)
        for at in given.get("other_bookings", ()):
            take(session, _someone(session, now), moment(at), now)
        for full in given.get("full", ()):
            _fill(session, full["permanence"], full["day"], now)
        for away in given.get("away", ()):
            _send_away(session, away)


def take(session: Session, contact_id: int, at: datetime, now: datetime) -> Booking:
    """Books the demonstration's only opening at that time; raises StopIteration when there is none."""
    opening = next(each for each in open_times(session, now, min_notice=timedelta()) if each.starts_at == at)
    return bookings.take(session, opening.ref, contact_id, now)


def take_ref(session: Session, ref: str, now: datetime) -> None:
    """Somebody else books an opening."""
    bookings.take(session, ref, _someone(session, now), now)


def _someone(session: Session, now: datetime) -> int:
    contact = Contact(created_at=now - LONG_AGO)
    session.add(contact)
    session.flush()
    return contact.id


def _fill(session: Session, code: str, on: date, now: datetime) -> None:
    """Every opening of a permanence on one day is taken, each by somebody else."""
    permanence = session.scalars(select(Permanence).where(Permanence.code == code)).one()
    midnight = datetime.combine(on, time(), ZONE)
    openings = open_times(
        session, now, lead_ids=[permanence.lead_id], from_at=midnight, until_at=midnight + timedelta(days=1)
    )
    for opening in openings:
        if opening.permanence_id == permanence.id:
            bookings.take(session, opening.ref, _someone(session, now), now)


def _send_away(session: Session, away: Mapping[str, Any]) -> None:
    lead = session.scalars(select(Lead).where(Lead.code == away["lead"])).one()
    session.add(Absence(lead_id=lead.id, starts_on=away["from"], ends_on=away["to"]))


def _empty(session: Session) -> None:
    tables: Iterable[type[Any]] = (Poster, Permanence, Stop, Place, Coverage, Lead)
    for table in tables:
        session.execute(delete(table))
