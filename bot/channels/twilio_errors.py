"""What Twilio's error codes mean for a message and its person. Source: https://www.twilio.com/docs/api/errors."""

from collections.abc import Mapping

from bot.channels.base import Fate
from bot.errors import AddressGone, SendError, SendLater, SendRefused, Stopped

UNAUTHENTICATED = 20003

FATES: Mapping[int, Fate] = {
    21610: "stopped",  # they answered STOP to Twilio
    21211: "gone",  # no such number
    21217: "gone",  # not a phone number
    21614: "gone",  # a landline
    30004: "gone",  # blocked by the person or their operator
    30005: "gone",  # unknown or out of service
    30006: "gone",  # a landline, or an operator out of reach
    63003: "gone",  # not on WhatsApp
    63024: "gone",  # not on WhatsApp any more
    UNAUTHENTICATED: "later",  # ours to mend: `allervers doctor` says so, and replies wait as long as they are worth it
    20005: "later",  # account not active
    20429: "later",  # too many requests
    14107: "later",  # too many messages
    21611: "later",  # their queue for our number is full
    30001: "later",  # the same, once accepted
    30002: "later",  # account suspended
    63018: "later",  # WhatsApp: too many messages
}
"""Whatever is not here is refused: trying again cannot help, and the person is not to blame."""

CONTENT_REFUSED = frozenset({63005, 63006, 63013, 63021, 63028})
"""WhatsApp did not take a content that Twilio had accepted: the message is worth a try in its plainest shape."""


def send_error(code: int | None, status: int) -> SendError:
    """The error to raise when Twilio refused a message; it names the code, never the message."""
    reason = f"Twilio {code}" if code else f"HTTP {status}"
    fate = FATES.get(code) if code else None
    if fate == "later" or status in (401, 429) or status >= 500:
        return SendLater(reason)
    if fate == "stopped":
        return Stopped(reason)
    return AddressGone(reason) if fate == "gone" else SendRefused(reason)
