"""Taking, cancelling and moving openings. The database's primary key on cells is what decides who was first.

A booking and its cells go in together under a savepoint. On PostgreSQL a racer's insert waits for the other's
transaction, then fails or wins; cells go in by ascending time and a move takes before it gives back, so that no two
wait for each other. Order of locks: the contact, then bookings, then cells. The caller owns the transaction.
"""

import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Integer, cast, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from directory.errors import BookingClosed, BookingUnknown, ContactBusy, OpeningGone, OpeningTaken, TooManyBookings
from directory.models import Booking, BookingCell, Permanence
from directory.openings import (
    CELL,
    DAY,
    HORIZON,
    Opening,
    PermanenceDay,
    Taken,
    free_seats,
    parse_ref,
    permanence_days,
)
from directory.timetable import HOLDING, load_timetable, open_times

MOST_BOOKINGS = 2  # future ones one person may hold
REFERENCE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # read aloud without I/1 or O/0
REFERENCE_LENGTH = 8
CONTACT_LOCKS = 0x616C6C65  # this package's corner of PostgreSQL's advisory locks


def take(session: Session, opening_ref: str, contact_id: int, now: datetime) -> Booking:
    """Books an opening for a contact.

    The notice `open_times` asks for is not asked for again: who was shown an opening may take it until it starts.
    Raises OpeningGone (past, too far ahead, not in the timetable), OpeningTaken, TooManyBookings or ContactBusy.
    """
    _lock_contact(session, contact_id)
    held, start, end, seats = _find(session, opening_ref, now)
    _check_contact(session, contact_id, start, end, now)
    for seat in seats:
        booking = _booking(held, start, end, seat, contact_id, now)
        if _store(session, booking, None):
            return booking
    raise OpeningTaken(opening_ref)


def move(session: Session, booking_id: int, new_ref: str, now: datetime) -> Booking:
    """Exchanges a booking for another opening; the contact is never without one. Returns the new booking.

    Moving to the opening already held changes nothing. Raises as `take`, or BookingClosed.
    """
    contact_id = get(session, booking_id).contact_id
    if contact_id is not None:
        _lock_contact(session, contact_id)
    old = _for_update(session, booking_id)
    _check_open(old, now)
    if parse_ref(new_ref) == (old.permanence_id, old.starts_at):
        return old
    held, start, end, seats = _find(session, new_ref, now, leaving=old)
    if contact_id is not None:
        _check_contact(session, contact_id, start, end, now, leaving=old)
    for seat in seats:
        booking = _booking(held, start, end, seat, contact_id, now)
        booking.moved_from_id = old.id
        if _store(session, booking, old):
            return booking
    raise OpeningTaken(new_ref)


def cancel(session: Session, booking_id: int, now: datetime, by: str) -> Booking:
    """Gives a booking's time back. Cancelling twice changes nothing. by: "resident" | "lead" | "erasure"."""
    booking = _for_update(session, booking_id)
    if booking.status != "cancelled":
        _check_open(booking, now)
        _cancel(session, booking, now, by)
    return booking


def close(session: Session, booking_id: int, outcome: str, now: datetime) -> Booking:
    """Records what became of a booking: "done" or "no_show". May be corrected from one to the other."""
    booking = _for_update(session, booking_id)
    if booking.status not in HOLDING:
        raise BookingClosed(booking_id, booking.status)
    booking.status, booking.updated_at = outcome, now
    session.flush()
    return booking


def erase_contact(session: Session, contact_id: int, now: datetime) -> list[Booking]:
    """Cancels a contact's future bookings and detaches every one. Returns those cancelled, to tell the leads."""
    _lock_contact(session, contact_id)
    mine = select(Booking).where(Booking.contact_id == contact_id).order_by(Booking.id).with_for_update()
    cancelled = []
    for booking in session.scalars(mine.execution_options(populate_existing=True)):
        if booking.status == "booked" and booking.starts_at > now:
            _cancel(session, booking, now, "erasure")
            cancelled.append(booking)
        booking.contact_id = None
    session.flush()
    return cancelled


def hand_over(session: Session, from_contact_id: int, to_contact_id: int) -> None:
    """Gives every booking of a contact to another who is the same person, be it more than one person may take."""
    for contact_id in sorted({from_contact_id, to_contact_id}):
        _lock_contact(session, contact_id)
    session.execute(update(Booking).where(Booking.contact_id == from_contact_id).values(contact_id=to_contact_id))


def get(session: Session, booking_id: int) -> Booking:
    """The booking of this id; raises BookingUnknown."""
    booking = session.get(Booking, booking_id)
    if booking is None:
        raise BookingUnknown(booking_id)
    return booking


def by_reference(session: Session, reference: str) -> Booking:
    """The booking of this reference, however it was typed; raises BookingUnknown."""
    typed = "".join(reference.split()).replace("-", "").upper()
    booking = session.scalar(select(Booking).where(Booking.reference == typed))
    if booking is None:
        raise BookingUnknown(reference)
    return booking


def upcoming(session: Session, contact_id: int, now: datetime) -> list[Booking]:
    """A contact's bookings that are not over, in order of time."""
    query = select(Booking).where(Booking.contact_id == contact_id, Booking.status == "booked", Booking.ends_at > now)
    return list(session.scalars(query.order_by(Booking.starts_at)))


def of_lead(session: Session, lead_id: int, from_at: datetime, until_at: datetime) -> list[Booking]:
    """A lead's agenda: bookings that start in [from_at, until_at), without those cancelled or moved."""
    query = select(Booking).where(
        Booking.lead_id == lead_id,
        Booking.starts_at >= from_at,
        Booking.starts_at < until_at,
        Booking.status.in_(HOLDING),
    )
    return list(session.scalars(query.order_by(Booking.starts_at, Booking.seat)))


