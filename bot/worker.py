"""The threads of a process: turns as messages come in, owed jobs as they fall due.

Rows are the truth, memory only makes it fast: what a crash or another process left behind is found by looking at the
rows every second. Two processes may try one conversation; the lock taken in the turn lets one of them in.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime

from bot import inbox, queue
from bot.conversations.consent import FORGET_OLD
from bot.conversations.jobs import REMINDER
from bot.faults import describe
from db.session import Database

Handler = Callable[[queue.ClaimedJob], object]
"""Does one job and settles it itself, in the transaction of what it writes. If it raises, the job is tried later."""

LOOK_EVERY = 1.0
"""Seconds between two looks at the rows."""
LEASE = 60.0
"""Seconds a job is ours; longer than any handler may take to reach the outside."""
FIRST_REST, LONGEST_REST = 0.5, 30.0
"""Seconds a thread rests after an error, such as a database that is away; twice as long each time, up to the second."""
BATCH = 100

_log = logging.getLogger(__name__)


class Worker:
    """Takes turns (`take_turn`, with a conversation's id) and handles jobs (`handlers`, by kind).

    rates: how many messages a second may leave, by sender.
    """

    def __init__(
        self,
        database: Database,
        take_turn: Callable[[int], None],
        handlers: Mapping[str, Handler],
        clock: Callable[[], datetime],
        threads: int = 4,
        rates: Mapping[str, float] | None = None,
    ) -> None:
        self._database = database
        self._take_turn = take_turn
        self._handlers = handlers
        self._clock = clock
        self._rates = rates or {}
        self._turns = _Turns()
        self._stopping = threading.Event()
        self._jobs_due = threading.Event()
        self._looking_for_jobs = threading.Lock()
        self._swept_on: str | None = None
        loops = [("look", self._look), *[("turns", self._turn_loop), ("jobs", self._job_loop)] * threads]
        self._threads = [
            threading.Thread(target=self._keep_going, args=(loop,), name=f"allervers-{name}", daemon=True)
            for name, loop in loops
        ]

    def start(self) -> None:
        """Starts the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float = 10.0) -> bool:
        """Lets what is under way finish, for that long at most; returns whether all of it did."""
        self._stopping.set()
        self._turns.close()
        self._jobs_due.set()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def submit(self, conversation_id: int) -> None:
        """A message of this conversation was committed: its turn is taken at once."""
        self._turns.add(conversation_id)

    def wake_jobs(self) -> None:
        """Something was committed that is due now."""
        self._jobs_due.set()

    def run_until_idle(self, now: datetime) -> None:
        """Takes every turn and job due at `now`, in this thread, until nothing is left; a turn's error comes out."""
        while self._take_pending(now) or self._handle_due(now):
            pass

    def _take_pending(self, now: datetime) -> bool:
        before = self._pending(now)
        for conversation_id in before:
            self._take_turn(conversation_id)
        return self._pending(now) != before  # a turn that changes nothing is not taken for ever

    def _pending(self, now: datetime) -> Mapping[int, int]:
        with self._database.reading() as session:
            return inbox.pending_heads(session, now, BATCH)

    def _handle_due(self, now: datetime) -> bool:
        jobs = queue.claim(self._database, now, LEASE, tuple(self._handlers), BATCH)
        for job in jobs:
            self._handle(job, now)
        return bool(jobs)

    # Threads

    def _keep_going(self, loop: Callable[[], None]) -> None:
        """Runs a loop until the worker stops: whatever it raises, it rests and goes on."""
        rest = FIRST_REST
        while not self._stopping.is_set():
            started = time.monotonic()
            try:
                loop()
            except Exception as error:
                _log.error("worker: %s", describe(error))
                went_well_before = time.monotonic() - started > LONGEST_REST
                rest = FIRST_REST if went_well_before else min(rest * 2, LONGEST_REST)
                self._stopping.wait(rest)

    def _look(self) -> None:
        """Finds conversations whose turn nobody takes: after a crash, a rest, or a message another process stored."""
        while not self._stopping.wait(LOOK_EVERY):
            now = self._clock()
            for conversation_id in self._pending(now):
                self.submit(conversation_id)
            self._owe_sweep(now)

    def _owe_sweep(self, now: datetime) -> None:
        """Once a day, whoever has been silent for too long is forgotten."""
        today = now.date().isoformat()
        if FORGET_OLD in self._handlers and self._swept_on != today:
            with self._database.transaction() as session:
                queue.owe(session, kind=FORGET_OLD, key=f"{FORGET_OLD}:{today}", lane=REMINDER, payload={}, due_at=now)
            self._swept_on = today

    def _turn_loop(self) -> None:
        while (conversation_id := self._turns.take()) is not None:
            try:
                self._take_turn(conversation_id)
            finally:
                self._turns.done(conversation_id)
                self.wake_jobs()

    def _job_loop(self) -> None:
        while (job := self._next_job()) is not None:
            time.sleep(max(0.0, (job.starts_at - self._clock()).total_seconds()))  # its sender's turn
            self._handle(job, None)
            self.wake_jobs()  # the next of the same order may leave now

    def _next_job(self) -> queue.ClaimedJob | None:
        """The next due job, waited for; None when the worker stops. One thread looks, the others queue up."""
        with self._looking_for_jobs:
            while not self._stopping.is_set():
                self._jobs_due.clear()  # before looking: what is committed from here on is seen or announced
                jobs = queue.claim(self._database, self._clock(), LEASE, tuple(self._handlers), 1, self._rates)
                if jobs:
                    return jobs[0]
                self._jobs_due.wait(LOOK_EVERY)
        return None

    def _handle(self, job: queue.ClaimedJob, at: datetime | None) -> None:
        """Handles one job; `at` is the time to count from, the clock's when None."""
        try:
            if job.is_hopeless(at or self._clock()):
                with self._database.transaction() as session:
                    queue.settle_failed(session, job, at or self._clock(), "never came back")
                return
            self._handlers[job.kind](job)
        except Exception as error:
            _log.error("job %d (%s), try %d: %s", job.id, job.kind, job.attempts, describe(error))
            with self._database.transaction() as session:
                queue.settle_error(session, job, at or self._clock(), type(error).__name__)


class _Turns:
    """Conversations whose turn is to be taken: each at most once at a time, in the order in which they asked."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[int] = deque()
        self._under_way: set[int] = set()
        self._again: set[int] = set()
        self._closed = False

    def add(self, conversation_id: int) -> None:
        with self._changed:
            if conversation_id in self._under_way:
                self._again.add(conversation_id)  # its turn may have looked just before this message
            elif conversation_id not in self._waiting:
                self._waiting.append(conversation_id)
                self._changed.notify()

    def take(self) -> int | None:
        """The next conversation, waited for; None when closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._waiting)
            if self._closed:
                return None
            conversation_id = self._waiting.popleft()
            self._under_way.add(conversation_id)
            return conversation_id

    def done(self, conversation_id: int) -> None:
        with self._changed:
            self._under_way.discard(conversation_id)
            if conversation_id in self._again:
                self._again.discard(conversation_id)
                self._waiting.append(conversation_id)
                self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
