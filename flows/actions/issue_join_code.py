"""Gives the code by which another phone of the same person is joined."""

from collections.abc import Iterable

from flows.actions.tools import Tools
from flows.engine.actions import ActionContext
from flows.engine.events import Event


def run(context: ActionContext) -> Iterable[Event]:
    """Says the code and what to do with it, or that there were too many."""
    tools: Tools = context.tools
    code = tools.joins.issue()
    if code is None:
        yield context.utter("utter_join_too_many")
    else:
        yield context.utter("utter_join_code", code=code)
