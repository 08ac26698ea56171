"""A Telegram of our own: the Bot API on loopback, strict where Telegram is, and people who use it."""

from tests.fake_telegram.people import Member, Resident
from tests.fake_telegram.server import FakeTelegram
from tests.fake_telegram.state import Call, Failure

__all__ = ["Call", "Failure", "FakeTelegram", "Member", "Resident"]
