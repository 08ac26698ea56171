"""What the doctor asks of Twilio: the account, the sender, where it sends what comes in, and the time it is."""

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from bot.channels.senders import is_for_platforms
from bot.channels.twilio_api import client, refusal
from bot.commands.doctor_printed_number import examine_printed, examine_service
from bot.commands.findings import FAILS, MISSING, OK, Finding
from bot.errors import SendLater
from bot.settings import Settings
from bot.web_twilio import MESSAGES_PATH

MAX_SKEW = 60.0
"""Seconds our clock may be wrong: quiet hours, WhatsApp's window and reminders follow it."""


def examine(settings: Settings, now: datetime | None = None) -> Iterable[Finding]:
    """Everything that keeps SMS and WhatsApp from working; one line when they are off."""
    account = client(settings)
    yield from examine_printed(settings)
    if account is None:
        words = "set ALLERVERS_TWILIO_ACCOUNT_SID and ALLERVERS_TWILIO_AUTH_TOKEN to be texted"
        yield Finding("SMS and WhatsApp", MISSING, words)
        return
    if not (settings.sms_from or settings.whatsapp_from):
        words = "set ALLERVERS_SMS_FROM or ALLERVERS_WHATSAPP_FROM: an account alone receives nothing"
        yield Finding("SMS and WhatsApp", FAILS, words)
    if settings.public_url is None:
        yield Finding("SMS and WhatsApp", FAILS, "set ALLERVERS_PUBLIC_URL: without it no webhook can be checked")
    yield from _sender(settings)
    yield from _account(account, settings, now or datetime.now(UTC))


def _sender(settings: Settings) -> Iterable[Finding]:
    if settings.sms_from and is_for_platforms(settings.sms_from):
        yield Finding("SMS sender", OK, settings.sms_from)
    elif settings.sms_from:  # what is plainly forbidden never gets past the settings
        words = f"{settings.sms_from} is neither 09 37 to 09 39, a short code nor a service; ask your operator"
        yield Finding("SMS sender", MISSING, words)


def _account(account: Client, settings: Settings, now: datetime) -> Iterable[Finding]:
    try:
        answer = account.api.account.fetch_with_http_info()
    except SendLater as error:
        yield Finding("Twilio", FAILS, f"does not answer ({error}); look at status.twilio.com and at the network")
        return
    except TwilioException as error:
        words = f"refuses the account ({refusal(error)}); copy its SID and token from the console again"
        yield Finding("Twilio", FAILS, words)
        return
    if answer.data.status != "active":
        yield Finding("Twilio", FAILS, f"the account is {answer.data.status}; see the console")
        return
    yield Finding("Twilio", OK, f"account …{settings.twilio_account_sid[-4:] if settings.twilio_account_sid else ''}")
    yield from _clock(answer.headers, now)
    yield from _webhook(account, settings)
    yield from examine_service(account, settings)


def _clock(headers: Any, now: datetime) -> Iterable[Finding]:
    written = {name.lower(): value for name, value in dict(headers or {}).items()}.get("date")
    skew = (now - parsedate_to_datetime(written)).total_seconds() if written else 0.0
    if abs(skew) > MAX_SKEW:
        words = f"{abs(skew):.0f} seconds {'ahead of' if skew > 0 else 'behind'} Twilio's; run a time service (NTP)"
        yield Finding("clock", FAILS, words)


def _webhook(account: Client, settings: Settings) -> Iterable[Finding]:
    """Whether what people send reaches us, for a sender that can be asked."""
    if settings.public_url is None or not settings.sms_from:
        return
    ours = str(settings.public_url).rstrip("/") + MESSAGES_PATH
    try:
        theirs = _configured(account, settings.sms_from)
    except (SendLater, TwilioException):
        theirs = None
    if theirs is None:
        yield Finding("SMS webhook", MISSING, f"cannot be read; in the console, send incoming messages to {ours}")
    elif theirs.partition("#")[0] != ours:  # what follows # says how often Twilio tries again
        words = f"goes to {theirs or 'nowhere'}; in the console, send incoming messages to {ours}#rc=3&rp=all"
        yield Finding("SMS webhook", FAILS, words)
    elif "#" not in theirs:
        words = f"add #rc=3&rp=all to {ours} in the console: Twilio tries once otherwise, and a message may be lost"
        yield Finding("SMS webhook", MISSING, words)
    else:
        yield Finding("SMS webhook", OK, ours)


def _configured(account: Client, sender: str) -> str | None:
    """Where messages for this sender go; None when Twilio cannot say."""
    if sender.startswith("MG"):
        return str(account.messaging.v1.services(sender).fetch().inbound_request_url or "")
    found = account.incoming_phone_numbers.list(phone_number=sender, limit=1)
    return str(found[0].sms_url or "") if found else None
