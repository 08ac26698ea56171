"""From a response's name to what is said: variation, language, and the values in it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flows.engine.domain import Domain, Response, Variation
from flows.engine.errors import FlowsError
from flows.engine.events import BotUttered, Choice
from flows.engine.language import language_in

_PLACEHOLDER = re.compile(r"\{\{\s*context\.(?P<context>\w+)\s*\}\}|\{(?P<slot>\w+)\}")
_LEFT_BEHIND = re.compile(r" (?=\.(?: |$))")
"""The space before a full stop when what stood there had no value."""


def placeholders(text: str) -> set[str]:
    """The slot or argument names a text mentions, `{{context.…}}` apart."""
    return {match["slot"] for match in _PLACEHOLDER.finditer(text) if match["slot"]}


def all_placeholders(text: str) -> set[str]:
    """Everything of a text that is replaced, braces included."""
    return {match[0] for match in _PLACEHOLDER.finditer(text)}


def fill(text: str, values: Mapping[str, Any], context: Mapping[str, Any]) -> str:
    """The text with its placeholders replaced; what has no value leaves nothing behind."""

    def value(match: re.Match[str]) -> str:
        found = context.get(match["context"]) if match["context"] else values.get(match["slot"])
        return show(found)

    filled = _PLACEHOLDER.sub(value, text)
    return "\n".join(_LEFT_BEHIND.sub("", " ".join(line.split())) for line in filled.splitlines()).strip()


def show(value: Any) -> str:
    """A value as a person reads it."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return show(value.get("name") or value.get("title"))
    if isinstance(value, (list, tuple)):
        return ", ".join(show(item) for item in value)
    return str(value)


def utter(
    domain: Domain,
    name: str,
    *,
    slots: Mapping[str, Any],
    context: Mapping[str, Any] | None = None,
    arguments: Mapping[str, Any] | None = None,
    choices: Sequence[Choice] | None = None,
    attachments: Sequence[Mapping[str, Any]] = (),
    asks: str | None = None,
) -> BotUttered:
    """The event that says a response, with one text per channel variant; raises FlowsError when it is unknown."""
    response = domain.responses.get(name)
    if response is None:
        raise FlowsError(f"no response is called {name}; add it to flows/domain")
    language = language_in(slots)
    values = {**slots, **(arguments or {})}
    chosen = _by_channel(response, values)
    texts = {channel: fill(variation.say(language), values, context or {}) for channel, variation in chosen.items()}
    main = chosen.get("") or next(iter(chosen.values()))
    if choices is None:
        choices = [button.choice(language) for button in main.buttons]
    if attached := main.attached(language):
        attachments = [*attachments, attached]
    return BotUttered(name, texts, tuple(choices), tuple(attachments), asks, main.spoken_in(language))


def _by_channel(response: Response, slots: Mapping[str, Any]) -> dict[str, Variation]:
    chosen: dict[str, Variation] = {}
    for variation in response.variations:
        if variation.channel not in chosen and variation.fits(slots):
            chosen[variation.channel] = variation
    return chosen or {"": response.variations[-1]}
