"""How each kind of value is written in a file: reading it, refusing it with a cure, writing it back the same."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from directory.days import parse_source_date
from directory.geography import gazetteer
from directory.poster_codes import is_code
from directory.territories import ZONES

WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


class BadValue(ValueError):
    """A value that cannot be read: what is wrong, and the cure."""

    def __init__(self, what: str, cure: str) -> None:
        self.what, self.cure = what, cure
        super().__init__(f"{what}; {cure}")


@dataclass(frozen=True)
class Format:
    """Reads a non-empty text (raises BadValue); writes a value so that reading gives it back."""

    read: Callable[[str], Any]
    write: Callable[[Any], str] = str


def _matching(pattern: str, cure: str) -> Format:
    def read(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise BadValue(f"cannot be {text!r}", cure)
        return text

    return Format(read)


def one_of(*values: str) -> Format:
    """One of a few words."""
    return _matching("|".join(values), f"write one of: {', '.join(values)}")


def whole(least: int, most: int, step: int = 1) -> Format:
    """A whole number within bounds."""
    cure = f"write a whole number from {least} to {most}" + (f", a multiple of {step}" if step > 1 else "")

    def read(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most or int(text) % step:
            raise BadValue(f"cannot be {text!r}", cure)
        return int(text)

    return Format(read)


def _degrees(most: int, name: str) -> Format:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise BadValue(f"cannot be {text!r}", f"write a {name} in degrees, like 43.21") from None
        if not -most <= value <= most:
            raise BadValue(f"is out of range: {text}", f"a {name} is between -{most} and {most}, in degrees WGS84")
        return value

    return Format(read, repr)


def _read_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadValue(f"is not a date: {text!r}", "write it like 2026-12-01") from None


def _read_time(text: str) -> time:
    if not re.fullmatch(r"([01]?\d|2[0-3])[:h][0-5]\d", text):
        raise BadValue(f"is not a time of day: {text!r}", "write it like 09:00")
    hour, minute = re.split("[:h]", text)
    return time(int(hour), int(minute))


def _read_source_date(text: str) -> str:
    try:
        parse_source_date(text)
    except ValueError:
        raise BadValue(f"is not a date: {text!r}", "write 2025, 2025-05 or 2025-05-12") from None
    return text


def _read_weekday(text: str) -> int:
    if text.lower() in WEEKDAYS:
        return WEEKDAYS.index(text.lower())
    if text in "0123456" and len(text) == 1:
        return int(text)
    raise BadValue(f"is not a weekday: {text!r}", "write lundi, mardi… or 0 (Monday) to 6 (Sunday)")


def _read_insee(text: str) -> str:
    if gazetteer().by_insee(text) is None:
        raise BadValue(f"is not an INSEE code: {text!r}", "take the commune's code from insee.fr, not its postcode")
    return text


def _read_phone(text: str) -> str:
    if re.fullmatch(r"\+[1-9]\d{6,14}", text):
        return text
    digits = re.sub(r"[\s.\-()]", "", text)
    cure = "write it with its country, like +33639980012"
    if re.fullmatch(r"0[1-9]\d{8}", digits):
        cure = f"write +33{digits[1:]} (overseas, +262, +590, +594 or +596 instead of +33)"
    raise BadValue(f"is not an international number: {text!r}", cure)


def _read_zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zones = ", ".join(dict.fromkeys(["Europe/Paris", *ZONES.values()]))
        raise BadValue(f"is not a time zone: {text!r}", f"leave it empty, or write one of: {zones}") from None


def _read_poster(text: str) -> str:
    if not is_code(text.upper()):
        raise BadValue(f"is not a poster's code: {text!r}", "leave the line out: a code is given, like K7P4X")
    return text.upper()


BOOLEANS = {"yes": True, "oui": True, "no": False, "non": False}


def _read_boolean(text: str) -> bool:
    if text.lower() not in BOOLEANS:
        raise BadValue(f"cannot be {text!r}", "write yes or no")
    return BOOLEANS[text.lower()]


TEXT = Format(str)
CODE = _matching(r"[a-z0-9][a-z0-9-]{0,63}", "write up to 64 of a-z, 0-9 and -, like citeslab-carcassonne")
KIND = _matching(r"[a-z][a-z_]{0,31}", "write up to 32 of a-z and _, like lieu_totem")
TERRITORY = _matching(r"[0-9A-Z]{2,8}", "write an INSEE code, a QPV's code, a department's number, or FR")
POSTCODE = _matching(r"\d{5}", "write the five digits of the postcode")
URL = _matching(r"https?://\S+", "write the whole address, from https://")
EMAIL = _matching(r"[^@\s]+@[^@\s]+\.[^@\s]+", "write an e-mail address, like contact@example.org")
LATITUDE = _degrees(90, "latitude")
LONGITUDE = _degrees(180, "longitude")
DATE = Format(_read_date, lambda value: value.isoformat())
TIME = Format(_read_time, lambda value: f"{value:%H:%M}")
SOURCE_DATE = Format(_read_source_date)
WEEKDAY = Format(_read_weekday)
INSEE = Format(_read_insee)
PHONE = Format(_read_phone)
ZONE = Format(_read_zone)
POSTER = Format(_read_poster)
BOOLEAN = Format(_read_boolean, lambda value: "yes" if value else "no")
