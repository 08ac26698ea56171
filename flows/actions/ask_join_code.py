"""Asks for the code that the other phone was given."""

from collections.abc import Iterable

from flows.engine.actions import ActionContext
from flows.engine.events import Event


def run(context: ActionContext) -> Iterable[Event]:
    """The question, or what was wrong with the last code and the question."""
    again = context.slots.get("join_result") == "wrong"
    yield context.utter("utter_ask_join_code_again" if again else "utter_ask_join_code", asks="join_code")
