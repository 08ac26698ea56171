"""Who waits for what: long polls sleep here, without a thread, until a conversation has something new."""

import asyncio
import contextlib
import threading
from collections import defaultdict
from collections.abc import Iterator

Mark = tuple[int, int]
"""How far a conversation has come: number of messages, highest id. It differs as soon as one is added."""


class Waiter:
    """One request that waits for a conversation to move past `mark`."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self.mark: Mark | None = None

    def wake(self) -> None:
        """Ends the wait; from any thread."""
        with contextlib.suppress(RuntimeError):  # its loop has closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._event.set)

    def reset(self) -> None:
        """Before looking again: what is committed from here on wakes."""
        self._event.clear()

    async def wait(self, seconds: float) -> bool:
        """True when woken, False when the time passed."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()
        return self._event.is_set()


class Bell:
    """Wakes the phones of a conversation. `ring` is called after a commit, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a signal's handler may come while its own thread holds it
        self._waiters: defaultdict[int, set[Waiter]] = defaultdict(set)
        self.closed = False

    @contextlib.contextmanager
    def listen(self, conversation_id: int) -> Iterator[Waiter]:
        """A waiter that hears this conversation for as long as the block lasts."""
        waiter = Waiter()
        with self._lock:
            self._waiters[conversation_id].add(waiter)
        try:
            yield waiter
        finally:
            with self._lock:
                self._waiters[conversation_id].discard(waiter)
                if not self._waiters[conversation_id]:
                    del self._waiters[conversation_id]

    def ring(self, conversation_id: int) -> None:
        """Something was committed in this conversation."""
        for waiter in self._heard_by(conversation_id):
            waiter.wake()

    def compare(self, marks: dict[int, Mark]) -> None:
        """Wakes those whose conversation has moved, as other processes commit too."""
        for conversation_id, mark in marks.items():
            for waiter in self._heard_by(conversation_id):
                if waiter.mark is not None and waiter.mark != mark:
                    waiter.wake()

    def waiting(self) -> list[int]:
        """The conversations somebody waits for."""
        with self._lock:
            return list(self._waiters)

    def close(self) -> None:
        """Lets everybody go, so that a server can stop without waiting for its long polls."""
        self.closed = True
        for conversation_id in self.waiting():
            self.ring(conversation_id)

    def _heard_by(self, conversation_id: int) -> list[Waiter]:
        with self._lock:
            return list(self._waiters.get(conversation_id, ()))
