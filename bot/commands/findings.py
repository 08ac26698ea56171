"""What `allervers doctor` finds: one thing looked at, how it is, and what to do about it."""

from typing import NamedTuple

OK, MISSING, FAILS = "ok", "missing", "fails"


class Finding(NamedTuple):
    """One thing looked at: how it is, and what to do about it."""

    subject: str
    state: str
    words: str
