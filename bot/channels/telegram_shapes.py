"""The shapes messages take on Telegram: parts, keyboards, and what a button carries. No network here."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup

T = TypeVar("T")

MOST = 4096  # UTF-16 units in one message: how Telegram counts
SIDE_BY_SIDE = 16  # characters of a title up to which two stand on one line of a phone

_ENDS = (r"\n\s*\n", r"\n", r"(?<=[.!?…])\s", r"\s")
"""Where a text is best cut, best first."""
_REFERENCE = re.compile(r"m:([0-9]{1,18}):([0-9]{1,3})")


def units(text: str) -> int:
    """How long Telegram finds a text."""
    return len(text) + sum(character > "\uffff" for character in text)


def split(text: str, most: int = MOST) -> list[str]:
    """The text in parts of at most `most` units, cut after a sentence where one ends; only white space is lost."""
    parts, rest = [], text.strip()
    while units(rest) > most:
        cut = _cut(rest, most)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*parts, rest] if rest else parts


def _cut(text: str, most: int) -> int:
    fits = _fitting(text, most)
    for end in _ENDS:
        places = [found.start() for found in re.finditer(end, text[: fits + 1])]
        if places and places[-1] >= fits // 2:
            return places[-1]
    return fits


def _fitting(text: str, most: int) -> int:
    """How many characters from the start make at most `most` units."""
    length = 0
    for position, character in enumerate(text):
        length += 2 if character > "\uffff" else 1
        if length > most:
            return position
    return len(text)


def reference(message_id: int, index: int) -> str:
    """What a button carries: 64 bytes are too few for our payloads, so it names a choice of a message of ours."""
    return f"m:{message_id}:{index}"


def read_reference(data: str) -> tuple[int, int] | None:
    """The message and the choice a button names; None when it names none."""
    found = _REFERENCE.fullmatch(data)
    return (int(found[1]), int(found[2])) if found else None


def keyboard(message_id: int, choices: Sequence[Mapping[str, str]]) -> InlineKeyboardMarkup:
    """The choices as buttons under their message."""
    buttons = [
        InlineKeyboardButton(choice["title"], callback_data=reference(message_id, index))
        for index, choice in enumerate(choices)
    ]
    return InlineKeyboardMarkup(list(_rows(buttons, choices)))


def place_keyboard(ask: str, choices: Sequence[Mapping[str, str]]) -> ReplyKeyboardMarkup:
    """One button that sends the phone's position, above the choices: theirs send their title, which is understood."""
    buttons = [KeyboardButton(choice["title"]) for choice in choices]
    first = [KeyboardButton(ask, request_location=True)]
    return ReplyKeyboardMarkup([first, *_rows(buttons, choices)], resize_keyboard=True, one_time_keyboard=True)


def _rows(buttons: Sequence[T], choices: Sequence[Mapping[str, str]]) -> Iterator[list[T]]:
    width = 2 if all(len(choice["title"]) <= SIDE_BY_SIDE for choice in choices) else 1
    for start in range(0, len(buttons), width):
        yield list(buttons[start : start + width])
