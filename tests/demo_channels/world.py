"""Everybody of the demonstration: a resident with three ways to write, the leads in their group, both providers."""

import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from typing import Any

from sqlalchemy import select

from bot.conversations.case_models import Case
from bot.conversations.group_models import CaseThread
from directory.models import Coverage, Lead
from tests.demo_channels.service import FIRST_MEMBER, GROUP, Service
from tests.fake_telegram import FakeTelegram, Member, Resident
from tests.fakes.twilio import WHATSAPP_NUMBER, FakeTwilio

PLACE = (43.2122, 2.3537)
"""Where they are when they share it: Carcassonne, in degrees."""
RECEIPTS = 0.1  # seconds between two looks at what a handset is to confirm


class Handset:
    """Somebody with a phone number, by SMS or on WhatsApp (`prefix`). `said`: what they wrote, each with the number of
    messages that had left by then.
    """

    def __init__(self, twilio: FakeTwilio, number: str, prefix: str = "") -> None:
        self.twilio, self.number, self.prefix = twilio, number, prefix
        self.said: list[tuple[int, str]] = []

    @property
    def address(self) -> str:
        """As Twilio writes it."""
        return self.prefix + self.number

    def says(self, text: str, below: str = "", **fields: str) -> None:
        """Sends a message, which may be a tap or, without a text, a place. below: what stands under a line taken."""
        to = {"To": self.prefix + WHATSAPP_NUMBER} if self.prefix else {}
        self.said.append((len(self.twilio.messages), f"{text}\n{below}".strip()))
        answer = self.twilio.say(text, From=self.address, **to, **fields)
        assert answer.status == 200, f"the webhook said {answer.status}"


class World:
    """The providers run and the service is wired to them from here to `stop`."""

    def __init__(self, service: Service, twilio: FakeTwilio, telegram: FakeTelegram) -> None:
        self.service, self.twilio, self.telegram = service, twilio, telegram
        telegram.now = lambda: int(time.time())
        telegram.deliver_to = service.site
        self.group = telegram.group(GROUP)
        self.touched: dict[str, str] = {}  # the last tap on Telegram, by screen: its answer is shown for a moment
        self._numbers = count(1)
        self._ended = threading.Event()
        self._confirming = threading.Thread(target=self._confirm, daemon=True)
        for phone in ("sms", "whatsapp", "telegram"):
            self.renew(phone)

    def start(self) -> None:
        """Handsets confirm what reaches them from here on."""
        self._confirming.start()

    def stop(self) -> None:
        """Nobody does anything any more."""
        self._ended.set()
        if self._confirming.ident is not None:
            self._confirming.join()

    def renew(self, phone: str) -> None:
        """Somebody new takes that phone."""
        number = next(self._numbers)
        match phone:
            case "sms":
                self.sms = Handset(self.twilio, f"+336399800{number:02d}")
            case "whatsapp":
                self.whatsapp = Handset(self.twilio, f"+336399800{number:02d}", "whatsapp:")
            case "telegram":
                self.resident = Resident(self.telegram, 5_550_000 + number, "Vous")

    # What they do

    def say(self, phone: str, text: str) -> None:
        """They write."""
        if phone == "telegram":
            self.resident.chat.keyboard = []
            self.resident.says(text)
        else:
            self._handset(phone).says(text)

    def share_place(self, phone: str) -> None:
        """They share where they are."""
        if phone == "telegram":
            self.resident.chat.keyboard = []
            self.resident.shares_place(*PLACE)
        else:
            self._handset(phone).says("", Latitude=str(PLACE[0]), Longitude=str(PLACE[1]))

    def tap(self, phone: str, fields: Mapping[str, str]) -> None:
        """They touch something, which carries these fields."""
        if phone == "telegram":
            tap = self.resident.touches(fields["data"], self._message(self.resident.chat, fields))
            self.touched["telegram"] = tap["callback_query"]["id"]
        elif "list" in fields:
            line = {"ListId": fields["list"], "ListTitle": fields["title"]}
            self._handset(phone).says(fields["title"], fields["below"], **line)
        else:
            form = {"ButtonPayload": fields["button"], "ButtonText": fields["title"]}
            self._handset(phone).says(fields["title"], **form)

    def lead_says(self, thread: int, text: str) -> None:
        """The case's lead writes in its thread."""
        self._lead(thread).says(text, thread)

    def lead_taps(self, thread: int, fields: Mapping[str, str]) -> None:
        """The case's lead touches a button of its thread."""
        tap = self._lead(thread).touches(fields["data"], self._message(self.group, fields))
        self.touched["team"] = tap["callback_query"]["id"]

    def _handset(self, phone: str) -> Handset:
        return {"sms": self.sms, "whatsapp": self.whatsapp}[phone]

    def _message(self, chat: Any, fields: Mapping[str, str]) -> Mapping[str, Any]:
        with self.telegram.changed:
            return next(each for each in chat.messages if each["message_id"] == int(fields["message"]))

    def _lead(self, thread: int) -> Member:
        """Whoever's case it is; one that is nobody's, the coordination's."""
        with self.service.database.reading() as session:
            lead_of_case = select(Case.lead_id).join(CaseThread, CaseThread.case_id == Case.id)
            national = select(Coverage.lead_id).where(Coverage.scope == "national")
            lead_id = session.scalar(lead_of_case.where(CaseThread.thread_id == thread)) or session.scalar(national)
            assert lead_id is not None
            role = session.scalars(select(Lead.role).where(Lead.id == lead_id)).one()
        return Member(self.group, self.telegram, FIRST_MEMBER + lead_id, first_name=role)

    def _confirm(self) -> None:
        told = 0
        while not self._ended.wait(RECEIPTS):
            for message in self.twilio.messages[told:]:
                told += 1
                with suppress(OSError):  # the service has ended meanwhile
                    for status in ("sent", "delivered"):
                        self.twilio.tell(message, status)
