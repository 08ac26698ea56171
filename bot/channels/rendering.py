"""How an utterance looks on a channel: its wording, its choices as buttons or as numbers, its length."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from bot.channels import gsm7
from bot.channels.cutting import Fits, cut
from flows.engine.events import BotUttered, Choice, Event
from flows.engine.language import FRENCH

MAX_SEGMENTS = {"GSM-7": 3, "UCS-2": 6}
"""Of one SMS, by alphabet: a segment of the second holds less than half as much. What is longer waits for SUITE."""
WHATSAPP_LENGTH = 1600
"""Characters of one message, at most. Source: Twilio, Message resource, `body`."""

_WORDS = Path(__file__).parents[1] / "templates" / "sms.yml"


class Rendered(NamedTuple):
    """A message as it is stored and sent: final text, choices, attachments; `rest` is what it was too short for."""

    text: str
    choices: tuple[Choice, ...]
    attachments: tuple[Mapping[str, Any], ...]
    rest: str = ""


@dataclass(frozen=True)
class Look:
    """How messages look on a variant.

    wording: the variations of a response to prefer, best first, before the one for every channel.
    numbered: a choice is typed, its number stands before its title. folded: in the handset's alphabet.
    files: whether anything but text can be carried. fits: whether a text fits one message.
    """

    wording: tuple[str, ...]
    numbered: bool = False
    folded: bool = False
    files: bool = True
    fits: Fits = lambda text: True


LOOKS: Mapping[str, Look] = {
    "sms": Look(
        ("sms",),
        numbered=True,
        folded=True,
        files=False,
        fits=lambda text: (cost := gsm7.cost(text)).segments <= MAX_SEGMENTS[cost.alphabet],
    ),
    # What is written for numbers to type suits it too.
    "whatsapp": Look(("whatsapp", "sms"), numbered=True, files=False, fits=lambda text: len(text) <= WHATSAPP_LENGTH),
}


def render(said: BotUttered, variant: str, language: str = FRENCH, first: int = 1) -> Rendered:
    """One utterance for a channel variant, in the language it is said in. first: the number of its first choice."""
    look = _look(variant)
    text = next((said.texts[name] for name in look.wording if said.texts.get(name)), said.texts[""])
    menu = numbered(said.choices, first) if look.numbered else []
    shown, rest = _shorten(text, menu, look, language)
    return Rendered(shown, said.choices, said.attachments if look.files else (), rest)


def render_rest(rest: str, variant: str, language: str = FRENCH) -> Rendered:
    """What a message was too short for, as a message."""
    shown, left = _shorten(rest, [], _look(variant), language)
    return Rendered(shown, (), (), left)


def in_one_turn(events: Sequence[Event], variant: str) -> list[Event]:
    """The events as they can be told together: where choices are typed, what an answer offers beside itself is left
    out when more is offered after it.
    """
    menus = [at for at, event in enumerate(events) if isinstance(event, BotUttered) and event.choices]
    former = set(menus[:-1]) if is_numbered(variant) else set()
    return [
        replace(event, choices=())
        if at in former and isinstance(event, BotUttered) and event.may_stand_alone
        else event
        for at, event in enumerate(events)
    ]


def is_numbered(variant: str) -> bool:
    """Whether choices are typed, as numbers."""
    return _look(variant).numbered


def numbered(choices: Sequence[Choice], first: int = 1) -> list[str]:
    """One line per choice, the number to type first."""
    return [f"{number} {choice.title}" for number, choice in enumerate(choices, start=first)]


def _look(variant: str) -> Look:
    return LOOKS.get(variant) or Look((variant,))


def _shorten(text: str, menu: Sequence[str], look: Look, language: str) -> tuple[str, str]:
    """The message with its whole menu, which is the way on, and what is left of its text."""
    fold = gsm7.fold if look.folded else str

    def with_menu(part: str, *more: str) -> str:
        return fold("\n".join([part, *menu, *more]))

    if look.fits(with_menu(text)):
        return with_menu(text), ""
    more = words("more", language)
    shown, rest = cut(fold(text), lambda part: look.fits(with_menu(part, more)))
    return (with_menu(shown, more), rest) if rest else (with_menu(text), "")


def words(name: str, language: str) -> str:
    """What a channel adds to a message of ours, in that language, French when it has none."""
    spoken = _words()[name]
    return spoken.get(language, spoken[FRENCH])


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = yaml.safe_load(_WORDS.read_text(encoding="utf-8"))
    return found
