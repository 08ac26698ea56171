"""The leads' group on a fake Telegram: what happens there, and what is read there."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from bot import inbox, outbox, queue
from bot.channels.telegram_thread_shapes import words
from bot.conversations import cases, lead_links
from bot.conversations.case_models import Case
from bot.conversations.group_models import CaseThread
from bot.conversations.models import Conversation, Message
from tests.bot.people import PHONE, arrive, channels, inbound
from tests.bot.telegram_house import TelegramHouse
from tests.fake_telegram import FakeTelegram, Member
from tests.fake_telegram.people import inline_buttons
from tests.fake_telegram.state import Chat

GROUP, OTHER_GROUP = -1005550001, -1005550002
MINE, COLLEAGUE, NATIONAL = 1, 2, 3
SAYS, TAPS = words()["says"], words()["taps"]


class Group(TelegramHouse):
    """The house with its leads' group, and somebody who writes by SMS."""

    chat: Chat
    at: datetime

    def work(self, seconds: float = 0) -> None:
        """Does what is owed to the group and by SMS, until nothing is left at that time."""
        assert self.telegram is not None
        self.at += timedelta(seconds=seconds)
        handlers = {**self.telegram.handlers(), outbox.DELIVER: self._deliver}
        while jobs := queue.claim(self.database, self.at, 60, tuple(handlers), 1):
            handlers[jobs[0].kind](jobs[0])

    def _deliver(self, job: queue.ClaimedJob) -> None:
        outbox.deliver(self.database, channels(self.sms), job, self.at)

    def opens(self, address: str = PHONE, name: str = "Samia Benali", **more: Any) -> int:
        """Somebody asks for a human; their case's id."""
        with self.database.transaction() as session:
            conversation = arrive(session, self.at, address=address)
            conversation.contact.name, conversation.contact.phone = name, address
            for message in session.scalars(select(Message).where(Message.direction == "in")):
                message.status = "handled"
            options = {"lead_id": MINE, "profile": {"idea": "un food truck"}, "urgent": True, **more}
            case, _ = cases.open_or_update(
                session, contact_id=conversation.contact_id, conversation_id=conversation.id, reason="asked",
                now=self.at, entry_kind="handoff_requested", **options,
            )  # fmt: skip
            return case.id

    def hears(self, text: str, address: str = PHONE, **more: Any) -> None:
        """The person writes, and their turn is taken."""
        with self.database.transaction() as session:
            accepted = inbox.accept(session, inbound(text, address=address, **more), self.at)
        self.taker.take(accepted.conversation_id)

    def thread(self, case_id: int) -> int:
        """Where the case stands in the group."""
        with self.database.reading() as session:
            found = session.get_one(CaseThread, case_id).thread_id
            assert found is not None
            return found

    def read(self, thread: int | None) -> list[str]:
        """What the bot wrote there."""
        bot = self.bot_id
        return [
            m["text"] for m in self.chat.messages if m["from"]["id"] == bot and m.get("message_thread_id") == thread
        ]

    def buttons(self, thread: int) -> list[str]:
        """What can be touched there."""
        there = [each for each in self.chat.messages if each.get("message_thread_id") == thread]
        return [button["text"] for message in there for button in inline_buttons(message)]

    def owner(self, case_id: int) -> int | None:
        """Who speaks with the person."""
        with self.database.reading() as session:
            case = session.get_one(Case, case_id)
            return session.get_one(Conversation, case.conversation_id).owner_lead_id


def linked(house: Group, lead_id: int = MINE, id: int = 5550100) -> Member:
    """A member of the group who is that lead."""
    with house.database.transaction() as session:
        code = lead_links.issue(session, lead_id, house.clock())
        lead_links.redeem(session, str(id), code, house.clock())
    return Member(house.chat, house.telegram_server, id)


def answered(telegram: FakeTelegram, update: dict[str, Any]) -> dict[str, Any]:
    query = update["callback_query"]["id"]
    telegram.wait_for(lambda: query in telegram.answered, "an answer to the tap")
    return dict(telegram.answered[query])
