"""The actions every assistant has."""

from collections.abc import Iterable, Mapping
from typing import Any

from flows.engine.actions import Action, ActionContext
from flows.engine.events import BotUttered, Choice, Event
from flows.engine.language import language_in


def _repeat(context: ActionContext) -> Iterable[Event]:
    """Says again what was said last; a question still open asks itself again, so it is left out here."""
    for said in context.last_uttered:
        if not said.get("asks"):
            yield said_again(said)


def said_again(said: Mapping[str, Any]) -> BotUttered:
    """The BotUttered behind its JSON."""
    from_json = {name: said[name] for name in ("response", "texts", "asks")}
    choices = tuple(Choice(**choice) for choice in said.get("choices", ()))
    attachments = tuple(said.get("attachments", ()))
    return BotUttered(**from_json, choices=choices, attachments=attachments, language=language_in(said))


def _clarify(context: ActionContext) -> Iterable[Event]:
    """Offers the likely meanings."""
    choices = [Choice(**choice) for choice in context.context["choices"]]
    yield context.utter("utter_clarification_options", choices=choices)


def _chitchat(context: ActionContext) -> Iterable[Event]:
    """Gives the ready reply the command named."""
    yield context.utter(str(context.context["response"]))


BUILT_IN: Mapping[str, Action] = {
    "action_clean_stack": lambda context: (),
    "action_repeat_bot_messages": _repeat,
    "action_clarify_flows": _clarify,
    "action_chitchat": _chitchat,
}
