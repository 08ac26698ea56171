"""Keeps what the person told of their project, and reads it back to them."""

from collections.abc import Iterable
from textwrap import shorten

from flows.actions.wording import label
from flows.engine.actions import ActionContext
from flows.engine.events import Event
from flows.events import HandoffRequested, ProfileSaved

FIELDS = ("idea", "sector", "stage", "situation", "need", "commune", "qpv", "age_band", "name", "reach", "phone")
MAX_READ_BACK = 120  # characters of one answer; the lead has all of it


def run(context: ActionContext) -> Iterable[Event]:
    """Saves the filled slots and says them again in one line each."""
    profile = {name: value for name in FIELDS if (value := context.slots.get(name)) is not None}
    yield ProfileSaved(profile)
    if "reach" in profile:  # they said how to be called back: somebody must see it
        yield HandoffRequested("advice")
    lines = [
        context.utter(f"utter_profile_{name}", value=_in_short(label(context, name, value))).texts[""]
        for name, value in profile.items()
        if name != "reach"
    ]
    if lines:
        yield context.utter("utter_profile", lines="\n".join(lines))


def _in_short(told: str) -> str:
    return shorten(told, MAX_READ_BACK, placeholder="…")
