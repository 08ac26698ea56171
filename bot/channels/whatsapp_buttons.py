"""Choices as things to tap on WhatsApp: the shape Twilio creates once, and what fills it for one message.

A shape holds no word of a message: every line of the text, every title and every payload is a variable, and only what
opens a list is said in it, in each language. There are hence few of them, and nothing about anybody stays at Twilio.
Sources: Twilio, "twilio/quick-reply", "twilio/list-picker", "Using Variables with Content Templates", error 21656 (a
variable of the text holds no line break).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from bot.channels.rendering import words
from flows.engine.language import FRENCH

QUICK_REPLY, LIST_PICKER = "twilio/quick-reply", "twilio/list-picker"
BUTTONS, BUTTON_TITLE = 3, 20
"""How many buttons a text has outside an approved template, and their characters."""
ITEMS, ITEM_TITLE, ITEM_DESCRIPTION = 10, 24, 72
BODY, PAYLOAD, VARIABLES = 1024, 200, 100
MOST_NUMBERS = 30
"""A menu's first number stays below: numbers go on from one message of a turn to the next."""


class Tappable(NamedTuple):
    """A message to tap: `types` as the Content API takes them, and a value for each of its variables."""

    types: Mapping[str, Any]
    variables: Mapping[str, str]


def tappable(text: str, choices: Sequence[Mapping[str, str]], language: str = FRENCH) -> Tappable | None:
    """The message with buttons, or else with a list; None when its choices must be numbers to type.

    text: as it is written for typing, its numbered menu included. language: of the words that a list adds.
    """
    body, first = _without_menu(text, choices)
    titles = [choice["title"].strip() for choice in choices]
    if (
        body is None
        or not 0 < len(choices) <= ITEMS
        or len(body) > BODY
        or "{{" in text
        or not all(titles)
        or len(set(titles)) < len(titles)
        or any(len(choice["payload"]) > PAYLOAD for choice in choices)
    ):
        return None
    filled = _Filling()
    lines = "\n".join(filled.add(" ".join(line.split())) for line in body.split("\n"))
    payloads = [choice["payload"] for choice in choices]
    if len(choices) <= BUTTONS and max(map(len, titles)) <= BUTTON_TITLE:
        shape = _quick_reply(filled, lines, titles, payloads)
    elif len(set(map(_on_one_line, titles))) == len(titles):
        shape = _list_picker(filled, lines, titles, payloads, first, language)
    else:
        return None
    return Tappable(shape, filled.values) if len(filled.values) <= VARIABLES else None


def _without_menu(text: str, choices: Sequence[Mapping[str, str]]) -> tuple[str | None, int]:
    """The text alone, and its first number; None when its menu is not found, or nothing but a menu is said."""
    for first in range(1, MOST_NUMBERS):
        menu = "".join(f"\n{number} {choice['title']}" for number, choice in enumerate(choices, start=first))
        before, found, after = text.partition(menu)
        if found:
            return (before + after).strip() or None, first
    return None, 1


class _Filling:
    """Values given to the variables of a shape, in order."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def add(self, value: str) -> str:
        """The placeholder of a value; nothing for no value, which no variable may have."""
        if not value:
            return ""
        name = str(len(self.values) + 1)
        self.values[name] = value
        return "{{" + name + "}}"


def _quick_reply(filled: _Filling, body: str, titles: Sequence[str], payloads: Sequence[str]) -> dict[str, Any]:
    actions = [
        {"type": "QUICK_REPLY", "title": filled.add(title), "id": filled.add(payload)}
        for title, payload in zip(titles, payloads, strict=True)
    ]
    return {QUICK_REPLY: {"body": body, "actions": actions}}


def _list_picker(
    filled: _Filling, body: str, titles: Sequence[str], payloads: Sequence[str], first: int, language: str
) -> dict[str, Any]:
    """A title too long for its line stands below its number, which may be typed as ever, and may lack its end."""
    items = []
    for number, (title, payload) in enumerate(zip(titles, payloads, strict=True), start=first):
        typed = words("type", language).format(number=number)
        item, description = (title, typed) if len(title) <= ITEM_TITLE else (str(number), _on_one_line(title))
        items.append({"item": filled.add(item), "id": filled.add(payload), "description": filled.add(description)})
    return {LIST_PICKER: {"body": body, "button": words("choose", language), "items": items}}


def _on_one_line(title: str) -> str:
    """A title as a list has room for it."""
    return title if len(title) <= ITEM_DESCRIPTION else f"{title[: ITEM_DESCRIPTION - 1].rstrip()}…"
