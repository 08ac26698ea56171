"""The worker: at once when woken, from the rows when not, one turn of a conversation at a time."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from bot import inbox, outbox, queue
from bot import worker as worker_module
from bot.conversations.consent import FORGET_OLD
from bot.conversations.jobs import REPLY, Job
from bot.conversations.models import Message
from bot.worker import Handler, Worker
from db.session import Database
from tests.bot.people import PHONE, FakeChannel, arrive, channels

PATIENCE = 10.0
"""Seconds after which a test that waits has failed; none waits that long otherwise."""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "LOOK_EVERY", 0.02)


@pytest.fixture
def seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker looks at the rows so seldom that only being woken explains what it does."""
    monkeypatch.setattr(worker_module, "LOOK_EVERY", 3600.0)


@contextmanager
def running(
    database: Database,
    now: datetime,
    take_turn: Callable[[int], None] = lambda _: None,
    handlers: Mapping[str, Handler] | None = None,
    threads: int = 2,
) -> Iterator[Worker]:
    worker = Worker(database, take_turn, handlers or {}, lambda: now, threads)
    worker.start()
    try:
        yield worker
    finally:
        assert worker.stop(PATIENCE)


def answering(database: Database, now: datetime, replies: list[str] | None = None) -> Callable[[int], None]:
    """A turn that answers every message with its own text."""

    def take_turn(conversation_id: int) -> None:
        with database.transaction() as session:
            head = inbox.next_pending(session, conversation_id, now)
            if head is None:
                return
            inbox.mark_handled(session, head.message.id, now)
            reply = Message(
                conversation_id=conversation_id, direction="out", author="bot", channel="sms", text=head.message.text,
                owner_epoch=0, created_at=now,
            )  # fmt: skip
            outbox.owe_delivery(session, reply, now)
        if replies is not None:
            replies.append(reply.text or "")

    return take_turn


def write(database: Database, now: datetime, *texts: str, address: str = PHONE) -> int:
    with database.transaction() as session:
        return [arrive(session, now, text, address=address).id for text in texts][-1]


def owe(database: Database, now: datetime, key: str) -> None:
    with database.transaction() as session:
        queue.owe(session, kind="test", key=key, lane=REPLY, payload={}, due_at=now)


def broken(_: object) -> None:
    raise ZeroDivisionError


def delivering(database: Database, channel: FakeChannel, now: datetime) -> dict[str, Handler]:
    return {outbox.DELIVER: lambda job: outbox.deliver(database, channels(channel), job, now)}


def test_until_idle_answers_everything_in_order(database: Database, now: datetime) -> None:
    write(database, now, "un", "deux", "trois")
    write(database, now, "ailleurs", address="+33639980002")
    channel = FakeChannel()
    worker = Worker(database, answering(database, now), delivering(database, channel, now), lambda: now)
    worker.run_until_idle(now)
    assert [message.text for message in channel.sent if message.address == PHONE] == ["un", "deux", "trois"]
    assert len(channel.sent) == 4


def test_until_idle_ends_with_a_turn_that_does_nothing_and_a_job_that_fails(database: Database, now: datetime) -> None:
    write(database, now, "un")
    owe(database, now, "broken")
    Worker(database, lambda _: None, {"test": broken}, lambda: now).run_until_idle(now)
    with database.reading() as session:
        job = session.scalars(select(Job)).one()
        assert (job.done_at, job.last_error, job.due_at) == (None, "ZeroDivisionError", now + timedelta(seconds=2))


def test_until_idle_lets_errors_of_turns_out(database: Database, now: datetime) -> None:
    write(database, now, "un")
    with pytest.raises(ZeroDivisionError):
        Worker(database, broken, {}, lambda: now).run_until_idle(now)


def test_a_message_wakes_its_turn_and_the_turn_its_delivery(database: Database, now: datetime, seldom: None) -> None:
    conversation_id = write(database, now, "un")
    sent = threading.Event()

    class Announcing(FakeChannel):
        def send(self, message: Any) -> str:
            sent.set()
            return super().send(message)

    handlers = delivering(database, Announcing(), now)
    with running(database, now, answering(database, now), handlers) as worker:
        worker.submit(conversation_id)
        assert sent.wait(PATIENCE)


