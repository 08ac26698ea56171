"""Speaks the chosen language from now on."""

from collections.abc import Iterable

from flows.engine.actions import ActionContext
from flows.engine.events import Event, SlotSet
from flows.engine.language import LANGUAGE_SLOT


def run(context: ActionContext) -> Iterable[Event]:
    """The choice becomes the language of everything said."""
    yield SlotSet(LANGUAGE_SLOT, context.slots["language_choice"])
    yield SlotSet("language_chosen", True)
