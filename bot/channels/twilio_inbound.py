"""What Twilio posts to us: the signature, an incoming message, a message's status.

Source: Twilio, "Webhooks security" and "Twilio's request to your incoming message webhook URL".
"""

import hmac
import re
from collections.abc import Mapping
from typing import Literal
from urllib.parse import parse_qsl, urlparse

from twilio.request_validator import RequestValidator, add_port, remove_port

from bot.channels.base import Fate, InboundMessage, Receipt
from bot.channels.twilio import PREFIX, SMS, WHATSAPP
from bot.channels.twilio_errors import CONTENT_REFUSED, FATES
from bot.errors import Forged, Unreadable

MAX_FIELDS = 200

STOP, HELP = "/stop_messages", "/help"
OPT_OUTS: Mapping[str, str] = {"STOP": STOP, "START": HELP, "HELP": HELP}
"""What the words that Twilio's Advanced Opt-Out understands ask of us."""

STATUSES: Mapping[str, Literal["sent", "delivered", "failed"]] = {
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending", "sent"), "sent"),  # Twilio has it: never send again
    **dict.fromkeys(("delivered", "read"), "delivered"),
    **dict.fromkeys(("undelivered", "failed", "canceled"), "failed"),
}

MEDIA: Mapping[str, str] = {"audio": "voice", "image": "photo", "video": "video"}
"""Our kinds of media, by the first half of a media type; anything else is a file."""

_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_SID = re.compile(r"[A-Z]{2}[0-9a-f]{32}")


class Form(dict[str, list[str]]):
    """A posted form, each field with all its values, as Twilio's validator wants it."""

    def getlist(self, name: str) -> list[str]:
        """Every value of a field."""
        return self[name]

    def first(self, name: str) -> str:
        """The first value of a field, "" when there is none."""
        return self.get(name, [""])[0]


def read_form(body: bytes) -> Form:
    """The fields of a body, blank ones kept since they are signed too; raises Unreadable."""
    form = Form()
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS, separator="&"
        )
    except ValueError:
        raise Unreadable("not a form") from None
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    return form


def check_signature(token: str, url: str, form: Form, signature: str) -> None:
    """Raises Forged unless Twilio signed this form for this address, which it may spell with its port or without."""
    validator, parts = RequestValidator(token), urlparse(url)
    expected = [validator.compute_signature(spelling(parts), form) for spelling in (remove_port, add_port)]
    if not any(hmac.compare_digest(each.encode(), signature.encode()) for each in expected):
        raise Forged("not signed by Twilio")


def read_message(form: Form) -> InboundMessage | None:
    """An incoming message in our words; None when nobody can be answered (a short code, a brand); raises Unreadable.

    The name of a WhatsApp profile stays unread: nobody gave it to us.
    """
    sid = form.first("MessageSid")
    if not _SID.fullmatch(sid):
        raise Unreadable("no MessageSid")
    channel, number = _address(form.first("From"))
    if not _NUMBER.fullmatch(number):
        return None
    text = form.first("Body")
    content: dict[str, object] = {"text": text}
    if point := _location(form):
        content |= {"kind": "location", "location": point}
    elif payload := form.first("ButtonPayload") or form.first("ListId"):
        content |= {"kind": "choice", "payload": payload, "text": form.first("ButtonText") or text}
    elif form.first("NumMedia") not in ("", "0"):
        content |= {"media": _media(form)} | ({} if text.strip() else {"kind": "media"})
    if asked := OPT_OUTS.get(form.first("OptOutType").upper()):
        content |= {"kind": "choice", "payload": asked, "answered": asked == STOP}
    return InboundMessage(channel, number, sid, **content)  # type: ignore[arg-type]


def read_status(form: Form, message_id: int | None) -> Receipt | None:
    """What became of a message of ours; None for a status that Twilio has invented since; raises Unreadable."""
    sid = form.first("MessageSid")
    if not _SID.fullmatch(sid):
        raise Unreadable("no MessageSid")
    status = STATUSES.get(form.first("MessageStatus").lower())
    if status is None:
        return None
    channel, code = _address(form.first("To"))[0], form.first("ErrorCode")
    fate = _fate(channel, int(code)) if code.isdecimal() else None
    return Receipt(channel, sid, status, fate, message_id)


def _fate(channel: str, code: int) -> Fate | None:
    return "later" if channel == WHATSAPP and code in CONTENT_REFUSED else FATES.get(code)


def _address(written: str) -> tuple[str, str]:
    """The channel, and the number on it."""
    if written.startswith(PREFIX[WHATSAPP]):
        return WHATSAPP, written.removeprefix(PREFIX[WHATSAPP])
    return SMS, written


def _location(form: Form) -> Mapping[str, float] | None:
    try:
        point = {"lat": float(form.first("Latitude")), "lon": float(form.first("Longitude"))}
    except ValueError:
        return None
    return point if abs(point["lat"]) <= 90 and abs(point["lon"]) <= 180 else None


def _media(form: Form) -> str:
    return MEDIA.get(form.first("MediaContentType0").partition("/")[0], "file")
