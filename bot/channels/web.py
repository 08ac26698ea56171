"""The web phone as a channel: who writes (a signed token), what they sent, and what it becomes in our words."""

import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.channels.base import InboundMessage, OutboundMessage
from bot.channels.web_bell import Bell
from bot.errors import Unreadable
from db.crypto import fingerprint

NAME = "web"
MAX_BODY = 64 * 1024  # bytes
MAX_PAYLOAD, MAX_TITLE = 255, 200  # characters

_CLIENT_ID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_REFERRAL = re.compile(r"[0-9A-Za-z_-]{1,64}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True)
class WebChannel:
    """The page fetches its messages itself; `bell` tells the phones that wait that something was committed."""

    bell: Bell = field(default_factory=Bell)
    name: str = NAME
    variant: str = NAME
    per_second: float | None = None

    def send(self, message: OutboundMessage) -> str:
        """Nothing to do: what is committed is what the page shows."""
        return f"{NAME}:{message.message_id}"


class BadRequest(Unreadable):
    """The page sent something we cannot take; `code` names the words that say so."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def sign(token: str) -> str:
    """The cookie that carries this token: a changed one no longer opens anything."""
    return f"{token}.{fingerprint('web cookie', token)}"


def token_of(cookie: str | None) -> str | None:
    """The token behind a cookie of ours, None for any other."""
    token, _, signature = (cookie or "").partition(".")
    if not token or not hmac.compare_digest(fingerprint("web cookie", token).encode(), signature.encode()):
        return None
    return token


def first_token(client_id: str) -> str:
    """The token of a phone that has no cookie yet, drawn from its first message's random id.

    No cookie is laid before the person writes. If the answer that carries it is lost on the way, the page sends the
    same id again and must come back to the same conversation: hence a keyed digest rather than fresh randomness.
    """
    return fingerprint("web first", client_id)[:40]


def new_token() -> str:
    """A token nobody can guess."""
    return secrets.token_urlsafe(24)


def provider_id(token: str, client_id: str) -> str:
    """The unique id of a message: a phone's ids are its own, so that nobody's id can shadow another's."""
    return f"{fingerprint('web message', token)[:24]}:{client_id.lower()}"


def client_id_of(stored: str | None) -> str | None:
    """The page's own id inside a `provider_id`."""
    return stored.rpartition(":")[2] if stored else None


def parse(body: bytes) -> Mapping[str, Any]:
    """The JSON object of a body; raises BadRequest."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("bad_json") from None
    if not isinstance(data, dict):
        raise BadRequest("bad_json")
    return data


def client_id(data: Mapping[str, Any]) -> str:
    """The page's id of this message, a UUID; raises BadRequest."""
    value = data.get("id")
    if not isinstance(value, str) or not _CLIENT_ID.fullmatch(value):
        raise BadRequest("bad_id")
    return value


def read_inbound(data: Mapping[str, Any], token: str) -> InboundMessage:
    """What the page sent, in our words; raises BadRequest.

    data: {id, and one of text | payload (+ title) | location {lat, lon}; perhaps referral}.
    """
    fields = _content(data)
    referral = data.get("referral")
    if isinstance(referral, str) and _REFERRAL.fullmatch(referral):
        fields["referral"] = referral
    return InboundMessage(channel=NAME, address=token, provider_id=provider_id(token, client_id(data)), **fields)


def _content(data: Mapping[str, Any]) -> dict[str, Any]:
    if data.get("location") is not None:
        return {"kind": "location", "location": _location(data["location"])}
    if data.get("payload") is not None:
        payload = _line(data["payload"], MAX_PAYLOAD)
        title = _line(data.get("title") or payload, MAX_TITLE)
        return {"kind": "choice", "payload": payload, "text": title}
    text = data.get("text")
    if not isinstance(text, str) or not text.strip():
        raise BadRequest("empty")
    return {"text": _whole(text)}


def _location(value: object) -> Mapping[str, float]:
    if not isinstance(value, Mapping):
        raise BadRequest("bad_location")
    point: dict[str, float] = {}
    for name, limit in (("lat", 90), ("lon", 180)):
        degrees = value.get(name)
        if isinstance(degrees, bool) or not isinstance(degrees, int | float):
            raise BadRequest("bad_location")
        if not abs(degrees) <= limit:  # said this way round, it refuses what is not a number too
            raise BadRequest("bad_location")
        point[name] = float(degrees)
    return point


def _line(value: object, limit: int) -> str:
    """One clean line, as a button carries it."""
    line = _UNPRINTABLE.sub(" ", _whole(value)).strip() if isinstance(value, str) else ""
    if not line or len(line) > limit:
        raise BadRequest("bad_choice")
    return line


def _whole(text: str) -> str:
    """The text without the halves of broken emoji, which no encoding can store."""
    return text.encode("utf-8", "replace").decode()
