"""Voice messages: theirs are fetched from Telegram and written down, ours are sent; with no transaction open."""

import logging
from collections.abc import Callable
from typing import Any

from telegram import Bot, Message
from telegram.error import BadRequest

from bot.channels.base import InboundMessage
from bot.channels.speech import Speech
from bot.channels.telegram_api import BotApi
from bot.channels.telegram_updates import LARGEST_VOICE
from bot.channels.voice import Sound
from bot.errors import NotHeard, SendError

VOICE_MESSAGE = "audio/ogg"
"""What Telegram plays as a voice message: Opus in Ogg. Source: core.telegram.org/bots/api#sendvoice."""

_log = logging.getLogger(__name__)


def listener(api: BotApi, speech: Speech) -> Callable[[InboundMessage], str]:
    """What hears a message: its words, empty when they cannot be had. Nobody is left without an answer for that."""

    def hear(inbound: InboundMessage) -> str:
        file_id = inbound.file
        if file_id is None:
            return ""
        try:
            sound = api.call(lambda bot: _fetch(bot, file_id))
            return speech.transcribe(sound, "voice.ogg") if sound else ""
        except (NotHeard, SendError) as error:
            _log.warning("telegram: a voice message was not heard (%s)", type(error).__name__)
            return ""

    return hear


async def send_sound(bot: Bot, chat: int, sound: Sound, caption: str, name: str, markup: Any) -> Message:
    """Sends a sound: Opus as a voice message, what Telegram does not play so, or somebody refuses so, as a file."""
    if sound.media_type == VOICE_MESSAGE:
        try:
            return await bot.send_voice(chat, sound.content, caption=caption, reply_markup=markup)
        except BadRequest:  # some people take no voice message; any other refusal comes again
            _log.warning("telegram refused a voice message; it is sent as a file")
    file = f"{name}{sound.suffix}"
    return await bot.send_document(chat, sound.content, caption=caption, filename=file, reply_markup=markup)


async def _fetch(bot: Bot, file_id: str) -> bytes:
    file = await bot.get_file(file_id)
    if (file.file_size or 0) > LARGEST_VOICE:
        return b""
    return bytes(await file.download_as_bytearray())
