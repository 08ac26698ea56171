"""What can go wrong with the directory.

DirectoryError
├── ImportRejected       files that cannot be imported: every problem, and nothing written
├── BookingError
│   ├── OpeningTaken     someone else was faster
│   ├── OpeningGone      past, or no longer in the timetable
│   ├── TooManyBookings  the person already holds as many as allowed
│   ├── ContactBusy      the person already has a booking at that time
│   └── BookingClosed    cancelled, moved or over: it cannot change any more
├── BookingUnknown       no such booking
└── PosterUnknown        no such code, neither of a poster nor of what one can be printed for
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong in one file, and what to do about it."""

    file: str
    line: int
    what: str
    cure: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}; {self.cure}"


class DirectoryError(Exception):
    """The directory cannot do what was asked."""


class ImportRejected(DirectoryError):
    """Files that cannot be imported. `problems` lists everything found; nothing was written."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class BookingUnknown(DirectoryError):
    """No such booking."""

    def __init__(self, booking_id: int | str) -> None:
        self.booking_id = booking_id
        super().__init__(f"there is no booking {booking_id}")


class PosterUnknown(DirectoryError):
    """No such code."""

    def __init__(self, code: str) -> None:
        super().__init__(
            f"nothing has the code {code!r}; give a poster's code, or that of a stop, a place or a permanence "
            "(allervers directory export lists them)"
        )


class BookingError(DirectoryError):
    """A booking that cannot be made or changed; each has words for the resident."""


class OpeningTaken(BookingError):
    """Every seat of the opening is taken."""

    def __init__(self, ref: str) -> None:
        self.ref = ref
        super().__init__(f"opening {ref} is taken; offer the next ones (bookings.alternatives)")


class OpeningGone(BookingError):
    """The opening is past, or the timetable no longer has it."""

    def __init__(self, ref: str) -> None:
        self.ref = ref
        super().__init__(f"opening {ref} is past or no longer in the timetable; offer the current ones")


class TooManyBookings(BookingError):
    """The person already holds as many future bookings as one person may."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"one person holds at most {limit} future bookings; cancel or move one first")


class ContactBusy(BookingError):
    """The person already has a booking that overlaps this time."""

    def __init__(self, booking_id: int) -> None:
        self.booking_id = booking_id
        super().__init__(f"booking {booking_id} of the same person is at that time; move it instead")


class BookingClosed(BookingError):
    """The booking is cancelled, moved or over."""

    def __init__(self, booking_id: int, status: str) -> None:
        self.booking_id = booking_id
        self.status = status
        super().__init__(f"booking {booking_id} is {status} and cannot change any more")
