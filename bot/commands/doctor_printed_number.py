"""What the doctor says of the number that posters print: whoever texts it is heard, and answered from it."""

from collections.abc import Iterable

from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from bot.channels.senders import check_sms_sender
from bot.commands.findings import FAILS, MISSING, OK, Finding
from bot.errors import SendLater
from bot.settings import Settings

SUBJECT = "SMS on posters"
ENOUGH = 400
"""Numbers of a service that are looked at; Twilio's own limit of numbers is 400."""


def examine_printed(settings: Settings) -> Iterable[Finding]:
    """What is wrong with the number by itself, no provider asked."""
    printed, sender = settings.sms_number, settings.sms_from
    if printed is None:
        if sender and settings.sms_number_shown is None:
            words = f"{sender} is no number to read; set ALLERVERS_SMS_NUMBER to one that reaches it: posters need it"
            yield Finding(SUBJECT, MISSING, words)
        return
    if sender is None:
        words = f"{printed} is printed and nobody answers it; set ALLERVERS_SMS_FROM, or unset ALLERVERS_SMS_NUMBER"
        yield Finding(SUBJECT, FAILS, words)
        return
    try:
        check_sms_sender(printed)
    except ValueError as error:
        yield Finding(SUBJECT, FAILS, f"{printed} may not answer: {error}, and set ALLERVERS_SMS_NUMBER to it")
        return
    if not sender.startswith("MG") and sender != printed:
        words = (
            f"{printed} is printed, answers leave from {sender}; set ALLERVERS_SMS_NUMBER to that number, or unset it"
        )
        yield Finding(SUBJECT, FAILS, words)


def examine_service(account: Client, settings: Settings) -> Iterable[Finding]:
    """Whether the messaging service has the number that is printed, and may receive on it."""
    printed, sender = settings.sms_number, settings.sms_from
    if not printed or not sender or not sender.startswith("MG") or list(examine_printed(settings)):
        return
    try:
        numbers = account.messaging.v1.services(sender).phone_numbers.list(limit=ENOUGH)
    except (SendLater, TwilioException):
        yield Finding(SUBJECT, MISSING, f"cannot be read; in the console, see that the service has {printed}")
        return
    found = next((number for number in numbers if number.phone_number == printed), None)
    if found is None:
        words = f"{printed} is not of the messaging service; add it there, or set ALLERVERS_SMS_NUMBER to one that is"
        yield Finding(SUBJECT, FAILS, words)
    elif "SMS" not in (found.capabilities or ()):
        words = f"{printed} receives no text; set ALLERVERS_SMS_NUMBER to a number of the service that does"
        yield Finding(SUBJECT, FAILS, words)
    else:
        yield Finding(SUBJECT, OK, printed)
