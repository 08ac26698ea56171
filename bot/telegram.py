"""Telegram as a whole, for the wiring: the channel, its jobs, its route, and how it starts and ends."""

from collections.abc import Callable, Mapping

from starlette.routing import Route

from bot import web_telegram
from bot.calendar_files import calendar_text
from bot.channels.base import InboundMessage
from bot.channels.speech import SpeechServer
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_api import BotApi
from bot.channels.telegram_door import GREET_GROUP, Door
from bot.channels.telegram_group import LeadsGroup
from bot.channels.telegram_intake import Intake, Webhook
from bot.channels.telegram_threads import PER_SECOND, Threads
from bot.channels.telegram_voice import listener
from bot.channels.voice import Sound
from bot.conversations.threads import SAY_IN_GROUP, SENDER, TELL_GROUP
from bot.errors import NotSaid
from bot.queue import ClaimedJob
from bot.settings import Settings
from bot.sounds import words_of
from bot.web_phone import Services
from db.crypto import fingerprint


class Telegram:
    """One bot at work."""

    def __init__(self, services: Services, token: str) -> None:
        settings = services.settings
        self._services = services
        self._secret = webhook_secret(token)
        self.api = BotApi(token, api_url(settings))
        self.channel = TelegramChannel(self.api, self._calendar, self._sound)
        database, clock, chat = services.database, services.clock, settings.telegram_leads_chat
        self.group = LeadsGroup(database, self.api, clock, chat, wake=lambda: services.turns.wake_jobs())
        self.threads = Threads(database, self.api, clock, chat, settings.desk_url)
        self.door = Door(
            database,
            self.api,
            clock,
            submit=lambda conversation_id: services.turns.submit(conversation_id),
            group=self.group,
        )
        url = webhook_url(settings)
        self.intake = Intake(self.api, self.door, Webhook(url, self._secret) if url else None)

    def routes(self) -> list[Route]:
        """Where Telegram calls; open while we ask for updates ourselves too, since nobody else knows the secret."""
        return web_telegram.routes(self.door.take, self._secret)

    def handlers(self) -> Mapping[str, Callable[[ClaimedJob], object]]:
        """The jobs of this channel, by kind."""
        return {GREET_GROUP: self.door.greet_group, TELL_GROUP: self.threads.tell, SAY_IN_GROUP: self.group.say}

    def rates(self) -> Mapping[str, float]:
        """How many messages a second may leave, by sender that is not a channel."""
        return {SENDER: PER_SECOND}

    def hear(self, inbound: InboundMessage) -> str:
        """The words of a voice message, empty when they cannot be had."""
        settings = self._services.settings
        if settings.speech_url is None:
            return ""
        key = settings.speech_key.get_secret_value() if settings.speech_key else None
        return listener(self.api, SpeechServer(str(settings.speech_url), key, settings.speech_model))(inbound)

    def close(self) -> None:
        """Lets go of everything."""
        self.intake.stop()
        self.api.close()

    def _calendar(self, reference: str) -> bytes | None:
        with self._services.database.reading() as session:
            return calendar_text(session, reference)

    def _sound(self, message_id: int) -> Sound:
        sounds = self._services.sounds
        with self._services.database.reading() as session:
            words = words_of(session, message_id)
        if sounds is None or words is None:
            raise NotSaid("no voice" if sounds is None else "no words")
        return sounds.say(words, light=True)


def api_url(settings: Settings) -> str | None:
    """Where the Bot API answers; None for Telegram's own."""
    return str(settings.telegram_api_url) if settings.telegram_api_url else None


def webhook_url(settings: Settings) -> str | None:
    """Where Telegram is to call us; None when it cannot, and we ask instead. Telegram calls https only."""
    public = settings.public_url
    if public is None or public.scheme != "https":
        return None
    return f"{str(public).rstrip('/')}{web_telegram.PATH}"


def webhook_secret(token: str) -> str:
    """What Telegram shows when it calls: drawn from our own key, so that every process knows it and nobody else."""
    return fingerprint("telegram webhook", token)
