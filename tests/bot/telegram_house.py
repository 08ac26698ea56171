"""Telegram's half of the house: the real channel, door and route, before a fake Telegram; turns are only counted."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from starlette.types import ASGIApp

from bot.app import Services
from bot.conversations import contacts
from bot.conversations.models import Address, Conversation, Message
from bot.settings import Settings
from bot.web import create_app as create_site
from db.session import Database
from tests.fake_telegram import FakeTelegram

SITE = "https://allervers.example.org"
SECRET_KEY = "test key"


def settings(telegram: FakeTelegram, **more: Any) -> Settings:
    """The settings of a service whose bot is the fake's."""
    ours = {"secret_key": SECRET_KEY, "telegram_token": telegram.token, "telegram_api_url": telegram.url}
    return Settings.model_validate({**ours, "public_url": SITE, **more})


class CountedTurns:
    """Whom the door wakes."""

    def __init__(self) -> None:
        self.submitted: list[int] = []
        self.woken = 0

    def submit(self, conversation_id: int) -> None:
        self.submitted.append(conversation_id)

    def wake_jobs(self) -> None:
        self.woken += 1


class TelegramHouse(Services):
    """What the webhook needs, and what came of it."""

    def __init__(self, database: Database, telegram: FakeTelegram, now: datetime, **more: Any) -> None:
        super().__init__(settings(telegram, **more), lambda: now)
        self.database = database
        self.counted = CountedTurns()
        self.channel = self.web

    @property
    def turns(self) -> Any:
        return self.counted

    def app(self) -> ASGIApp:
        """The site, with the webhook."""
        assert self.telegram is not None
        return create_site(self, self.web, self.telegram.routes())

    def stored(self) -> list[Message]:
        """What came in, in order."""
        with self.database.reading() as session:
            return list(session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id)))

    def address(self) -> Address:
        """The only person's."""
        with self.database.reading() as session:
            return session.scalars(select(Address)).one()

    def says(self, address: int, text: str, *titles: str, **content: Any) -> int:
        """Writes what the bot said to somebody who wrote before; the id of the message."""
        choices = [{"title": title, "payload": f"/{title.lower()}"} for title in titles]
        with self.database.transaction() as session:
            conversation = contacts.find(session, "telegram", str(address))
            assert isinstance(conversation, Conversation)
            message = Message(
                conversation_id=conversation.id, direction="out", author="bot", channel="telegram", text=text,
                content={"choices": choices, **content}, status="sent", created_at=self.clock(),
            )  # fmt: skip
            session.add(message)
            session.flush()
            return message.id
