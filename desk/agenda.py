"""Bookings: a day on one page to print, who came, and cancelling with a word to the person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import joinedload
from starlette.responses import Response

from bot.conversations import threads
from bot.conversations.case_models import Case, CaseEntry
from bot.conversations.models import Contact
from desk import away, telling, words
from desk.door import Action, Page, Visit
from desk.errors import Absent, Refused
from directory import bookings
from directory.days import zone
from directory.models import Booking, Place
from directory.timetable import HOLDING

FIRST_YEAR, LAST_YEAR = 2020, 2100
DAY = timedelta(days=1)
ZONE_SPREAD = timedelta(hours=15)  # how far a place's midnight can be from ours, overseas
MARKS = ("done", "no_show")


@dataclass(frozen=True)
class BookingLine:
    """One booking with whom it is for, in the time of its place. `case_id`: their open case, if any."""

    booking: Booking
    place: Place
    zone: tzinfo
    on: date
    contact: Contact | None
    case_id: int | None
    begun: bool


def coming(visit: Visit, from_at: datetime, until_at: datetime) -> list[tuple[date, list[BookingLine]]]:
    """Bookings that are not over, day by day."""
    found = [line for line in _between(visit, from_at - DAY, until_at, HOLDING) if line.booking.ends_at > from_at]
    return [(on, list(group)) for on, group in groupby(found, key=lambda line: line.on)]


def lines_of_day(visit: Visit, on: date, statuses: Sequence[str] = HOLDING) -> list[BookingLine]:
    """The bookings of a day, on the wall of their places, in order."""
    midnight = datetime.combine(on, time(), visit.renderer.zone)
    found = _between(visit, midnight - ZONE_SPREAD, midnight + DAY + ZONE_SPREAD, statuses)
    return [line for line in found if line.on == on]


def _between(visit: Visit, from_at: datetime, until_at: datetime, statuses: Sequence[str]) -> list[BookingLine]:
    session, visitor = visit.session, visit.visitor
    query = (
        select(Booking)
        .where(Booking.starts_at >= from_at, Booking.starts_at < until_at, Booking.status.in_(statuses))
        .options(joinedload(Booking.place))
        .order_by(Booking.starts_at, Booking.place_id, Booking.seat, Booking.id)
    )
    if not visitor.sees_all:
        query = query.where(Booking.lead_id == visitor.lead_id)
    return _lines(visit, session.scalars(query).all())


def _lines(visit: Visit, found: Sequence[Booking]) -> list[BookingLine]:
    people = {booking.contact_id for booking in found if booking.contact_id is not None}
    contacts = {row.id: row for row in visit.session.scalars(select(Contact).where(Contact.id.in_(people)))}
    owned = select(Case.contact_id, Case.id).where(Case.contact_id.in_(people), Case.closed_at.is_(None))
    if not visit.visitor.sees_all:
        owned = owned.where(Case.lead_id == visit.visitor.lead_id)
    case_ids = dict(visit.session.execute(owned).all())
    result = []
    for booking in found:
        local = zone(booking.place.timezone)
        on = booking.starts_at.astimezone(local).date()
        person = booking.contact_id
        result.append(
            BookingLine(
                booking=booking,
                place=booking.place,
                zone=local,
                on=on,
                contact=None if person is None else contacts.get(person),
                case_id=None if person is None else case_ids.get(person),
                begun=booking.starts_at <= visit.now,
            )
        )
    return result


def asked_day(visit: Visit, asked: str | None) -> tuple[date, str | None]:
    """The day in an address or a form, else tomorrow; and the code of what is wrong with it."""
    tomorrow = visit.today + DAY
    if not asked:
        return tomorrow, None
    try:
        on = date.fromisoformat(asked)
    except ValueError:
        return tomorrow, "bad_date"
    return (on, None) if FIRST_YEAR <= on.year <= LAST_YEAR else (tomorrow, "bad_date")


def show_day(visit: Visit) -> Response:
    """One day, place by place."""
    on, doubt = asked_day(visit, visit.query.get("on"))
    return _day_page(visit, on, doubt)


def _day_page(visit: Visit, on: date, doubt: str | None = None) -> Response:
    found = lines_of_day(visit, on)
    by_place = sorted(found, key=lambda line: line.place.id)
    places = [(group[0].place, group) for group in (list(g) for _, g in groupby(by_place, lambda line: line.place.id))]
    places.sort(key=lambda pair: pair[1][0].booking.starts_at)
    return visit.page(
        "day.html",
        on=on,
        before=on - DAY,
        after=on + DAY,
        places=places,
        count=len(found),
        cancelled=[line for line in lines_of_day(visit, on, ["cancelled"]) if line.contact is not None],
        away=away.absence_on(visit, on),
        may_be_away=away.may_declare(visit, on),
        doubt=words.WORDS["problems"].get(doubt),
    )


def _booking(visit: Visit) -> Booking:
    """The booking in the address, if it is in the lead's territory."""
    booking = bookings.get(visit.session, visit.id("booking_id"))
    if not (visit.visitor.sees_all or booking.lead_id == visit.visitor.lead_id):
        raise Absent("absent")
    return booking


