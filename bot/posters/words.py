"""What posters say: French sentences from `words.yml`, days and hours as they are read in each language."""

from datetime import date, time
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from babel.dates import format_time

from bot.numbers import NBSP
from bot.site_words import site_words
from directory.days import in_words
from directory.posters import Day
from flows.engine.language import FRENCH

_WORDS = Path(__file__).parent / "words.yml"
_OUTLINES = _WORDS.with_name("outlines.yml")


@cache
def words() -> dict[str, Any]:
    """Every sentence."""
    found: dict[str, Any] = yaml.safe_load(_WORDS.read_text("utf-8"))
    return found


@cache
def outlines() -> dict[str, dict[str, Any]]:
    """How words are drawn for which our fonts have no letters: `width` and `path`, in thousandths of the size."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(_OUTLINES.read_text("utf-8"))
    return found


def message(code: str) -> str:
    """What a message from the poster of this code says."""
    said: str = words()["message"].format(code=code)
    return said


def on(day: date, language: str = FRENCH) -> str:
    """ "mardi 24 novembre"."""
    return in_words(day, _pattern("day", language), language).replace(" ", NBSP)


def hours(day: Day, language: str = FRENCH) -> str:
    """ "9 h – 12 h 30"; empty when the hours were not announced."""
    if day.starts_at is None:
        return ""
    if day.ends_at is None:
        return site_words().said(language)["poster"]["from_hour"].format(starts=_hour(day.starts_at, language))
    said: str = words()["hours"].format(starts=_hour(day.starts_at, language), ends=_hour(day.ends_at, language))
    return said.replace(" ", NBSP)


def _pattern(name: str, language: str) -> str:
    return site_words().said(language)["patterns"][name]


def _hour(at: time, language: str) -> str:
    said: str = format_time(at, _pattern("hour", language), locale=language)
    return said.removesuffix(" 00").replace(" ", NBSP)
