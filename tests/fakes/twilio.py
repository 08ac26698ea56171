"""Twilio on a loopback port: takes messages, signs what it posts to us, fails as it is told.

Shapes are those of Twilio's published OpenAPI (`twilio_api_v2010`, `twilio_content_v1`) and of its documentation of
webhooks.
"""

import base64
import http.client
import json
import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from twilio.request_validator import RequestValidator

ACCOUNT = "AC" + "0" * 32
TOKEN = "a token of the fake Twilio"
NUMBER = "+33199000001"
WHATSAPP_NUMBER = "+33199000002"
RESIDENT = "+33639980001"
LONGEST_BODY = 1600

Fields = Mapping[str, str]


@dataclass(frozen=True)
class Failure:
    """How one request ends badly: `code` is Twilio's; status 0 breaks the connection, after taking the message."""

    status: int
    code: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What our webhook said."""

    status: int
    body: str
    content_type: str


class FakeTwilio(ThreadingHTTPServer):
    """`messages` were taken, in order; `failures` meet the next requests, one each.

    contents: what was created by the Content API, by its sid. no_contents: the failure of whoever tries.
    service_numbers: the numbers of any messaging service, each with what it can do; None where nobody may look.
    public_url: the address of ours that it was told, and signs. door: where that leads, when a proxy stands between.
    """

    daemon_threads = True

    def __init__(self, public_url: str = "", door: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.public_url, self.door = public_url, door or public_url
        self.messages: list[dict[str, str]] = []
        self.failures: list[Failure] = []
        self.contents: dict[str, dict[str, Any]] = {}
        self.no_contents: Failure | None = None
        self.number: dict[str, Any] | None = {"sms_url": "", "phone_number": NUMBER}
        self.service_numbers: dict[str, list[str]] | None = {NUMBER: ["SMS", "Voice"]}
        self._sids = count(1)
        self._taking = threading.Lock()
        self._arrived = threading.Condition(self._taking)

    @property
    def url(self) -> str:
        """Where the API is."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def texts(self) -> list[str]:
        """What left, in order."""
        with self._taking:
            return [self.shown(message) for message in self.messages]

    def shown(self, message: Fields) -> str:
        """What a phone shows of a message: a body, or a content with its variables filled, a line for each choice."""
        if "ContentSid" not in message:
            return message["Body"]
        ((_, content),) = self.contents[message["ContentSid"]]["types"].items()
        choices = [each.get("title") or each["item"] for each in content.get("actions") or content.get("items", ())]
        return fill("\n".join([content["body"], *(f"[{choice}]" for choice in choices)]), message["ContentVariables"])

    def create_content(self, request: dict[str, Any]) -> str:
        """A content was posted."""
        with self._taking:
            sid = f"HX{len(self.contents) + 1:032x}"
            self.contents[sid] = request
            return sid

    def refuses(self, message: Fields) -> int | None:
        """Twilio's code for a message that is too long, or whose content it cannot fill."""
        if "ContentSid" not in message:
            return 21617 if len(message["Body"]) > LONGEST_BODY else None
        if message["ContentSid"] not in self.contents:
            return 21655
        values = json.loads(message["ContentVariables"]).values()
        return None if all(value and not set(value) & {"\n", "\t"} for value in values) else 21656

    def take(self, message: dict[str, str]) -> str:
        """A message was posted."""
        with self._arrived:
            sid = self.sid()
            self.messages.append({**message, "Sid": sid})
            self._arrived.notify_all()
            return sid

    def wait(self, messages: int, seconds: float = 20) -> list[str]:
        """The texts, once there are that many."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.messages) >= messages, seconds), self.messages
        return self.texts

    def sid(self) -> str:
        """A new message id."""
        return f"SM{next(self._sids):032x}"

    # What Twilio posts to us

    def say(self, text: str = "", *, sid: str | None = None, **fields: str) -> Answer:
        """A resident's message reaches our webhook, blank fields included, as Twilio sends them."""
        form = {
            "ToCountry": "FR", "ToState": "", "SmsMessageSid": "", "NumMedia": "0", "ToCity": "", "FromZip": "",
            "SmsSid": "", "FromState": "", "SmsStatus": "received", "FromCity": "", "Body": text, "FromCountry": "FR",
            "To": NUMBER, "ToZip": "", "NumSegments": "1", "MessageSid": sid or self.sid(), "AccountSid": ACCOUNT,
            "From": RESIDENT, "ApiVersion": "2010-04-01", **fields,
        }  # fmt: skip
        return self.post("/webhooks/twilio/messages", form)

    def tell(self, message: Fields, status: str, code: int | None = None) -> Answer:
        """The status of a message of ours reaches the address it was given."""
        callback = urlsplit(message["StatusCallback"])
        form = {
            "SmsSid": message["Sid"], "SmsStatus": status, "MessageStatus": status, "To": message["To"],
            "MessageSid": message["Sid"], "AccountSid": ACCOUNT, "From": message.get("From", ""),
            "ApiVersion": "2010-04-01", **({"ErrorCode": str(code)} if code else {}),
        }  # fmt: skip
        path = callback.path.removeprefix(urlsplit(self.public_url).path.rstrip("/"))
        return self.post(f"{path}?{callback.query}", form)

    def post(self, path: str, form: Fields, *, token: str = TOKEN, body: bytes | None = None, **headers: str) -> Answer:
        """A signed request to us; with another `body` than the signed form it is a forged one."""
        signature = RequestValidator(token).compute_signature(self.public_url + path, form)
        site = urlsplit(self.door)
        connection = http.client.HTTPConnection(site.hostname or "", site.port, timeout=30)
        try:
            connection.request(
                "POST",
                path,
                urlencode(form).encode() if body is None else body,
                {
                    "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
                    "X-Twilio-Signature": headers.get("signature", signature),
                },
            )
            response = connection.getresponse()
            return Answer(response.status, response.read().decode(), response.getheader("content-type", ""))
        finally:
            connection.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FakeTwilio

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        if self.path == "/v1/Content":
            self.make_content(body)
            return
        message = {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
        if self.path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
            self.answer(404, {"code": 20404, "message": "not found", "status": 404})
        elif self.welcome():
            if code := self.server.refuses(message):
                self.answer(400, {"code": code, "message": "no", "status": 400})
                return
            sid = self.server.take(message)
            self.answer(201, {"sid": sid, "status": "queued", "to": message["To"], "error_code": None})

    def make_content(self, body: str) -> None:
        """The Content API: what it answers to a new content."""
        if failure := self.server.no_contents:
            self.answer(failure.status, {"code": failure.code, "message": "no", "status": failure.status})
        elif self.welcome():
            request = json.loads(body)
            self.answer(201, {**request, "sid": self.server.create_content(request), "account_sid": ACCOUNT})

    def do_GET(self) -> None:
        if not self.welcome():
            return
        path = urlsplit(self.path).path
        number = self.server.number
        if path == f"/2010-04-01/Accounts/{ACCOUNT}.json":
            self.answer(200, {"sid": ACCOUNT, "status": "active", "friendly_name": "fake"})
        elif path == f"/2010-04-01/Accounts/{ACCOUNT}/IncomingPhoneNumbers.json":
            self.answer(200, {"incoming_phone_numbers": [number] if number else [], "page": 0, "next_page_uri": None})
        elif path.endswith("/PhoneNumbers") and self.server.service_numbers is not None:
            numbers = [{"phone_number": name, "capabilities": can} for name, can in self.server.service_numbers.items()]
            self.answer(200, {"phone_numbers": numbers, "meta": {"key": "phone_numbers", "next_page_url": None}})
        elif path.startswith("/v1/Services/MG") and path.count("/") == 3:
            self.answer(200, {"sid": path.rsplit("/", 1)[1], "inbound_request_url": (number or {}).get("sms_url")})
        else:
            self.answer(404, {"code": 20404, "message": "not found", "status": 404})

    def welcome(self) -> bool:
        """Whether the request is to be served: it is ours, and nothing is to go wrong."""
        expected = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if self.headers["Authorization"] != f"Basic {expected}":
            self.answer(401, {"code": 20003, "message": "Authenticate", "status": 401})
            return False
        failure = self.server.failures.pop(0) if self.server.failures else None
        if failure is None:
            return True
        if failure.status == 0:
            self.server.take({"Body": "", "lost": "answer"})
            self.close_connection = True
            self.connection.close()
        else:
            body = {"code": failure.code, "message": "no", "status": failure.status}
            self.answer(failure.status, body, failure.headers)
        return False

    def answer(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        """One JSON answer."""
        written = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(written)))
        self.end_headers()
        self.wfile.write(written)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def fake_twilio(public_url: str = "", door: str = "") -> Iterator[FakeTwilio]:
    """A running server."""
    with FakeTwilio(public_url, door) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def fill(shape: str, variables: str) -> str:
    """A content's text with its variables, which are JSON."""
    return re.sub(r"{{(\w+)}}", lambda name: str(json.loads(variables)[name[1]]), shape)


def repeated(messages: list[dict[str, str]]) -> list[str]:
    """The texts that left more than once."""
    return [text for text, times in Counter(message["Body"] for message in messages).items() if times > 1]
