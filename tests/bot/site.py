"""The site on a real server and a stand-in for the turns, for tests that speak HTTP or drive a browser."""

import http.client
import json
import signal
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import uvicorn
from sqlalchemy import func, select
from starlette.types import ASGIApp

from bot.channels.web import WebChannel
from bot.channels.web_bell import Bell
from bot.conversations.models import Conversation, Message
from bot.settings import Settings
from bot.sounds import Sounds
from bot.web import create_app
from bot.web_server import SiteServer
from db.session import Database
from tests.serving import Quick, Serving

Answer = Callable[[Message], list[dict[str, Any]]]


def echo(message: Message) -> list[dict[str, Any]]:
    """One reply that repeats what was said."""
    return [{"text": f"Reçu : {message.text}"}]


class StandInTurns:
    """Takes turns as the runtime does: in another thread, replies committed before the bell rings."""

    def __init__(self, database: Database, channel: WebChannel, now: datetime, answer: Answer) -> None:
        self._database, self._channel, self._now, self._answer = database, channel, now, answer
        self._threads = ThreadPoolExecutor(1)
        self.submitted: list[int] = []

    def submit(self, conversation_id: int) -> None:
        """Wakes a turn."""
        self.submitted.append(conversation_id)
        self._threads.submit(self._take, conversation_id)

    def _take(self, conversation_id: int) -> None:
        with self._database.transaction() as session:
            pending = select(Message).where(Message.conversation_id == conversation_id, Message.status == "pending")
            for message in session.scalars(pending.order_by(Message.id)).all():
                message.status = "handled"
                for reply in self._answer(message):
                    session.add(outgoing(session.get_one(Conversation, conversation_id), self._now, **reply))
                    session.flush()
        self._channel.bell.ring(conversation_id)

    def close(self) -> None:
        """Waits for the turns in progress."""
        self._threads.shutdown()


@dataclass
class House:
    """What the wiring offers to the web."""

    database: Database
    now: datetime
    answer: Answer = echo
    settings: Settings = field(default_factory=Settings)
    channel: WebChannel = field(default_factory=WebChannel)
    sounds: Sounds | None = None

    def __post_init__(self) -> None:
        self.turns = StandInTurns(self.database, self.channel, self.now, self.answer)

    def clock(self) -> datetime:
        """The moment at which tests happen."""
        return self.now

    def app(self) -> ASGIApp:
        """The site."""
        return create_app(self, self.channel)


def outgoing(conversation: Conversation, now: datetime, **values: Any) -> Message:
    """A reply, as the runtime writes it."""
    content = {key: values.pop(key) for key in ("choices", "attachments", "last_word") if key in values}
    defaults = {"author": "bot", "status": "sent", "owner_epoch": conversation.owner_epoch}
    return Message(
        conversation_id=conversation.id,
        direction="out",
        channel="web",
        content=content or None,
        created_at=now,
        **{**defaults, **values},
    )


class QuickSite(Quick, SiteServer):
    """The site's own server, ended quickly."""


class Server:
    """A real server in a thread, on a loopback port."""

    def __init__(self, house: House, port: int = 0, lifespan: Literal["on", "off"] = "off") -> None:
        config = uvicorn.Config(house.app(), host="127.0.0.1", port=port, log_level="critical", lifespan=lifespan)
        self._serving = Serving(QuickSite(config, house.channel.bell))
        self.port, self.url = self._serving.port, self._serving.url

    def stop(self) -> None:
        """Stops it and lets its long polls go."""
        self._serving.server.handle_exit(signal.SIGTERM, None)
        self._serving.stop()


@dataclass
class Answered:
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


class Browser:
    """A plain HTTP client with one cookie, that behaves like the page."""

    def __init__(self, server: Server) -> None:
        self._port = server.port
        self.origin = server.url
        self.cookie: str | None = None

    def get(self, path: str, **headers: str) -> Answered:
        """Fetches a page."""
        return self.request("GET", path, None, headers)

    def post(self, path: str, body: bytes = b"", **headers: str) -> Answered:
        """Posts as a page of the site does."""
        page = {"origin": self.origin, "content-type": "application/json"}
        return self.request("POST", path, body, page | {k.replace("_", "-"): v for k, v in headers.items()})

    def say(self, text: str | None = None, *, id: str | None = None, **fields: Any) -> Answered:
        """Sends one message."""
        message = {"id": id or str(uuid.uuid4()), **({"text": text} if text is not None else {}), **fields}
        return self.post("/phone/messages", json.dumps(message).encode())

    def read(self, after: int = 0, wait: int = 0, known: str = "") -> list[dict[str, Any]]:
        """The messages the page would show."""
        answer = self.get(f"/phone/messages?after={after}&wait={wait}&known={known}")
        assert answer.status == 200, answer.text
        return list(answer.json["messages"])

    def request(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answered:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=40)
        cookie = {"cookie": f"allervers_phone={self.cookie}"} if self.cookie else {}
        try:
            connection.request(method, path, body, {**headers, **cookie})
            response = connection.getresponse()
            answer = Answered(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()
        self._keep_cookie(answer.headers.get("set-cookie", ""))
        return answer

    def _keep_cookie(self, header: str) -> None:
        name, _, rest = header.partition("=")
        if name == "allervers_phone":
            self.cookie = rest.partition(";")[0].strip('"') or None


def count(database: Database, table: Any) -> int:
    """How many rows a table holds."""
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def add(house: House, **values: Any) -> int:
    """Writes an outgoing message into the only conversation, as another process would: no bell rings."""
    with house.database.transaction() as session:
        message = outgoing(session.scalars(select(Conversation)).one(), house.now, **values)
        session.add(message)
        session.flush()
        return message.id


def until_answered(browser: Browser, messages: int = 2) -> list[dict[str, Any]]:
    """Reads until the conversation holds that many messages."""
    held: dict[int, dict[str, Any]] = {}
    for _ in range(10):
        for message in browser.read(known=",".join(map(str, held)), wait=5):
            held[message["id"]] = message
        if len(held) >= messages:
            break
    return [held[id] for id in sorted(held)]


def wait_for_listener(bell: Bell) -> None:
    """Until a phone waits."""
    limit = time.monotonic() + 5
    while not bell.waiting():
        assert time.monotonic() < limit
        time.sleep(0.005)
