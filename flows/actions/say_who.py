"""Says who speaks, in one sentence, to whom was told already what is kept and how to leave."""

from collections.abc import Iterable

from flows.actions.tools import Tools
from flows.engine.actions import ActionContext
from flows.engine.events import Event


def run(context: ActionContext) -> Iterable[Event]:
    """A robot, for which programme, for free."""
    tools: Tools = context.tools
    yield context.utter("utter_who_are_you", operator=tools.service.operator)
