"""SMS and WhatsApp, sent through Twilio; `twilio_inbound` reads what comes in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from json import dumps
from typing import Any
from zoneinfo import ZoneInfo

from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from bot.channels import quiet_hours
from bot.channels.base import OutboundMessage
from bot.channels.gsm7 import fold
from bot.channels.twilio_api import client, refusal
from bot.channels.twilio_contents import Contents
from bot.channels.whatsapp_buttons import Tappable, tappable
from bot.errors import SendRefused
from bot.settings import Settings
from db.session import Database

SMS, WHATSAPP = "sms", "whatsapp"
PREFIX: Mapping[str, str] = {SMS: "", WHATSAPP: "whatsapp:"}
"""What stands before a number in an address of Twilio, by channel."""
STATUS_PATH = "/webhooks/twilio/status"

SHORTEST, LONGEST = 1, 36_000
"""Seconds a message may wait at Twilio. Source: Message resource, `ValidityPeriod`."""
WINDOW = timedelta(hours=24)
"""How long after someone wrote on WhatsApp one may write freely to them. Source: Twilio, error 63016."""


@dataclass(frozen=True)
class TwilioChannel:
    """One sender.

    zone: where its people live. template: the WhatsApp content (HX…) whose variable 1 is the text.
    contents: what makes choices of WhatsApp something to tap; without it they are numbers to type.
    """

    name: str
    sender: str
    client: Client
    zone: ZoneInfo
    clock: Callable[[], datetime]
    public_url: str | None = None
    template: str | None = None
    per_second: float | None = None
    contents: Contents | None = None

    @property
    def variant(self) -> str:
        """Texts are written for each of the two."""
        return self.name

    def hold_until(self, message: OutboundMessage, now: datetime) -> datetime | None:
        """When the message may leave; None for now: a reply, or something about what the person booked."""
        if message.expected or _wrote_within(message, quiet_hours.STILL_THERE, now):
            return None
        return quiet_hours.open_again(now, self.zone)

    def send(self, message: OutboundMessage) -> str:
        """Hands one message to Twilio; its SID. What is refused with its choices to tap goes with numbers to type."""
        if self.contents is not None and (tapped := self._tappable(message, self.contents)):
            shape, sid = tapped
            try:
                return self._create(message, _content(sid, shape.variables))
            except SendRefused:
                self.contents.refused(shape.types)
        return self._create(message, self._content(message))

    def _create(self, message: OutboundMessage, content: Mapping[str, Any]) -> str:
        try:
            taken = self.client.messages.create(
                to=PREFIX[self.name] + message.address,
                validity_period=int(min(max(message.valid_for, SHORTEST), LONGEST)),
                **self._sender(),
                **content,
                **self._callback(message),
            )
        except TwilioException as error:
            raise refusal(error) from None
        return str(taken.sid)

    def _tappable(self, message: OutboundMessage, contents: Contents) -> tuple[Tappable, str] | None:
        """The message with something to tap, and the content that carries it; None when it goes as it is written."""
        if not message.choices or not _wrote_within(message, WINDOW, self.clock()):
            return None
        if message.again:
            contents.refused()
            return None
        shape = tappable(message.text, message.choices, message.language)
        sid = contents.sid(shape.types) if shape else None
        return (shape, sid) if shape and sid else None

    def _sender(self) -> dict[str, str]:
        if self.sender.startswith("MG"):
            return {"messaging_service_sid": self.sender}
        return {"from_": PREFIX[self.name] + self.sender}

    def _content(self, message: OutboundMessage) -> dict[str, Any]:
        if self.name == SMS:
            return {"body": fold(message.text)}  # what a lead wrote was not folded yet
        if _wrote_within(message, WINDOW, self.clock()):
            return {"body": message.text}
        if self.template is None:
            raise SendRefused("WhatsApp window closed")
        variables = {"1": " ".join(message.text.split())}  # a variable holds no line break
        return _content(self.template, variables)

    def _callback(self, message: OutboundMessage) -> dict[str, str]:
        """Our own id goes with it, so that a status that comes before the SID is stored finds its message."""
        if self.public_url is None:
            return {}
        return {"status_callback": f"{self.public_url}{STATUS_PATH}?message={message.message_id}"}


def _content(sid: str, variables: Mapping[str, str]) -> dict[str, str]:
    return {"content_sid": sid, "content_variables": dumps(variables, ensure_ascii=False)}


def _wrote_within(message: OutboundMessage, period: timedelta, now: datetime) -> bool:
    return message.heard_at is not None and now - message.heard_at < period


def channels(settings: Settings, database: Database, clock: Callable[[], datetime]) -> dict[str, TwilioChannel]:
    """The channels that are configured, by name."""
    account = client(settings)
    if account is None:
        return {}
    senders = {SMS: settings.sms_from, WHATSAPP: settings.whatsapp_from}
    return {
        name: TwilioChannel(
            name=name,
            sender=sender,
            client=account,
            zone=settings.zone,
            clock=clock,
            public_url=str(settings.public_url).rstrip("/") if settings.public_url else None,
            template=settings.whatsapp_template if name == WHATSAPP else None,
            per_second=settings.sms_per_second if name == SMS else None,
            contents=Contents(account, database, clock) if name == WHATSAPP else None,
        )
        for name, sender in senders.items()
        if sender
    }
