"""STOP: no more messages here."""

from collections.abc import Iterable

from flows.engine.actions import ActionContext
from flows.engine.events import Event
from flows.events import MessagesStopped


def run(context: ActionContext) -> Iterable[Event]:
    """Stops at once; the confirmation is the last word."""
    yield MessagesStopped()
    yield context.utter("utter_stopped")