def _line(visit: Visit) -> BookingLine:
    return _lines(visit, [_booking(visit)])[0]


def day_of(visit: Visit) -> str:
    """The page of the booking's day."""
    return f"/bookings?on={_line(visit).on.isoformat()}"


def mark(visit: Visit) -> str:
    """Notes whether the person came."""
    booking, outcome = _booking(visit), visit.form.get("outcome", "")
    if outcome not in MARKS:
        raise Refused("stale")
    if booking.starts_at > visit.now:
        raise Refused("too_early")
    if booking.status == outcome:
        return outcome
    bookings.close(visit.session, booking.id, outcome, visit.now)
    remember(visit, _line(visit), outcome)
    return outcome


def remember(visit: Visit, line: BookingLine, kind: str) -> None:
    """Adds the fact to the timeline of the person's case, if one is open here, and to its thread."""
    if line.case_id is not None:
        threads.hold(visit.session, line.case_id)
        entry = CaseEntry(
            case_id=line.case_id,
            kind=kind,
            detail={"booking_id": line.booking.id},
            lead_id=visit.visitor.lead_id,
            created_at=visit.now,
        )
        visit.session.add(entry)
        visit.session.flush()
        threads.owe_telling(visit.session, line.case_id, f"entry:{entry.id}", visit.now)


def show_booking_day(visit: Visit) -> Response:
    """The day again, when a mark was refused."""
    return _day_page(visit, _line(visit).on)


def ask_cancel(visit: Visit) -> Response:
    """Asks for confirmation, with the message the person will get."""
    line = _line(visit)
    reachable = telling.conversation_of(visit.session, line.booking.contact_id) is not None
    draft = (
        words.WORDS["cancel_message"]
        .format(moment=words.moment(line.booking.starts_at, visit.now, line.zone), place=line.place.name)
        .replace(words.NBSP, " ")
    )  # outside the alphabet of SMS
    return visit.page(
        "cancel.html",
        line=line,
        reachable=reachable,
        draft=visit.form.get("text", draft),
        may_be_away=line.booking.lead_id == visit.visitor.lead_id and away.may_declare(visit, line.on),
    )


def cancel(visit: Visit) -> str:
    """Gives the time back and tells the person, in one transaction."""
    booking = _booking(visit)
    text = visit.form.get("text", "")
    told = telling.tell(visit.session, booking.contact_id, visit.visitor.lead_id, text, visit.now)
    if booking.status != "booked":
        raise Refused("booking_closed")
    bookings.cancel(visit.session, booking.id, visit.now, by="lead")
    remember(visit, _line(visit), "cancelled")
    return "cancelled" if told else "cancelled_call"


ITEMS = (
    Page("/bookings", show_day),
    Page("/bookings/{booking_id:int}/cancel", ask_cancel),
    Action("/bookings/{booking_id:int}/cancel", cancel, day_of, ask_cancel),
    Action("/bookings/{booking_id:int}/mark", mark, day_of, show_booking_day),
)
