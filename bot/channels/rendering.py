"""How an utterance looks on a channel: its wording, and its choices as buttons or as numbers."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from bot.channels.gsm7 import fold
from flows.engine.events import BotUttered, Choice


class Rendered(NamedTuple):
    """A message as it is stored and sent: final text, choices, attachments."""

    text: str
    choices: tuple[Choice, ...]
    attachments: tuple[Mapping[str, Any], ...]


NUMBERED = frozenset({"sms"})
"""Variants on which a choice is typed: its number stands before its title."""
FOLDED = frozenset({"sms"})
"""Variants written in the handset's alphabet."""
WITHOUT_FILES = frozenset({"sms"})
"""Variants that carry text alone."""


def render(said: BotUttered, variant: str) -> Rendered:
    """One utterance for a channel variant."""
    text = said.texts.get(variant) or said.texts[""]
    if variant in NUMBERED and said.choices:
        text = "\n".join([text, *numbered(said.choices)])
    if variant in FOLDED:
        text = fold(text)
    return Rendered(text, said.choices, () if variant in WITHOUT_FILES else said.attachments)


def numbered(choices: Sequence[Choice]) -> list[str]:
    """One line per choice, the number to type first."""
    return [f"{number} {choice.title}" for number, choice in enumerate(choices, start=1)]
