"""Messages of ours as sound: what is said of them, to whom, and in which language."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels import voice
from bot.channels.spoken import spoken
from bot.channels.voice import Sound, Voice
from bot.conversations import contacts
from bot.conversations.models import Message
from bot.errors import NotSaid
from flows.engine.language import language_in

KEPT = 8
"""Sounds that are remembered: a phone's player asks for the same one piece by piece."""


class Words(NamedTuple):
    """What is to be said."""

    text: str
    language: str


class Sounds:
    """Says messages aloud. May be used from any thread; the voice is asked with no transaction open."""

    def __init__(self, spoken_by: Voice) -> None:
        self._voice = spoken_by
        self._kept = lru_cache(KEPT)(self._make)

    def say(self, words: Words, *, light: bool) -> Sound:
        """The words as sound, in Opus when it is to be light and can be, else as a WAV; raises NotSaid."""
        return self._kept(words, light and voice.can_compress())

    def _make(self, words: Words, light: bool) -> Sound:
        text = spoken(*words)
        if not text:
            raise NotSaid("nothing to say")
        sound = self._voice.read(text, words.language)
        return voice.compress(sound) if light else sound


def is_sound(message: Message) -> bool:
    """Whether a message of ours is itself the sound of others."""
    return bool(_sound_of(message))


def words_of(session: Session, message_id: int) -> Words | None:
    """What a message says aloud: its own text, or that of the messages it is the sound of. None once it is erased."""
    message = session.get(Message, message_id)
    if message is None or message.direction != "out":
        return None
    ids = _sound_of(message) or [message.id]
    same = select(Message).where(Message.conversation_id == message.conversation_id, Message.id.in_(ids))
    said = [each for each in session.scalars(same.order_by(Message.id)) if each.direction == "out" and each.text]
    if not said:
        return None
    return Words("\n".join(str(each.text) for each in said), language_in(said[0].content or {}))


def words_shown(session: Session, channel: str, address: str, message_id: int) -> Words | None:
    """The same of a message of the assistant that was shown to this very person; None for any other."""
    conversation = contacts.find(session, channel, address)
    message = session.get(Message, message_id)
    if conversation is None or message is None or message.conversation_id != conversation.id:
        return None
    shown = message.author == "bot" and message.status == "delivered"
    return words_of(session, message_id) if shown else None


def _sound_of(message: Message) -> Sequence[int]:
    attachments = (message.content or {}).get("attachments") or ()
    return next((each["of"] for each in attachments if each.get("kind") == "sound"), ())
