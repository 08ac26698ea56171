"""What a case looks like in the leads' group: its head, its buttons, its lines. No network here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy.orm import Session
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.channels.telegram_shapes import MOST, units
from bot.conversations import cases
from bot.conversations.case_models import Case
from bot.conversations.models import Conversation, Message
from bot.conversations.notifications import first_name, moment
from bot.conversations.summary import summarise
from bot.conversations.wording import labels, render
from db.crypto import fingerprint
from directory import bookings
from directory.models import Lead

LONGEST_NAME = 128  # characters of a thread's name
BETWEEN = "\n\n"

_DATA = re.compile(r"c:([0-9]{1,18}):([a-z_]{1,16})(?::([a-z_]{1,16}))?")

Button = tuple[str, str]
"""What it says and what it carries."""


@cache
def words() -> Mapping[str, Any]:
    """The French of the group."""
    data: Mapping[str, Any] = yaml.safe_load((Path(__file__).parent / "telegram_group.yml").read_text("utf-8"))
    return data


@dataclass(frozen=True)
class Head:
    """The message at the top of a thread. digest: changes whenever it would look different."""

    text: str
    buttons: tuple[Button, ...]

    @property
    def digest(self) -> str:
        return fingerprint("head of a thread", self.text, *(part for button in self.buttons for part in button))


def read_data(data: str) -> tuple[int, str, str | None] | None:
    """The case, what to do with it, and how; None when a button of ours carries no such thing."""
    found = _DATA.fullmatch(data)
    return (int(found[1]), found[2], found[3]) if found else None


def head(session: Session, case: Case, desk_url: str | None, now: datetime) -> Head:
    """The case as its thread shows it: a first name, never a number."""
    coming = bookings.upcoming(session, case.contact_id, now)
    owner = session.get_one(Conversation, case.conversation_id).owner_lead_id
    lead = session.get(Lead, owner) if owner is not None else None
    closed = case.closed_at is not None
    text = render(
        "group_head.txt.j2",
        who=first_name(case.contact),
        case_id=case.id,
        reason=labels()["reasons"].get(case.reason, case.reason),
        urgent=case.urgent,
        summary=case.summary or summarise(case.profile),
        appointments=[f"{moment(booking)}, {booking.place.name}" for booking in coming],
        closed=closed,
        outcome=words()["outcomes"].get(case.outcome) if case.outcome else None,
        speaker=lead.role if lead is not None else None,
        link=f"{desk_url}/cases/{case.id}" if desk_url else None,
    )
    return Head(text, () if closed else _buttons(case, spoken=owner is not None))


def _buttons(case: Case, *, spoken: bool) -> tuple[Button, ...]:
    wanted = ["back" if spoken else "take", *(["phone"] if case.contact.phone else []), "close"]
    return tuple((words()["buttons"][name], f"c:{case.id}:{name}") for name in wanted)


def outcome_buttons(case_id: int) -> tuple[Button, ...]:
    """What may have become of a project, and the way back."""
    ends = [(words()["outcomes"][code], f"c:{case_id}:close:{code}") for code in cases.OUTCOMES]
    return (*ends, (words()["buttons"]["menu"], f"c:{case_id}:menu"))


def keyboard(buttons: Sequence[Button]) -> InlineKeyboardMarkup:
    """One button a line; none takes away those that were there."""
    return InlineKeyboardMarkup([[InlineKeyboardButton(says, callback_data=data)] for says, data in buttons])


def name(case: Case) -> str:
    """The thread's name."""
    found: str = words()["thread"].format(who=first_name(case.contact), case_id=case.id)
    return found if len(found) <= LONGEST_NAME else found[-LONGEST_NAME:]


def together(case: Case, untold: Sequence[Message]) -> tuple[str, int]:
    """As many lines as one message holds, one at least; and the id of the last of them."""
    said, last = "", 0
    for message in untold:
        line = words()["line"].format(who=first_name(case.contact), text=_text(message))
        longer = f"{said}{BETWEEN}{line}" if said else line
        if said and units(longer) > MOST:
            break
        said, last = longer, message.id
    return said, last


def _text(message: Message) -> str:
    kind = (message.content or {}).get("kind") or "text"
    return message.text or words()["contents"].get(kind) or words()["contents"]["media"]