def test_what_a_crash_left_is_found_in_the_rows(database: Database, now: datetime) -> None:
    write(database, now, "un")
    sent = threading.Event()
    owe(database, now, "left")
    done = threading.Event()

    def take_turn(conversation_id: int) -> None:
        answering(database, now)(conversation_id)
        sent.set()

    def handle(job: queue.ClaimedJob) -> None:
        with database.transaction() as session:
            queue.settle_done(session, job, now)
        done.set()

    with running(database, now, take_turn, {"test": handle}):
        assert sent.wait(PATIENCE)
        assert done.wait(PATIENCE)


def test_a_conversation_has_one_turn_at_a_time_and_none_is_missed(
    database: Database, now: datetime, seldom: None
) -> None:
    began, go_on, again = threading.Event(), threading.Event(), threading.Event()
    under_way, most = 0, 0

    def take_turn(_: int) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        if began.is_set():
            again.set()
        began.set()
        go_on.wait(PATIENCE)
        under_way -= 1

    with running(database, now, take_turn, threads=3) as worker:
        worker.submit(7)
        assert began.wait(PATIENCE)
        for _ in range(3):
            worker.submit(7)
        go_on.set()
        assert again.wait(PATIENCE)
    assert most == 1


def test_other_conversations_do_not_wait_for_a_slow_one(database: Database, now: datetime, seldom: None) -> None:
    slow, other = threading.Event(), threading.Event()

    def take_turn(conversation_id: int) -> None:
        if conversation_id == 1:
            assert other.wait(PATIENCE)
            slow.set()
        else:
            other.set()

    with running(database, now, take_turn) as worker:
        worker.submit(1)
        worker.submit(2)
        assert slow.wait(PATIENCE)


def test_threads_survive_a_database_that_goes_away(
    database: Database, now: datetime, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "+33639980009"
    failures, back = [3, 3], threading.Barrier(3, timeout=PATIENCE)
    pending, claim = inbox.pending_heads, queue.claim
    monkeypatch.setattr(worker_module, "FIRST_REST", 0.001)

    def away(which: int, real: Callable[..., Any]) -> Callable[..., Any]:
        def look(*given: Any) -> Any:
            failures[which] -= 1
            if failures[which] >= 0:
                raise OperationalError(f"SELECT {secret}", {}, Exception(secret))
            if failures[which] == -1:
                back.wait()
            return real(*given)

        return look

    monkeypatch.setattr(inbox, "pending_heads", away(0, pending))
    monkeypatch.setattr(queue, "claim", away(1, claim))
    with caplog.at_level(logging.ERROR), running(database, now, handlers={"test": lambda _: None}, threads=1):
        back.wait()
    assert "OperationalError" in caplog.text
    assert secret not in caplog.text


def test_a_turn_that_raises_leaves_the_thread_to_others(
    database: Database, now: datetime, seldom: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "FIRST_REST", 0.001)
    taken = threading.Event()

    def take_turn(conversation_id: int) -> None:
        if conversation_id == 1:
            raise RuntimeError
        taken.set()

    with running(database, now, take_turn, threads=1) as worker:
        worker.submit(1)
        worker.submit(2)
        assert taken.wait(PATIENCE)


def test_a_job_that_takes_its_worker_down_is_given_up(database: Database, now: datetime) -> None:
    owe(database, now, "deadly")
    for number in range(queue.MAX_CRASHES):
        assert queue.claim(database, now + timedelta(minutes=2 * number), 60, ["test"])
    handled: list[object] = []
    later = now + timedelta(hours=1)
    Worker(database, lambda _: None, {"test": handled.append}, lambda: later).run_until_idle(later)
    with database.reading() as session:
        assert session.scalars(select(Job.outcome)).one() == "failed"
    assert handled == []


def test_stop_waits_for_what_is_under_way_and_no_longer(database: Database, now: datetime) -> None:
    began, go_on = threading.Event(), threading.Event()

    def take_turn(_: int) -> None:
        began.set()
        go_on.wait(PATIENCE)

    worker = Worker(database, take_turn, {}, lambda: now, 1)
    worker.start()
    worker.submit(1)
    assert began.wait(PATIENCE)
    assert not worker.stop(0.01)
    go_on.set()
    assert worker.stop(PATIENCE)


def test_the_silent_are_swept_once_a_day(database: Database, now: datetime) -> None:
    swept: list[str] = []
    enough = threading.Event()

    def sweep(job: queue.ClaimedJob) -> None:
        with database.transaction() as session:
            queue.settle_done(session, job, now)
        swept.append(job.key)
        enough.set()

    for _ in range(2):
        with running(database, now, handlers={FORGET_OLD: sweep}, threads=1):
            assert enough.wait(PATIENCE)
    assert swept == [f"{FORGET_OLD}:2026-11-23"]
