"""What an update of Telegram's tells, in our words. Source: core.telegram.org/bots/api#update.

Residents speak in private chats, where the chat's id is the person's. In groups, but for those of leads
(`telegram_group_updates`), we are silent after one sentence.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import yaml
from telegram import CallbackQuery, ChatMemberUpdated, Message, Update
from telegram.constants import ChatMemberStatus, ChatType

import bot.channels.telegram_client  # noqa: F401 - durations are timedeltas
from bot.channels.base import InboundMessage
from bot.channels.telegram_group_updates import (
    InGroup,
    Linking,
    TapInGroup,
    read_in_group,
    read_linking,
    read_tap_in_group,
)
from bot.errors import Unreadable

NAME = "telegram"
KINDS = ("message", "edited_message", "callback_query", "my_chat_member")
"""The kinds of update we ask for."""
LONGEST_VOICE = 120  # seconds; beyond, a voice message is not listened to
LARGEST_VOICE = 2_000_000  # bytes

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@\w+)?(?:\s+(.*))?", re.DOTALL)
_REFERRAL = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PHONE = re.compile(r"\+?[1-9]\d{6,14}")
_PRESENT = (ChatMemberStatus.MEMBER, ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.RESTRICTED)

MEDIA: Mapping[str, str] = {
    "voice": "voice", "audio": "voice",
    "photo": "photo",
    "video": "video", "video_note": "video", "animation": "video", "story": "video", "paid_media": "video",
    "sticker": "sticker", "dice": "sticker", "game": "sticker",
    "document": "file", "poll": "file", "checklist": "file", "contact": "file", "invoice": "file",
}  # fmt: skip
"""What a message may hold that we cannot read, and what kind of thing that is."""


@dataclass(frozen=True)
class Said:
    """The person wrote, or shared something."""

    inbound: InboundMessage


@dataclass(frozen=True)
class Tapped:
    """The person touched a button. `data`: what the button carries. `message_id`: Telegram's, of its message."""

    address: str
    callback_id: str
    data: str
    message_id: int | None


@dataclass(frozen=True)
class Presence:
    """The person blocked us, or took us back."""

    address: str
    blocked: bool
    at: datetime


@dataclass(frozen=True)
class Invited:
    """Somebody added us to a group."""

    chat_id: int
    update_id: int


Arrival = Said | Tapped | Presence | Invited | InGroup | TapInGroup | Linking


@cache
def words() -> Mapping[str, Any]:
    """The French of this channel, and what its commands send."""
    data: Mapping[str, Any] = yaml.safe_load((Path(__file__).parent / "telegram.yml").read_text("utf-8"))
    return data


def read(data: Mapping[str, Any], bot_id: str) -> Arrival | None:
    """What an update tells; None for one that calls for nothing. Raises Unreadable."""
    try:
        update = Update.de_json(dict(data), None)
        if update.callback_query is not None:
            return _tapped(update.callback_query)
        if update.my_chat_member is not None:
            return _member(update.my_chat_member, update.update_id)
        message, edited = (update.message, False) if update.message else (update.edited_message, True)
        return _message(message, f"{bot_id}:{update.update_id}", edited=edited) if message is not None else None
    except Exception as error:  # the client raises whatever comes when a field is not what it knows
        return _shape_to_come(data, bot_id) or _unreadable(error)


def _shape_to_come(data: Mapping[str, Any], bot_id: str) -> Said | None:
    """A private message the client of today cannot read: the person is told that we cannot either."""
    message = data.get("message")
    chat = message.get("chat") if isinstance(message, Mapping) else None
    if not isinstance(chat, Mapping) or chat.get("type") != ChatType.PRIVATE or "id" not in chat:
        return None
    unread = InboundMessage(NAME, str(chat["id"]), f"{bot_id}:{data['update_id']}", kind="media", media="file")
    return Said(unread)


def _unreadable(error: Exception) -> NoReturn:
    raise Unreadable(type(error).__name__) from None


def _tapped(query: CallbackQuery) -> Tapped | TapInGroup | None:
    message = query.message
    if message is not None and message.chat.type != ChatType.PRIVATE:
        return read_tap_in_group(query)
    return Tapped(
        address=str(query.from_user.id),
        callback_id=query.id,
        data=query.data or "",
        message_id=message.message_id if message is not None else None,
    )


def _member(change: ChatMemberUpdated, update_id: int) -> Presence | Invited | None:
    before, after = change.old_chat_member.status, change.new_chat_member.status
    if change.chat.type == ChatType.PRIVATE:
        return Presence(str(change.chat.id), blocked=after not in _PRESENT, at=change.date)
    arrives = after in _PRESENT and before not in _PRESENT and change.chat.type != ChatType.CHANNEL
    return Invited(change.chat.id, update_id) if arrives else None


def _message(message: Message, provider_id: str, *, edited: bool) -> Said | InGroup | Linking | None:
    if message.chat.type != ChatType.PRIVATE:
        return read_in_group(message, provider_id, edited=edited)
    if linking := read_linking(message):
        return linking
    for reader in (_text,) if edited else (_text, _place, _own_contact, _media):
        fields = reader(message)
        if fields is not None:
            return Said(InboundMessage(NAME, str(message.chat.id), provider_id, **fields))
    return None  # what the application says by itself: a message was pinned, a live position moves


Fields = dict[str, Any]


def _text(message: Message) -> Fields | None:
    if message.text is None:
        return None
    return _command(message.text) or {"text": message.text}


def _command(text: str) -> Fields | None:
    """What a command does; one we do not know is read as the words it is made of."""
    found = _COMMAND.fullmatch(text)
    if found is None:
        return None
    name, rest = found[1].lower(), (found[2] or "").strip()
    command = words()["commands"].get(name)
    if command is None:
        return {"text": f"{found[1]} {rest}".strip()}
    fields: Fields = {"kind": "choice", "payload": command["payload"], "text": text}
    if name == "start" and _REFERRAL.fullmatch(rest):
        fields["referral"] = rest
    return fields


def _place(message: Message) -> Fields | None:
    location = message.venue.location if message.venue is not None else message.location
    if location is None:
        return None
    return {"kind": "location", "location": {"lat": location.latitude, "lon": location.longitude}}


def _own_contact(message: Message) -> Fields | None:
    """The person's own number; somebody else's is not theirs to give."""
    shared, person = message.contact, message.from_user
    if shared is None or person is None or shared.user_id != person.id:
        return None
    digits = re.sub(r"[\s().-]", "", shared.phone_number)
    if not _PHONE.fullmatch(digits):
        return None
    contact = {"phone": f"+{digits.removeprefix('+')}", "name": shared.first_name}
    return {"kind": "contact", "contact": {key: value for key, value in contact.items() if value}}


def _media(message: Message) -> Fields | None:
    kind: str | None = next((kind for name, kind in MEDIA.items() if getattr(message, name, None)), None)
    if kind is None:
        return None
    return {"kind": "media", "media": kind, "text": _written_with(message), "file": _file_to_hear(message)}


def _written_with(message: Message) -> str:
    """A caption is read; so is the emoji that a sticker stands for: 👍 is a yes."""
    return message.caption or (message.sticker.emoji if message.sticker is not None else "") or ""


def _file_to_hear(message: Message) -> str | None:
    voice = message.voice
    if voice is None or (voice.file_size or 0) > LARGEST_VOICE:
        return None
    return voice.file_id if _seconds(voice.duration) <= LONGEST_VOICE else None


def _seconds(duration: timedelta | int) -> float:
    return duration.total_seconds() if isinstance(duration, timedelta) else duration
