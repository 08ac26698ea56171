"""The stage as Telegram sees it: what the person does comes as updates, what they get is what the channel asked for."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import count
from types import SimpleNamespace
from typing import Any

from bot.calendar_files import calendar_text
from bot.channels.base import OutboundMessage
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_door import Door
from bot.channels.telegram_group import LeadsGroup
from bot.channels.telegram_shapes import read_reference, units
from bot.channels.telegram_updates import NAME
from bot.conversations.models import Message
from db.session import Database
from tests.scenarios.stage import House, Reply, Stage

BOT_ID = "7000001"
PERSON = {"id": 5550001, "is_bot": False, "first_name": "Samia"}
CHAT = {"id": PERSON["id"], "type": "private", "first_name": PERSON["first_name"]}
MOST = 4096  # units of a text


class Screen:
    """Stands for the client library and the Bot API beneath: keeps what would be on the person's screen, as lines."""

    bot_id = BOT_ID

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.buttons: list[tuple[str, str]] = []  # what each carries and says, the newest last
        self._ids = count(1)

    def call(self, ask: Callable[[Any], Any], within: float = 0) -> Any:
        """As BotApi.call, at once."""
        return asyncio.run(ask(self))

    def soon(self, ask: Callable[[Any], Any]) -> None:
        """As BotApi.soon, at once."""
        asyncio.run(ask(self))

    async def send_message(self, chat: int, text: str, *, reply_markup: Any, link_preview_options: Any) -> Any:
        assert 0 < units(text) <= MOST
        self.lines += [f"    {' '.join(row)}" for row in self._rows(reply_markup.to_dict())]
        return self._sent()

    async def send_venue(self, chat: int, lat: float, lon: float, title: str, address: str) -> Any:
        self.lines.append(f"    (on a map: {title}, {address})")
        return self._sent()

    async def send_document(self, chat: int, content: bytes, *, caption: str, filename: str) -> Any:
        assert content.startswith(b"BEGIN:VCALENDAR")
        self.lines.append(f"    (file: {filename}, {caption})")
        return self._sent()

    async def answer_callback_query(self, callback_query_id: str, text: str | None) -> None:
        if text:
            self.lines.append(f"    (shown for a moment: {text})")

    async def edit_message_reply_markup(self, **given: Any) -> None:
        assert given["reply_markup"] is None

    def _rows(self, markup: Mapping[str, Any]) -> Iterator[list[str]]:
        for row in markup.get("inline_keyboard", ()):
            self.buttons += [(button["callback_data"], button["text"]) for button in row]
            assert all(len(button["callback_data"].encode()) <= 64 for button in row)
            yield [f"[{button['text']}]" for button in row]
        for row in markup.get("keyboard", ()):
            self.buttons += [("", button["text"]) for button in row]
            yield [f"⌨ {button['text']}" for button in row]

    def _sent(self) -> Any:
        return SimpleNamespace(message_id=next(self._ids))


class SeenTelegram(TelegramChannel):
    """The channel, and how each message of ours looked."""

    def __init__(self, screen: Screen, database: Database) -> None:
        def calendar(reference: str) -> bytes | None:
            with database.reading() as session:
                return calendar_text(session, reference)

        super().__init__(screen, calendar)  # type: ignore[arg-type]
        self.screen = screen
        self.looks: dict[int, tuple[str, ...]] = {}

    def send(self, message: OutboundMessage) -> str:
        """Sends, and keeps what came with the text."""
        self.screen.lines.clear()
        sent = super().send(message)
        self.looks[message.message_id] = tuple(self.screen.lines)
        return sent


class TelegramStage(Stage):
    """One person on Telegram."""

    def __init__(self, house: House, channel: str, clock: Callable[[], datetime]) -> None:
        super().__init__(house, channel, clock)  # type: ignore[arg-type]
        self.seen = SeenTelegram(Screen(), house.database)
        house.channels = {**house.channels, NAME: self.seen}
        api: Any = self.seen.screen
        group = LeadsGroup(house.database, api, clock, chat=None, wake=lambda: None)
        self.door = Door(house.database, api, clock, submit=self._woken, group=group)
        self._numbers: dict[str, int] = {}

    def hear(self, **fields: Any) -> list[Reply]:
        """What the person receives after an update that tells the same as these fields of an InboundMessage."""
        if self.channel != NAME:
            return super().hear(**fields)
        self.house.events.clear()
        self.door.take({"update_id": self._number(fields.pop("id", None)), **self._content(fields)})
        return self.settle()

    def _woken(self, conversation_id: int) -> None:
        self.conversation_id = conversation_id

    def _number(self, id: str | None) -> int:
        return self._numbers.setdefault(str(id or len(self._numbers)), 1000 + len(self._numbers))

    def _content(self, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        if fields.get("kind") == "choice" and (data := self._data(fields)):
            message = {"message_id": 1, "date": 1, "chat": CHAT}
            query = {"id": f"callback-{len(self._numbers)}", "from": PERSON, "chat_instance": "1", "data": data}
            return {"callback_query": {**query, "message": message}}
        return {"message": {"message_id": 1, "date": 1, "chat": CHAT, "from": PERSON, **_said(fields)}}

    def _data(self, fields: Mapping[str, Any]) -> str:
        """What the newest button carries whose choice this is; "" for one that types its title."""
        for data, title in reversed(self.seen.screen.buttons):
            if title == fields["text"]:
                return data
            if data and self._payload(data) == fields["payload"]:
                return data
        raise AssertionError(f"no button was ever shown for {fields['payload']}")

    def _payload(self, data: str) -> str:
        named = read_reference(data)
        assert named
        with self.database.reading() as session:
            message = session.get_one(Message, named[0])
            return str(message.content["choices"][named[1]]["payload"])

    def _look(self, message_id: int) -> tuple[str, ...]:
        return self.seen.looks.get(message_id, ())


def _said(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of a Telegram message."""
    if point := fields.get("location"):
        return {"location": {"latitude": point["lat"], "longitude": point["lon"]}}
    if contact := fields.get("contact"):
        name = contact.get("name", PERSON["first_name"])
        return {"contact": {"phone_number": contact["phone"], "first_name": name, "user_id": PERSON["id"]}}
    if fields.get("kind") == "media":
        return {"photo": [{"file_id": "a", "file_unique_id": "a", "width": 1, "height": 1}]}
    if fields.get("referral"):
        return {"text": f"/start {fields['referral']}"}
    return {"text": fields["text"]}
