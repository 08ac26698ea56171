"""Says who speaks, what is kept and how to leave."""

from collections.abc import Iterable

from flows.actions.tools import Tools
from flows.engine.actions import ActionContext
from flows.engine.events import Event


def run(context: ActionContext) -> Iterable[Event]:
    """Two short messages, before anything else is said."""
    tools: Tools = context.tools
    service = tools.service
    yield context.utter("utter_introduce", operator=service.operator)
    yield context.utter("utter_privacy", days=service.retention_days, privacy_url=service.privacy_url)
