"""Keeps what the person told of their project, and reads it back to them."""

from collections.abc import Iterable

from flows.engine.actions import ActionContext
from flows.engine.events import Event
from flows.engine.speech import show
from flows.events import ProfileSaved

FIELDS = ("idea", "sector", "stage", "situation", "need", "commune", "qpv", "age_band", "name", "reach", "phone")


def run(context: ActionContext) -> Iterable[Event]:
    """Saves the filled slots and says them again in one line each."""
    profile = {name: value for name in FIELDS if (value := context.slots.get(name)) is not None}
    yield ProfileSaved(profile)
    lines = [
        context.utter(f"utter_profile_{name}", value=_label(context, name, value)).texts[""]
        for name, value in profile.items()
        if name != "reach"
    ]
    if lines:
        yield context.utter("utter_profile", lines="\n".join(lines))


def _label(context: ActionContext, name: str, value: object) -> str:
    """What the person tapped, rather than the value behind it."""
    question = context.domain.responses.get(f"utter_ask_{name}")
    for button in question.variations[0].buttons if question else ():
        if button.payload == f"/SetSlots({name}={value})":
            return button.choice(str(context.slots.get("language") or "fr")).title
    return show(value)
