"""What residents send, as providers post it: signed forms of Twilio, updates of Telegram with their secret."""

import base64
import hashlib
import hmac
import json
from itertools import count
from typing import NamedTuple
from urllib.parse import urlencode

PUBLIC_URL = "https://allervers.example.org"
ACCOUNT, AUTH_TOKEN = "AC" + "0" * 32, "a token of the load test"
NUMBER = "+33199000001"
SMS_PATH, TELEGRAM_PATH = "/webhooks/twilio/messages", "/webhooks/telegram"

_ids = count(1)


class Delivery(NamedTuple):
    """One request of a provider, ready to be written on a socket; `address` is who wrote."""

    address: str
    request: bytes


def sms(number: int, text: str) -> Delivery:
    """A text message; numbers are of the range kept for fiction, which holds ten thousand."""
    address = f"+3363998{number:04d}"
    form = {
        "MessageSid": f"SM{next(_ids):032x}", "AccountSid": ACCOUNT, "From": address, "To": NUMBER, "Body": text,
        "NumMedia": "0", "NumSegments": "1", "FromCountry": "FR", "FromCity": "",
    }  # fmt: skip
    signed = PUBLIC_URL + SMS_PATH + "".join(f"{name}{form[name]}" for name in sorted(form))
    digest = hmac.new(AUTH_TOKEN.encode(), signed.encode(), hashlib.sha1).digest()
    return Delivery(
        address,
        _post(
            SMS_PATH,
            urlencode(form).encode(),
            "application/x-www-form-urlencoded",
            ("x-twilio-signature", base64.b64encode(digest).decode()),
        ),
    )


def telegram(number: int, text: str, secret: str) -> Delivery:
    """A message to the bot."""
    person = {"id": 700_000_000 + number, "is_bot": False, "first_name": "Personne"}
    message = {
        "message_id": next(_ids), "date": 1_795_000_000, "text": text, "from": person,
        "chat": {"id": person["id"], "type": "private", "first_name": "Personne"},
    }  # fmt: skip
    body = json.dumps({"update_id": next(_ids), "message": message}).encode()
    header = ("x-telegram-bot-api-secret-token", secret)
    return Delivery(str(person["id"]), _post(TELEGRAM_PATH, body, "application/json", header))


def _post(path: str, body: bytes, kind: str, proof: tuple[str, str]) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nhost: allervers.example.org\r\ncontent-type: {kind}\r\n"
        f"content-length: {len(body)}\r\n{proof[0]}: {proof[1]}\r\n\r\n"
    )
    return head.encode() + body
