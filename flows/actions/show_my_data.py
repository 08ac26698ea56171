"""MES DONNÉES: says what is kept about the person."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from flows.actions.tools import Tools
from flows.actions.wording import label, moment
from flows.engine.actions import ActionContext
from flows.engine.events import Event
from flows.engine.speech import show


def run(context: ActionContext) -> Iterable[Event]:
    """One line per thing held; each has its words in the domain as `utter_data_<name>`."""
    tools: Tools = context.tools
    held = tools.held_data()
    said = {name: _SHOWN.get(name, _plain)(context, value) for name, value in held.items()}
    lines = [
        context.utter(f"utter_data_{name}", value=value).texts[""]
        for name, value in said.items()
        if value and f"utter_data_{name}" in context.domain.responses
    ]
    yield context.utter(
        "utter_my_data",
        lines="\n".join(lines),
        days=tools.service.retention_days,
        privacy_url=tools.service.privacy_url,
    )


def _plain(_context: ActionContext, value: Any) -> str:
    return show(value)


def _language(context: ActionContext, value: Any) -> str:
    return label(context, "language_choice", value)


def _profile(context: ActionContext, value: Mapping[str, Any]) -> str:
    return ", ".join(label(context, name, each) for name, each in value.items())


def _count(_context: ActionContext, value: list[Any]) -> str:
    return str(len(value)) if value else ""


def _bookings(context: ActionContext, value: list[Mapping[str, Any]]) -> str:
    tools: Tools = context.tools
    coming = [datetime.fromisoformat(each["starts_at"]) for each in value if each["status"] == "booked"]
    return ", ".join(moment(context, at, str(tools.zone)) for at in coming)


_SHOWN: Mapping[str, Callable[[ActionContext, Any], str]] = {
    "language": _language,
    "profile": _profile,
    "cases": _count,
    "bookings": _bookings,
}
