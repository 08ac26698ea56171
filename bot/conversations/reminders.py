"""When a booking is recalled: the evening before, or two hours ahead when it was taken late."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot import queue
from bot.conversations.jobs import REMINDER
from directory.models import Booking

REMIND = "remind_booking"
EVENING = time(18, 0)
LATE_NOTICE = timedelta(hours=2)
SOONEST = timedelta(hours=1)  # a reminder sooner after the booking would only repeat its confirmation


def reminder_due_at(starts_at: datetime, timezone: str, now: datetime) -> datetime | None:
    """When to remind; None when the appointment is too close for a reminder to help."""
    local = starts_at.astimezone(ZoneInfo(timezone))
    evening_before = datetime.combine(local.date() - timedelta(days=1), EVENING, local.tzinfo)
    for due in (evening_before, starts_at - LATE_NOTICE):
        if due - now >= SOONEST:
            return due
    return None


def owe_reminder(session: Session, booking: Booking, now: datetime) -> bool:
    """Owes the reminder of a booking, once; returns whether there is one to come."""
    due = reminder_due_at(booking.starts_at, booking.place.timezone, now)
    return due is not None and queue.owe(
        session,
        kind=REMIND,
        key=f"remind:{booking.id}",
        lane=REMINDER,
        payload={"booking_id": booking.id},
        due_at=due,
    )
