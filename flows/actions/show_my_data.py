"""MES DONNÉES: says what is kept about the person."""

from collections.abc import Iterable

from flows.actions.tools import Tools
from flows.engine.actions import ActionContext
from flows.engine.events import Event
from flows.engine.speech import show


def run(context: ActionContext) -> Iterable[Event]:
    """One line per thing held; each has its words in the domain as `utter_data_<name>`."""
    tools: Tools = context.tools
    held = {name: value for name, value in tools.held_data().items() if value not in (None, "", {}, [], 0)}
    lines = [
        context.utter(f"utter_data_{name}", value=show(value)).texts[""]
        for name, value in held.items()
        if f"utter_data_{name}" in context.domain.responses
    ]
    yield context.utter(
        "utter_my_data",
        lines="\n".join(lines),
        days=tools.service.retention_days,
        privacy_url=tools.service.privacy_url,
    )
