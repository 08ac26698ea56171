"""What the fake Telegram knows: chats, what was asked of it, updates to come, failures to play."""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

BOT_ID = 7000001
TOKEN = f"{BOT_ID}:FAKE-not-a-secret-of-anybody"
FIRST_UPDATE = 90_001
SECONDS = 10.0  # a wait that should not last
LOOK = 0.01  # seconds between two looks of one who waits


@dataclass(frozen=True)
class Call:
    """One request, as it was made: `method` in Telegram's spelling, parameters decoded."""

    method: str
    given: Mapping[str, Any]


@dataclass(frozen=True)
class Failure:
    """How a request goes wrong. `drop`: the line breaks. `after`: only once what was asked is done."""

    code: int = 500
    description: str = "Internal Server Error"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    drop: bool = False
    after: bool = False

    @classmethod
    def flood(cls, seconds: int) -> "Failure":
        """Too many requests."""
        said = f"Too Many Requests: retry after {seconds}"
        return cls(429, said, {"retry_after": seconds})


class Refused(Exception):
    """What Telegram answers with something else than 200."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(description)
        self.code, self.description = code, description


@dataclass
class Chat:
    """A private chat, or a group with topics (`topics`: name and whether it is open, by thread id)."""

    id: int
    kind: str = "private"
    title: str = ""
    messages: list[dict[str, Any]] = field(default_factory=list)
    blocked: bool = False
    topics: dict[int, dict[str, Any]] = field(default_factory=dict)
    is_forum: bool = True
    keyboard: list[list[dict[str, Any]]] = field(default_factory=list)  # what stands where one types
    rights: tuple[str, ...] = ()  # what the bot may do there as an administrator

    def as_json(self) -> dict[str, Any]:
        """As Telegram writes a chat."""
        named = (
            {"first_name": self.title} if self.kind == "private" else {"title": self.title, "is_forum": self.is_forum}
        )
        return {"id": self.id, "type": self.kind, **named}


class State:
    """Everything, behind one lock that also tells when something changed."""

    def __init__(self, token: str = TOKEN) -> None:
        self.token = token
        self.bot = {"id": int(token.partition(":")[0]), "is_bot": True, "first_name": "allervers",
                    "username": "allervers_bot", "can_join_groups": True, "can_read_all_group_messages": False,
                    "supports_inline_queries": False}  # fmt: skip
        self.changed = threading.Condition()
        self.now: Callable[[], int] = lambda: 1_795_420_800
        self.calls: list[Call] = []
        self.chats: dict[int, Chat] = {}
        self.updates: list[dict[str, Any]] = []
        self.webhook: dict[str, Any] = {"url": ""}
        self.commands: list[Any] = []
        self.answered: dict[str, Mapping[str, Any]] = {}
        self.files: dict[str, bytes] = {}
        self.failures: defaultdict[str, deque[Failure]] = defaultdict(deque)
        self._ids = count(1)
        self._update_ids = count(FIRST_UPDATE)

    def next_id(self) -> int:
        """A number nothing else has."""
        return next(self._ids)

    def next_update_id(self) -> int:
        """The number of the next update."""
        return next(self._update_ids)

    def wait_for(self, condition: Callable[[], object], what: str = "something", seconds: float = SECONDS) -> None:
        """Until the condition holds; says what was waited for in vain."""
        limit = time.monotonic() + seconds
        with self.changed:
            while not condition():  # of a database too, whose changes notify nobody here
                assert time.monotonic() < limit, f"waited in vain for {what}"
                self.changed.wait(LOOK)

    def note(self, call: Call) -> None:
        """Remembers a request."""
        with self.changed:
            self.calls.append(call)
            self.changed.notify_all()

    def called(self, method: str) -> list[Mapping[str, Any]]:
        """What was given to each request of that method."""
        with self.changed:
            return [call.given for call in self.calls if call.method == method]

    def chat(self, chat_id: Any) -> Chat:
        """A chat the bot may write to; raises Refused."""
        chat = self.chats.get(int(chat_id))
        if chat is None:
            raise Refused(400, "Bad Request: chat not found")
        if chat.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        return chat

    def add(self, chat: Chat, by: Mapping[str, Any], **content: Any) -> dict[str, Any]:
        """Writes a message into a chat; as Telegram writes a message."""
        with self.changed:
            message = {"message_id": self.next_id(), "from": dict(by), "chat": chat.as_json(), "date": self.now(),
                       **content}  # fmt: skip
            chat.messages.append(message)
            self.changed.notify_all()
            return message
