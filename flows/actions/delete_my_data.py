"""SUPPRIMER: erases everything about the person."""

from collections.abc import Iterable

from flows.engine.actions import ActionContext
from flows.engine.events import Event
from flows.events import ErasureRequested


def run(context: ActionContext) -> Iterable[Event]:
    """Erases at once; the confirmation is the last word."""
    yield ErasureRequested()
    yield context.utter("utter_erased")
