"""Moments, distances and places in words; patterns and words come from the domain."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from directory.days import in_words
from directory.models import Place
from flows.actions.tools import Tools
from flows.engine.actions import ActionContext
from flows.engine.language import language_in
from flows.engine.speech import show


def moment(context: ActionContext, at: datetime, zone: str | None, pattern: str = "utter_pattern_moment") -> str:
    """A time as people say it there ("mardi 24 novembre à 9 h 30"); the pattern is a response of the domain.

    zone: None for a wall time that is already local.
    """
    local = at.astimezone(ZoneInfo(zone)) if zone else at
    return in_words(local, context.utter(pattern).texts[""], _language(context)).removesuffix(" 00")


def day(context: ActionContext, on: date) -> str:
    """A day as people say it: "aujourd'hui", "demain", else "mardi 24 novembre"."""
    tools: Tools = context.tools
    today = tools.today(context.now)
    if on - today in _NEAR:
        return context.utter(_NEAR[on - today]).texts[""]
    return in_words(on, context.utter("utter_pattern_day").texts[""], _language(context))


_NEAR = {timedelta(): "utter_today", timedelta(days=1): "utter_tomorrow"}


def _language(context: ActionContext) -> str:
    return language_in(context.slots)


def distance(context: ActionContext, km: float) -> str:
    """How far, rounded as people say it."""
    rounded = f"{km:.0f}" if km >= 10 else f"{km:.1f}".replace(".", ",").removesuffix(",0")
    return context.utter("utter_distance", km=rounded).texts[""]


def address(place: Place) -> str:
    """The place's address on one line; its name when it has none."""
    town = " ".join(part for part in (place.postcode,) if part)
    return ", ".join(part for part in (place.address, town) if part) or place.name


def pin(place: Place) -> Mapping[str, Any]:
    """The place as a phone shows it on a map."""
    return {"kind": "location", "lat": place.lat, "lon": place.lon, "title": place.name, "address": address(place)}


def label(context: ActionContext, slot: str, value: object) -> str:
    """A slot's value in the words of the button that gives it, else as it is."""
    question = context.domain.responses.get(f"utter_ask_{slot}")
    for button in question.variations[0].buttons if question else ():
        if button.payload == f"/SetSlots({slot}={value})":
            return button.choice(language_in(context.slots)).title
    return show(value)
