"""What an update tells of the leads' group, and of a lead who links their account in private."""

import re
from dataclasses import dataclass
from typing import Literal

from telegram import CallbackQuery, Message
from telegram.constants import ChatType

from bot.conversations.lead_links import PREFIX

_GROUPS = (ChatType.GROUP, ChatType.SUPERGROUP)
_CODE = re.compile(rf"(?:/(?:start|relier)(?:@\w+)?\s+)?({PREFIX}[a-z0-9]{{8}})", re.IGNORECASE)

Kind = Literal["text", "edit", "other"]


@dataclass(frozen=True)
class InGroup:
    """Somebody wrote in a group. account: who; None for whoever hides behind the group. key: this update's own name.

    thread_id: None in the general thread. kind "other": a photo, a voice, a place.
    """

    chat_id: int
    thread_id: int | None
    message_id: int
    key: str
    account: str | None
    kind: Kind
    text: str


@dataclass(frozen=True)
class TapInGroup:
    """Somebody touched a button in a group."""

    chat_id: int
    message_id: int
    account: str
    callback_id: str
    data: str


@dataclass(frozen=True)
class Linking:
    """Somebody typed, in private, the code that links a lead's account."""

    account: str
    code: str


def read_in_group(message: Message, key: str, *, edited: bool) -> InGroup | None:
    """What was written; None for other bots and for what the application says by itself."""
    hidden, who = message.sender_chat is not None, message.from_user
    if message.chat.type not in _GROUPS or not (hidden or (who is not None and not who.is_bot)):
        return None
    if message.text is None and message.effective_attachment is None:
        return None
    kind: Kind = "edit" if edited else "text" if message.text is not None else "other"
    return InGroup(
        chat_id=message.chat.id,
        thread_id=message.message_thread_id if message.is_topic_message else None,
        message_id=message.message_id,
        key=key,
        account=None if hidden or who is None else str(who.id),
        kind=kind,
        text=message.text or "",
    )


def read_tap_in_group(query: CallbackQuery) -> TapInGroup | None:
    """What was touched; None outside groups."""
    message = query.message
    if message is None or message.chat.type not in _GROUPS:
        return None
    return TapInGroup(message.chat.id, message.message_id, str(query.from_user.id), query.id, query.data or "")


def read_linking(message: Message) -> Linking | None:
    """The code, when there is nothing else in the message: as a link brings it, or as it is typed."""
    found = _CODE.fullmatch((message.text or "").strip())
    return Linking(str(message.chat.id), found[1]) if found else None
