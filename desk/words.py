"""French words from `words.yml`, and French dates made of them."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any

import yaml

from bot.numbers import spoken

NBSP = "\u00a0"  # keeps "14 h" and a phone number on one line

_WORDS_FILE = Path(__file__).parent / "words.yml"


def _typeset(text: str) -> str:
    """French puts an unbreakable space before high punctuation; authors need not think of it."""
    return re.sub(r" (?=[?!:;](\s|$))", NBSP, text)


WORDS: Mapping[str, Any] = yaml.safe_load(_typeset(_WORDS_FILE.read_text(encoding="utf-8")))


def label(group: str, code: str | None) -> str:
    """What a code is called on screen; a code without words is shown as it is, never hidden."""
    if code is None:
        return ""
    known: str | None = WORDS[group].get(code)
    return known if known is not None else code.replace("_", " ").capitalize()


def day(on: date, today: date) -> str:
    """ "mardi 24 novembre", with the year when it is not this one."""
    number = "1er" if on.day == 1 else str(on.day)
    year = "" if on.year == today.year else f" {on.year}"
    return f"{WORDS['weekdays'][on.weekday()]} {number} {WORDS['months'][on.month - 1]}{year}"


def hour(at: datetime, zone: tzinfo) -> str:
    """ "14 h" or "14 h 30"."""
    return _clock(at.astimezone(zone).time())


def weekly(weekday: int, at: time) -> str:
    """ "mardi à 14 h", of what comes back every week. weekday: 0 is Monday."""
    return f"{WORDS['weekdays'][weekday]} à {_clock(at)}"


def _clock(at: time) -> str:
    return f"{at.hour}{NBSP}h" + (f"{NBSP}{at.minute:02}" if at.minute else "")


def moment(at: datetime, now: datetime, zone: tzinfo) -> str:
    """ "mardi 24 novembre à 14 h"."""
    return f"{day(at.astimezone(zone).date(), now.astimezone(zone).date())} à {hour(at, zone)}"


def ago(since: datetime, now: datetime) -> str:
    """A length of time as one says it: "12 minutes", "3 heures", "2 jours"."""
    waited = max(now - since, timedelta())
    words = WORDS["ago"]
    for unit, length in (("days", timedelta(days=1)), ("hours", timedelta(hours=1)), ("minutes", timedelta(minutes=1))):
        count = waited // length
        if count:
            one, many = words[unit]
            return str(one if count == 1 else many.format(count)).replace(" ", NBSP)
    return str(words["now"])


phone = spoken
