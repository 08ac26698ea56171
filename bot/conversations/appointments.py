"""Whether what we are about to say of a booking is still true."""

from datetime import datetime

from sqlalchemy.orm import Session

from directory.models import Booking


def outdated(session: Session, booking_id: int, now: datetime) -> str | None:
    """Why the booking must not be spoken of as to come: cancelled, moved, past, gone. None: it stands.

    Its time need not be compared: a move makes a new booking.
    """
    booking = session.get(Booking, booking_id)
    if booking is None or booking.contact_id is None:
        return "no booking"
    if booking.status != "booked":
        return f"booking {booking.status}"
    return "too late" if booking.starts_at <= now else None
