"""Telling a lead what happened, once per fact, by e-mail; or on standard error where no mail server is set.

A notification leaves our encryption, hence holds no more than a first name, a time and place of the lead's own
agenda, and the way to the desk.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import queue
from bot.conversations.case_models import Case
from bot.conversations.jobs import NOTIFICATION
from bot.conversations.models import Contact
from bot.conversations.wording import labels, render
from bot.mail import Mail, Mailer, MailLater, MailRefused
from db.session import Database
from directory.days import in_words
from directory.models import Booking, Coverage, Lead

NOTIFY = "notify_lead"
COALESCED_FOR = 600  # seconds: what a person writes in one go is told once

_BY_BOOKING = ("booking", "moved", "cancelled", "unreminded")
_BY_CASE = ("handoff", "message")
FACTS = _BY_CASE + _BY_BOOKING
"""handoff: a human is needed; message: the person wrote while a lead speaks; the others: what became of a booking.

unreminded: its reminder could not be said, for one while a lead spoke: it is theirs to say.
"""


def owe_notification(
    session: Session, fact: str, now: datetime, *, case_id: int | None = None, booking_id: int | None = None
) -> bool:
    """Owes one of FACTS to the lead it concerns; returns whether it is new.

    A booking's facts need `booking_id`, the others `case_id`. What a lead did themselves is not told to them.
    """
    if fact in _BY_BOOKING:
        key = f"notify:{fact}:{booking_id}"
    elif fact in _BY_CASE:
        case = session.get(Case, case_id)  # whoever it is passed on to has not heard of it yet
        key = f"notify:{fact}:{case_id}:{case.lead_id if case else None}:{int(now.timestamp()) // COALESCED_FOR}"
    else:
        raise ValueError(f"{fact!r} is not told to leads; use one of {', '.join(FACTS)}")
    return queue.owe(
        session,
        kind=NOTIFY,
        key=key,
        lane=NOTIFICATION,
        payload={"fact": fact, "case_id": case_id, "booking_id": booking_id},
        due_at=now,
    )


class Notifier:
    """Turns owed facts into mails. `desk_url`: where the desk stands ("https://…/desk"), None when unknown."""

    def __init__(
        self, database: Database, mailer: Mailer, clock: Callable[[], datetime], desk_url: str | None = None
    ) -> None:
        self._database = database
        self._mailer = mailer
        self._clock = clock
        self._desk_url = desk_url

    def notify_lead(self, job: queue.ClaimedJob) -> None:
        """Handles one job: tells the lead, unless the fact is past; no transaction is open meanwhile."""
        with self._database.reading() as session:
            mail = self._compose(session, job)
        if isinstance(mail, str):
            with self._database.transaction() as session:
                queue.settle_dropped(session, job, self._clock(), mail)
            return
        failure: MailLater | MailRefused | None = None
        try:
            self._mailer.send(mail)
        except (MailLater, MailRefused) as error:
            failure = error
        with self._database.transaction() as session:
            now = self._clock()
            if failure is None:
                queue.settle_done(session, job, now)
            elif isinstance(failure, MailRefused):
                queue.settle_failed(session, job, now, str(failure))
            else:
                queue.settle_error(session, job, now, str(failure))

    def _compose(self, session: Session, job: queue.ClaimedJob) -> Mail | str:
        """The mail that tells the fact as it is now, or why there is nothing to tell any more."""
        fact = str(job.payload["fact"])
        if fact in _BY_BOOKING:
            found = self._about_booking(session, fact, int(job.payload["booking_id"]))
        else:
            found = self._about_case(session, int(job.payload["case_id"]))
        if isinstance(found, str):
            return found
        lead_id, values = found
        to = _recipients(session, lead_id)
        if not to:
            return "no lead with an address"
        subject, _, body = render(f"notification_{fact}.txt.j2", **values).partition("\n")
        return Mail(to=to, subject=subject.removeprefix("Objet : "), body=body.strip() + "\n", fact=job.key)

    def _about_case(self, session: Session, case_id: int) -> tuple[int | None, Mapping[str, Any]] | str:
        case = session.get(Case, case_id)
        if case is None or case.closed_at is not None:
            return "case closed"
        values = {
            "who": first_name(case.contact),
            "reason": labels()["reasons"].get(case.reason, case.reason),
            "case_id": case.id,
            "link": self._link(f"cases/{case.id}"),
        }
        return case.lead_id, values

    def _about_booking(
        self, session: Session, fact: str, booking_id: int
    ) -> tuple[int | None, Mapping[str, Any]] | str:
        booking = session.get(Booking, booking_id)
        wanted = "cancelled" if fact == "cancelled" else "booked"
        if booking is None or booking.status != wanted:
            return "booking changed"
        if fact == "unreminded" and booking.starts_at <= self._clock():
            return "booking past"
        former = session.get(Booking, booking.moved_from_id) if booking.moved_from_id else None
        contact = session.get(Contact, booking.contact_id) if booking.contact_id else None
        day = booking.starts_at.astimezone(ZoneInfo(booking.place.timezone)).date()
        values = {
            "who": first_name(contact),
            "moment": moment(booking),
            "former_moment": moment(former) if former else None,
            "place": booking.place.name,
            "reference": booking.reference,
            "case_id": _case_of(session, contact),
            "link": self._link(f"bookings?on={day.isoformat()}"),
        }
        return booking.lead_id, values

    def _link(self, page: str) -> str | None:
        return f"{self._desk_url.rstrip('/')}/{page}" if self._desk_url else None


def first_name(contact: Contact | None) -> str:
    """The first name at most: the rest stays behind the desk's door."""
    first = contact.name.split()[0] if contact is not None and contact.name and contact.name.strip() else None
    return first or labels()["people"]["unknown"]


def _case_of(session: Session, contact: Contact | None) -> int | None:
    """The person's open case, by whose number the desk calls it."""
    if contact is None:
        return None
    return session.scalar(select(Case.id).where(Case.contact_id == contact.id, Case.closed_at.is_(None)))


def moment(booking: Booking) -> str:
    """When it is, in words, where it is."""
    local = booking.starts_at.astimezone(ZoneInfo(booking.place.timezone))
    return in_words(local, labels()["patterns"]["moment"], "fr").removesuffix(" 00")


def _recipients(session: Session, lead_id: int | None) -> tuple[str, ...]:
    """The lead's address; when there is none, those of the coordination, so that somebody knows."""
    lead = session.get(Lead, lead_id) if lead_id is not None else None
    if lead is not None and lead.active and lead.email:
        return (lead.email,)
    national = session.scalars(
        select(Lead).join(Coverage, Coverage.lead_id == Lead.id).where(Coverage.scope == "national", Lead.active)
    )
    return tuple(sorted({each.email for each in national if each.email}))