def alternatives(session: Session, ref: str, now: datetime, limit: int = 3) -> list[Opening]:
    """The next openings of the same lead, to offer to whom `ref` was refused."""
    permanence_id, _ = parse_ref(ref)
    lead_id = session.scalar(select(Permanence.lead_id).where(Permanence.id == permanence_id))
    return [] if lead_id is None else open_times(session, now, lead_ids=[lead_id], limit=limit)


def _find(
    session: Session, ref: str, now: datetime, leaving: Booking | None = None
) -> tuple[PermanenceDay, datetime, datetime, Sequence[int]]:
    """What the timetable says of a ref now, and the seats that look free."""
    permanence_id, start = parse_ref(ref)
    if not now < start <= now + HORIZON:
        raise OpeningGone(ref)
    timetable = load_timetable(session, start, start, [Permanence.id == permanence_id])
    for held in permanence_days(timetable, start.date() - DAY, start.date() + DAY):
        for starts_at, ends_at in held.times:
            if starts_at == start:
                taken: Sequence[Taken] = timetable.taken.get(held.lead_id, ())
                if leaving is not None and leaving.lead_id == held.lead_id:
                    own = Taken(leaving.starts_at, leaving.ends_at, leaving.seat, leaving.place_id)
                    taken = [each for each in taken if each != own]
                return held, start, ends_at, free_seats(held, start, ends_at, taken)
    raise OpeningGone(ref)


def _booking(
    held: PermanenceDay, start: datetime, end: datetime, seat: int, contact_id: int | None, now: datetime
) -> Booking:
    return Booking(
        reference="".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(REFERENCE_LENGTH)),
        contact_id=contact_id,
        lead_id=held.lead_id,
        place_id=held.place_id,
        permanence_id=held.permanence_id,
        starts_at=start,
        ends_at=end,
        seat=seat,
        status="booked",
        created_at=now,
        updated_at=now,
    )


def _store(session: Session, booking: Booking, replaced: Booking | None) -> bool:
    """Writes a booking and its cells, taking over those of the one it replaces. False: someone holds a cell."""
    try:
        with session.begin_nested():
            session.add(booking)
            session.flush()
            wanted = set(_cells(booking.starts_at, booking.ends_at))
            if replaced is not None and (replaced.lead_id, replaced.seat) == (booking.lead_id, booking.seat):
                wanted -= _hand_over(session, replaced, booking, wanted)
            if wanted:
                row = {"lead_id": booking.lead_id, "seat": booking.seat, "booking_id": booking.id}
                session.execute(insert(BookingCell), [row | {"starts_at": at} for at in sorted(wanted)])
            if replaced is not None:
                _free(session, replaced)
                replaced.status, replaced.updated_at = "moved", booking.created_at
                session.flush()
    except IntegrityError as error:
        if "booking_cell" not in str(error.orig):
            raise
        return False
    return True


def _hand_over(session: Session, old: Booking, new: Booking, wanted: set[datetime]) -> set[datetime]:
    """Gives the new booking the cells both need; returns them."""
    owned = set(session.scalars(select(BookingCell.starts_at).where(BookingCell.booking_id == old.id)))
    shared = owned & wanted
    session.execute(
        update(BookingCell)
        .where(BookingCell.booking_id == old.id, BookingCell.starts_at.in_(sorted(shared)))
        .values(booking_id=new.id)
        .execution_options(synchronize_session=False)
    )
    return shared


def _cells(start: datetime, end: datetime) -> Iterator[datetime]:
    """Every five-minute cell that [start, end) touches."""
    at = start - timedelta(seconds=start.timestamp() % CELL.total_seconds())
    while at < end:
        yield at
        at += CELL


def _cancel(session: Session, booking: Booking, now: datetime, by: str) -> None:
    booking.status, booking.cancelled_by, booking.updated_at = "cancelled", by, now
    _free(session, booking)
    session.flush()


def _free(session: Session, booking: Booking) -> None:
    cells = delete(BookingCell).where(BookingCell.booking_id == booking.id)
    session.execute(cells.execution_options(synchronize_session=False))


def _for_update(session: Session, booking_id: int) -> Booking:
    query = select(Booking).where(Booking.id == booking_id).with_for_update()
    booking = session.scalar(query.execution_options(populate_existing=True))
    if booking is None:
        raise BookingUnknown(booking_id)
    return booking


def _check_open(booking: Booking, now: datetime) -> None:
    if booking.status != "booked":
        raise BookingClosed(booking.id, booking.status)
    if booking.ends_at <= now:
        raise BookingClosed(booking.id, "over")


def _lock_contact(session: Session, contact_id: int) -> None:
    """One decision at a time for a contact, whatever the channel. SQLite's writers are alone already."""
    if session.get_bind().dialect.name == "postgresql":
        key = cast(contact_id % 2**31, Integer)
        session.execute(select(func.pg_advisory_xact_lock(cast(CONTACT_LOCKS, Integer), key)))


def _check_contact(
    session: Session,
    contact_id: int,
    start: datetime,
    end: datetime,
    now: datetime,
    leaving: Booking | None = None,
) -> None:
    others = [booking for booking in upcoming(session, contact_id, now) if booking is not leaving]
    for booking in others:
        if booking.starts_at < end and booking.ends_at > start:
            raise ContactBusy(booking.id)
    if leaving is None and sum(booking.starts_at > now for booking in others) >= MOST_BOOKINGS:
        raise TooManyBookings(MOST_BOOKINGS)
