"""A Rasa server of our own on the loopback: it answers as Rasa does, or as it is told."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "the right one"
Answer = Callable[[str], Any]


def rasa_answer(text: str) -> dict[str, Any]:
    """What Rasa 3.6 answers to `POST /model/parse`; it strips the text, and offsets count in what is left."""
    stripped = text.strip()
    ranking = [{"name": "greet", "confidence": 0.75}, {"name": "thanks", "confidence": 0.25}]
    return {"text": stripped, "intent": ranking[0], "entities": [], "intent_ranking": ranking}


class RasaServer(ThreadingHTTPServer):
    """`answer` makes the object of an answer, or the very bytes; `asked` were the texts; `status` is HTTP's."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer: Answer = rasa_answer
        self.asked: list[str] = []
        self.status = 200
        self.hold = threading.Event()  # an answer waits for it
        self.hold.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: RasaServer

    def do_POST(self) -> None:
        target = urlsplit(self.path)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if target.path != "/model/parse":
            self.say(404, b"")
        elif parse_qs(target.query).get("token") != [TOKEN]:
            self.say(401, b'{"status": "failure", "reason": "NotAuthenticated"}')
        else:
            self.server.asked.append(body["text"])
            self.server.hold.wait(5)
            answer = self.server.answer(body["text"])
            self.say(self.server.status, answer if isinstance(answer, bytes) else json.dumps(answer).encode())

    def say(self, status: int, body: bytes) -> None:
        with suppress(ConnectionError):  # whoever was refused or waited too long has hung up
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the target holds the token."""


@contextmanager
def serving() -> Iterator[RasaServer]:
    """A server that answers until the end of the block."""
    with RasaServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.hold.set()
            server.shutdown()
            thread.join()


def nobody() -> str:
    """An address at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"
