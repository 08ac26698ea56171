"""When a message nobody waits for may arrive: not at night, not on Sundays, not on public holidays."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from directory.days import is_public_holiday, to_utc_anyway

FROM, UNTIL = time(22, 0), time(8, 0)
SUNDAY = 6
STILL_THERE = timedelta(hours=2)
"""After someone wrote, they are taken to wait for an answer that long, whatever the hour."""
_LONGEST = 10  # days to look ahead; never so many are closed in a row


def open_again(now: datetime, zone: ZoneInfo, territory: str = "") -> datetime | None:
    """When messages may arrive again; None when they may now.

    zone: the person's. territory: an INSEE code whose public holidays count, the national ones when empty.
    """
    local = now.astimezone(zone)
    if UNTIL <= local.time() < FROM and _is_working_day(local, territory):
        return None
    first = 0 if local.time() < UNTIL else 1
    for days in range(first, _LONGEST):
        day = local + timedelta(days=days)
        if _is_working_day(day, territory):
            return to_utc_anyway(datetime.combine(day.date(), UNTIL), str(zone))
    raise RuntimeError("no working day in sight")


def _is_working_day(day: datetime, territory: str) -> bool:
    return day.weekday() != SUNDAY and not is_public_holiday(day.date(), territory)
