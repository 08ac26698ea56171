"""The outside world of these tests: a provider and a mail server in the test, and how a service reaches them."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bot.channels.base import OutboundMessage
from bot.errors import SendLater
from bot.mail import Mail, MailLater

PUSHED = "sms"
RETRY_AFTER = 0.1  # seconds


class Provider:
    """A channel that pushes, seen from the service."""

    name = variant = PUSHED
    per_second = None
    pushes = True

    def __init__(self, port: int) -> None:
        self._port = port

    def send(self, message: OutboundMessage) -> str:
        body = {"id": message.message_id, "to": message.address, "text": message.text}
        if not _post(self._port, {**body, "choices": [dict(choice) for choice in message.choices]}):
            raise SendLater("not taken", RETRY_AFTER)
        return f"out-{message.message_id}"


class Letterbox:
    """Where notifications leave, seen from the service."""

    def __init__(self, port: int) -> None:
        self._port = port

    def send(self, mail: Mail) -> None:
        if not _post(self._port, {"fact": mail.fact}):
            raise MailLater("not taken")


def _post(port: int, body: dict[str, Any]) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", "/", json.dumps(body))
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Outside:
    """What the provider and the mail server took, in order. They can refuse, or keep a request on the wire."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.refusing = False
        self._open = threading.Event()
        self._open.set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages taken, those taken twice included."""
        return [each for each in self.taken if "id" in each]

    @property
    def facts(self) -> list[str]:
        """The facts told by mail."""
        return [each["fact"] for each in self.taken if "fact" in each]

    @contextmanager
    def on_the_wire(self) -> Iterator[None]:
        """Meanwhile requests arrive and are not answered."""
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()

    def close(self) -> None:
        self._open.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(outside) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                if not outside.refusing:
                    outside.taken.append(body)
                outside._open.wait()
                try:
                    self.send_response(503 if outside.refusing else 200)
                    self.end_headers()
                except OSError:
                    pass  # who asked was killed meanwhile

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def until(condition: Callable[[], object], what: str, seconds: float = 30.0) -> None:
    """Waits until the condition holds; fails saying what was waited for."""
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, f"waited {seconds:g} s in vain for: {what}"
        time.sleep(0.01)
