"""The service as a child process that can be killed: the real wiring, a provider to push to, and a gate to hold it at.

Imported once by the fork server, which builds what turns think with; a process started from there is ready in
milliseconds, so that a test can afford many deaths. What a text means matters nowhere here: a stand-in reads them.
"""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from multiprocessing.connection import Connection
from typing import Any

import psycopg  # noqa: F401 - loaded in the fork server, once
import uvicorn
from anyio.to_thread import run_sync
from pydantic import SecretStr
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import bot.worker
import db.session
from bot import inbox, outbox
from bot.app import Services, create_app
from bot.channels.base import InboundMessage
from bot.conversations.consent import FORGET_OLD
from bot.mail import Mailer
from bot.runtime.turn import Mind, Turns
from bot.settings import Settings
from db.session import Database
from nlu.understanding import Intent, Understanding
from tests.resilience.outside import PUSHED, Letterbox, Provider

KEY = "test key"
LEASE = 4.0  # seconds after which a job claimed by a dead process is claimed again


@dataclass(frozen=True)
class Plan:
    """How a process is to live, and when to die."""

    database_url: str
    outside_port: int
    now: datetime  # what the clock shows at `since`
    since: float  # time.time(), so that every process of a test has one clock
    dies_at: int | None = None  # the commit boundary that kills: 1 before the first commit, 2 after it, 3 before...
    patience_ms: int = db.session.BUSY_TIMEOUT_MS  # how long SQLite waits for a lock

    def clock(self) -> datetime:
        """The time in this test."""
        return self.now + timedelta(seconds=time.time() - self.since)


class Gate:
    """Points at which the test may hold the process; it asks through a pipe, whose end is our end."""

    def __init__(self, control: Connection) -> None:
        self._control = control
        self._armed: dict[str, threading.Event] = {}
        self._held: dict[str, threading.Event] = {}
        threading.Thread(target=self._listen, daemon=True).start()

    def at(self, point: str) -> None:
        """Holds here, once, if the test asked for it."""
        released = self._armed.pop(point, None)
        if released is not None:
            self._held[point] = released
            self._control.send(("held", point))
            released.wait()

    def _listen(self) -> None:
        while True:
            try:
                verb, point = self._control.recv()
            except (EOFError, OSError):
                os._exit(1)  # the test is over, however it ended
            if verb == "arm":
                self._armed[point] = threading.Event()
                self._control.send(("armed", point))
            else:
                self._held.pop(point).set()


class MortalDatabase(Database):
    """Dies at the commit boundary it was told to."""

    def __init__(self, url: str, dies_at: int | None) -> None:
        super().__init__(url)
        self._left = dies_at
        self._counting = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        with super().transaction() as session:
            yield session
            session.flush()
            self._boundary()
        self._boundary()

    def _boundary(self) -> None:
        if self._left is None:
            return
        with self._counting:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
                threading.Event().wait()  # the kernel needs a moment; nothing more may be written


class House(Services):
    """The wiring, with what a test needs to hold it, count its commits and kill it."""

    def __init__(self, plan: Plan, gate: Callable[[str], None]) -> None:
        settings = Settings(database_url=plan.database_url, secret_key=(SecretStr(KEY),), turn_threads=2)
        super().__init__(settings, plan.clock)
        self._plan, self._gate = plan, gate
        self.channels = {self.web.name: self.web, PUSHED: Provider(plan.outside_port)}

    @cached_property
    def database(self) -> Database:
        return MortalDatabase(self.settings.database_url, self._plan.dies_at)

    @cached_property
    def mind(self) -> Mind:
        return replace(MIND, parse=self._parse)

    def _parse(self, text: str) -> Understanding:
        self._gate("thinking")
        return StandIn.parse(text)

    @cached_property
    def taker(self) -> Turns:
        def hold(_: object) -> None:
            self._gate("in the turn")

        return Turns(self.database, self.mind, self.clock, committed=self.web.bell.ring, observe=hold)

    def _handlers(self) -> Mapping[str, Callable[[outbox.ClaimedJob], object]]:
        # Without the daily sweep: each new process would begin with a commit that says nothing about messages.
        return {kind: handler for kind, handler in super()._handlers().items() if kind != FORGET_OLD}

    def _mailer(self) -> Mailer:
        return Letterbox(self._plan.outside_port)

    async def receive(self, request: Request) -> Response:
        """The provider's webhook: stored, committed, and only then 200."""
        inbound = InboundMessage(channel=PUSHED, **await request.json())

        def store() -> int:
            with self.database.transaction() as session:
                return inbox.accept(session, inbound, self.clock()).conversation_id

        self.turns.submit(await run_sync(store))
        return Response()


class StandIn:
    """Instead of the trained model: greetings are known, nothing else is."""

    @staticmethod
    def parse(text: str) -> Understanding:
        intent = Intent("greet", 0.95) if text.startswith("Bonjour") else Intent("nlu_fallback", 0.05)
        return Understanding(text, intent, (intent,))


class _Thinking(Services):
    """Wiring that only thinks."""

    understanding: Any = StandIn

    def __init__(self) -> None:
        super().__init__(Settings(database_url="sqlite://", secret_key=(SecretStr(KEY),)))
        self.channels = {self.web.name: self.web, PUSHED: Provider(0)}


def run(plan: Plan, listening: socket.socket, control: Connection) -> None:
    """The life of a process: it serves until it is killed."""
    bot.worker.LOOK_EVERY, bot.worker.LEASE = 0.05, LEASE
    bot.worker.FIRST_REST, bot.worker.LONGEST_REST = 0.05, 0.2
    db.session.BUSY_TIMEOUT_MS = plan.patience_ms
    house = House(plan, Gate(control).at)
    app = create_app(house)
    app.router.routes.insert(0, Route("/provider", house.receive, methods=["POST"]))
    config = uvicorn.Config(app, log_level="critical", access_log=False)
    uvicorn.Server(config).run(sockets=[listening])


def _warm() -> Mind:
    """Loads all that a process needs, so that the fork server's children find it there."""
    thinking = _Thinking()
    uvicorn.Config(create_app(thinking)).load()
    return thinking.mind


MIND = _warm()
