"""Processes of the service, seen from the test: started, held at a point, killed, started again."""

import multiprocessing
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from multiprocessing.process import BaseProcess
from typing import Any
from unittest.mock import patch

from tests.resilience import house
from tests.resilience.house import Plan

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([house.__name__])


@dataclass
class Service:
    """One process at a time behind one address. The test owns the listening socket, as systemd would.

    While no process lives, who calls waits in the queue of the socket, and the next process answers.
    """

    plan: Plan
    deaths: int = 0
    _process: BaseProcess | None = None
    _control: Any = None
    _heard: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self, dies_at: int | None = None) -> None:
        """Starts a process, which perhaps dies at its n-th commit boundary."""
        self._heard.clear()
        self._control, theirs = CONTEXT.Pipe()
        plan = replace(self.plan, dies_at=dies_at)
        self._process = CONTEXT.Process(target=house.run, args=(plan, self._listening, theirs), daemon=True)
        with patch.dict(vars(sys.modules["__main__"])):
            # Each child would import the test runner's script anew, which takes longer than to serve.
            vars(sys.modules["__main__"]).pop("__file__", None)
            self._process.start()
        theirs.close()

    def kill(self) -> None:
        """SIGKILL, whatever it is doing."""
        assert self._process is not None
        self._process.kill()
        self._buried()

    def buried(self, seconds: float) -> bool:
        """Whether it died by itself, waited for."""
        assert self._process is not None
        self._process.join(seconds)
        if self._process.is_alive():
            return False
        self._buried()
        return True

    def _buried(self) -> None:
        assert self._process is not None
        self._process.join()
        assert self._process.exitcode == -9, f"the service ended by itself, exit code {self._process.exitcode}"
        self._process.close()
        self._process = None
        self._control.close()
        self.deaths += 1
        # The next process comes when the leases of this one are over: nobody wants to wait for that here.
        self.plan = replace(self.plan, now=self.plan.now + timedelta(seconds=house.LEASE))

    @property
    def pid(self) -> int:
        """Of the process that lives."""
        assert self._process is not None
        assert self._process.pid is not None
        return self._process.pid

    def arm(self, point: str) -> None:
        """Holds the process the next time it comes to that point."""
        self._control.send(("arm", point))
        self._hear("armed", point)

    def held(self, point: str) -> None:
        """Waits until it is held there."""
        self._hear("held", point)

    def release(self, point: str) -> None:
        """Lets it go on."""
        self._control.send(("release", point))

    def _hear(self, *wanted: str) -> None:
        limit = time.monotonic() + 60  # the very first process waits until the fork server has loaded everything
        while wanted not in self._heard:
            assert self._control.poll(max(0.0, limit - time.monotonic())), f"waited in vain: {wanted}"
            self._heard.append(self._control.recv())
        self._heard.remove(wanted)

    def close(self) -> None:
        """Ends everything."""
        if self._process is not None:
            self.kill()
        self._listening.close()


@contextmanager
def dying(service: Service, ends: Iterable[int], note: Callable[[], None]) -> Iterator[None]:
    """Meanwhile processes die, each at its own commit boundary, and the next starts at once; the last one lives.

    `note` is called while nobody lives.
    """
    over = threading.Event()
    failures: list[BaseException] = []

    def mourn() -> None:
        try:
            for dies_at in ends:
                service.start(dies_at)
                while not service.buried(0.05):
                    if over.is_set():
                        return service.kill()
                note()
                if over.is_set():
                    return None
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=mourn)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        service.start()
    assert not failures, failures
