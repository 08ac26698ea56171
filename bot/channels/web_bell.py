"""Who waits for what: long polls sleep here, without a thread, until a conversation has something new."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping

Mark = tuple[int, int]
"""How far a conversation has come: number of messages, highest id. It differs as soon as one is added."""


class Waiter:
    """One request of one phone, that waits for its conversation to move past `mark`."""

    def __init__(self, address: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self.address = address
        self.conversation_id: int | None = None
        self.mark: Mark | None = None

    def wake(self) -> None:
        """Ends the wait; from any thread."""
        with contextlib.suppress(RuntimeError):  # its loop has closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._event.set)

    def watch(self, conversation_id: int) -> None:
        """From now on, what is committed in this conversation wakes."""
        self.conversation_id = conversation_id

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
    """Wakes the phones that wait. Rung after a commit, from any thread; a few hundred phones at most listen."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a signal's handler may come while its own thread holds it
        self._waiters: set[Waiter] = set()
        self.closed = False

    @contextlib.contextmanager
    def listen(self, address: str) -> Iterator[Waiter]:
        """A waiter for this phone, for as long as the block lasts."""
        waiter = Waiter(address)
        with self._lock:
            self._waiters.add(waiter)
        try:
            yield waiter
        finally:
            with self._lock:
                self._waiters.discard(waiter)

    def ring(self, conversation_id: int) -> None:
        """Something was committed in this conversation."""
        self._wake(lambda waiter: waiter.conversation_id == conversation_id)

    def ring_address(self, address: str) -> None:
        """This phone wrote: perhaps in a new conversation, when the former one was erased."""
        self._wake(lambda waiter: waiter.address == address)

    def compare(self, marks: Mapping[int, Mark]) -> None:
        """Wakes those whose conversation has moved, as other processes commit too."""
        self._wake(lambda waiter: marks.get(waiter.conversation_id or 0, waiter.mark) != waiter.mark)

    def waiting(self) -> list[int]:
        """The conversations somebody waits for."""
        with self._lock:
            return [waiter.conversation_id for waiter in self._waiters if waiter.conversation_id]

    def close(self) -> None:
        """Lets everybody go, so that a server can stop without waiting for its long polls."""
        self.closed = True
        self._wake(lambda _: True)

    def _wake(self, concerned: Callable[[Waiter], bool]) -> None:
        with self._lock:
            waiters = [waiter for waiter in self._waiters if concerned(waiter)]
        for waiter in waiters:
            waiter.wake()
