"""Voice messages: fetched from Telegram and written down, with no transaction open."""

import logging
from collections.abc import Callable

from telegram import Bot

from bot.channels.base import InboundMessage
from bot.channels.speech import Speech
from bot.channels.telegram_api import BotApi
from bot.channels.telegram_updates import LARGEST_VOICE
from bot.errors import NotHeard, SendError

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


async def _fetch(bot: Bot, file_id: str) -> bytes:
    file = await bot.get_file(file_id)
    if (file.file_size or 0) > LARGEST_VOICE:
        return b""
    return bytes(await file.download_as_bytearray())
