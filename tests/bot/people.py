"""Ready-made people and messages for the tests of the storage spine."""

from collections.abc import Mapping
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from bot import inbox
from bot.channels.base import InboundMessage, OutboundMessage
from bot.conversations.models import Conversation

PHONE = "+33639980001"
_numbers = count(1)


def inbound(text: str = "Bonjour", *, address: str = PHONE, channel: str = "sms", **more: Any) -> InboundMessage:
    """A message with a provider id of its own."""
    return InboundMessage(channel, address, more.pop("provider_id", f"in-{next(_numbers)}"), text, **more)


def arrive(session: Session, now: datetime, text: str = "Bonjour", **more: Any) -> Conversation:
    """A stored message's conversation."""
    return session.get_one(Conversation, inbox.accept(session, inbound(text, **more), now).conversation_id)


class FakeChannel:
    """A provider that remembers what it took, or fails as it is told."""

    variant = "sms"
    per_second = None

    def __init__(self, name: str = "sms") -> None:
        self.name = name
        self.sent: list[OutboundMessage] = []
        self.failures: list[Exception] = []

    def send(self, message: OutboundMessage) -> str:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(message)
        return f"out-{message.message_id}"

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.sent]


def channels(channel: FakeChannel) -> Mapping[str, FakeChannel]:
    return {channel.name: channel}
