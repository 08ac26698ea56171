"""Telegram as a channel: how a message of ours leaves.

Texts carry no markup: what is written is what is read, and there is nothing for Telegram to refuse to parse.
"""

import logging
import re
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from telegram import Bot, LinkPreviewOptions, ReplyKeyboardRemove
from telegram import Message as Sent

from bot.channels.base import OutboundMessage
from bot.channels.telegram_api import REQUEST, AnswerUnread, BotApi, NotAsked
from bot.channels.telegram_shapes import keyboard, place_keyboard, split
from bot.channels.telegram_updates import NAME, words
from bot.channels.telegram_voice import send_sound
from bot.channels.voice import Sound
from bot.errors import NotSaid, SendError, SendLater, SendRefused
from db.crypto import fingerprint

SEND = 40.0
"""Seconds one message may take, all its parts together: below a job's lease, so that nobody else sends it meanwhile."""
REMEMBERED = 1000
"""Messages under way whose parts that left are remembered."""

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_CALENDAR = re.compile(r"/rdv/([0-9A-Za-z]+)\.ics$")
_log = logging.getLogger(__name__)

Ask = Callable[[Bot], Coroutine[Any, Any, Sent]]


def silent(message_id: int) -> Sound:
    """The sound of a message where there is no voice."""
    raise NotSaid("no voice")


@dataclass(frozen=True)
class _Part:
    """One request of a message. An extra may be refused: what it shows is also in the text."""

    ask: Ask
    is_extra: bool = False


class TelegramChannel:
    """`calendar`: the calendar file of a booking, by its reference; None when there is no such booking.

    sound: what a message of ours sounds like, by its id; raises NotSaid.
    """

    name = NAME
    variant = NAME
    per_second: float | None = 25.0  # Telegram allows thirty, to all chats together

    def __init__(
        self, api: BotApi, calendar: Callable[[str], bytes | None], sound: Callable[[int], Sound] = silent
    ) -> None:
        self._api = api
        self._calendar = calendar
        self._sound = sound
        self._left: OrderedDict[int, tuple[int, str]] = OrderedDict()

    def send(self, message: OutboundMessage) -> str:
        """Sends every part in order and returns the id of the last text, "" when unknown; raises SendError.

        A part that left is not sent again when a later one must wait: this process remembers how far it came. After
        a crash the message leaves from its start, as any message may that was on the wire.
        """
        until = monotonic() + SEND
        left, provider_id = self._left.pop(message.message_id, (0, ""))
        for number, part in enumerate(self._parts(message)):
            if number < left:
                continue
            try:
                sent = self._api.call(part.ask, self._patience(until))
            except AnswerUnread:  # it left, under an id that nobody knows
                continue
            except SendError as error:
                if part.is_extra and isinstance(error, SendRefused | NotAsked):
                    _log.warning("message %d leaves without an attachment (%s)", message.message_id, error)
                    continue
                if isinstance(error, SendLater):
                    self._remember(message.message_id, number, provider_id)
                raise
            if not part.is_extra or not provider_id:
                provider_id = self._provider_id(message.address, sent.message_id)
        return provider_id

    def _provider_id(self, address: str, message_id: int) -> str:
        """Telegram counts messages by bot and chat; the chat is the person, hence the digest."""
        return f"{fingerprint('telegram chat', self._api.bot_id, address)[:24]}:{message_id}"

    def _remember(self, message_id: int, left: int, provider_id: str) -> None:
        if left:
            self._left[message_id] = (left, provider_id)
            while len(self._left) > REMEMBERED:
                self._left.popitem(last=False)

    def _patience(self, until: float) -> float:
        seconds = min(2 * REQUEST, until - monotonic())
        if seconds <= 0:
            raise SendLater("too many parts for one try", retry_after=0)
        return seconds

    def _parts(self, message: OutboundMessage) -> Iterator[_Part]:
        """Buttons come last, under everything: they are what the person does next."""
        if any(attachment.get("kind") == "sound" for attachment in message.attachments):
            yield _Part(self._aloud(message))
            return
        texts, extras = list(self._texts(message)), list(self._extras(message))
        yield from [*extras, *texts] if message.choices else [*texts, *extras]

    def _texts(self, message: OutboundMessage) -> Iterator[_Part]:
        chat, texts = int(message.address), split(message.text)
        for number, text in enumerate(texts, start=1):
            markup = self._markup(message) if number == len(texts) else None

            def ask(bot: Bot, text: str = text, markup: Any = markup) -> Coroutine[Any, Any, Sent]:
                return bot.send_message(chat, text, reply_markup=markup, link_preview_options=_NO_PREVIEW)

            yield _Part(ask)

    def _aloud(self, message: OutboundMessage) -> Ask:
        """The sound, with its words below; words instead when it cannot be had, as a second try would not help."""
        chat, markup = int(message.address), self._markup(message)
        try:
            sound = self._sound(message.message_id)
        except NotSaid as error:
            _log.warning("message %d could not be said aloud (%s)", message.message_id, error)
            return lambda bot: bot.send_message(chat, words()["not_said"], reply_markup=markup)
        return lambda bot: send_sound(bot, chat, sound, message.text, words()["sound_file"], markup)

    def _markup(self, message: OutboundMessage) -> Any:
        asks = next((str(each["title"]) for each in message.attachments if each.get("kind") == "ask_place"), None)
        if asks is not None:
            return place_keyboard(asks, message.choices)
        if message.choices:
            return keyboard(message.message_id, message.choices)
        return ReplyKeyboardRemove()  # the button that sends a position goes with its question

    def _extras(self, message: OutboundMessage) -> Iterator[_Part]:
        for attachment in message.attachments:
            make = EXTRAS.get(str(attachment.get("kind")))
            ask = make(self, int(message.address), attachment) if make else None
            if ask is not None:
                yield _Part(ask, is_extra=True)

    def _pin(self, chat: int, place: Mapping[str, Any]) -> Ask | None:
        title, address = place.get("title"), place.get("address")
        if title and address:
            return lambda bot: bot.send_venue(chat, place["lat"], place["lon"], str(title), str(address))
        return lambda bot: bot.send_location(chat, place["lat"], place["lon"])

    def _file(self, chat: int, calendar: Mapping[str, Any]) -> Ask | None:
        found = _CALENDAR.search(str(calendar.get("url")))
        content = self._calendar(found[1]) if found else None
        if content is None:
            return None
        title, name = calendar.get("title"), words()["calendar_file"]
        return lambda bot: bot.send_document(chat, content, caption=title, filename=name)


EXTRAS: Mapping[str, Callable[[TelegramChannel, int, Mapping[str, Any]], Ask | None]] = {
    "location": TelegramChannel._pin,
    "calendar": TelegramChannel._file,
}
"""What is sent beside the text, by kind of attachment."""
