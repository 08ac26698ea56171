"""The outbox: owed once, in order, by one speaker, to whoever still wants it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select

from bot import outbox, receipts
from bot.channels.base import OutboundMessage, Receipt
from bot.conversations.jobs import NOTIFICATION, REMINDER, REPLY, Job
from bot.conversations.models import Conversation, Message
from bot.errors import AddressGone, SendLater, SendRefused, Stopped
from bot.queue import forget_done
from db.session import Database
from tests.bot.people import FakeChannel, arrive, channels

KINDS = ("deliver_message", "test")


def owed(database: Database, now: datetime, *texts: str, author: str = "bot", **more: Any) -> list[int]:
    """Ids of messages owed to one resident."""
    with database.transaction() as session:
        conversation = arrive(session, now)
        ids = []
        for text in texts:
            message = Message(
                conversation_id=conversation.id,
                direction="out",
                author=author,
                channel=conversation.channel,
                text=text,
                owner_epoch=conversation.owner_epoch,
                created_at=now,
                **more,
            )
            outbox.owe_delivery(session, message, now)
            ids.append(message.id)
        return ids


def claimed(database: Database, now: datetime, limit: int = 10) -> list[outbox.ClaimedJob]:
    return outbox.claim(database, now, 60, KINDS, limit)


def deliver_due(database: Database, channel: FakeChannel, now: datetime) -> None:
    while jobs := claimed(database, now):
        for job in jobs:
            outbox.deliver(database, channels(channel), job, now)


def change(database: Database, **columns: Any) -> None:
    """Sets columns of the only conversation, or of its address."""
    with database.transaction() as session:
        conversation = session.scalars(select(Conversation)).one()
        for name, value in columns.items():
            setattr(conversation if hasattr(conversation, name) else conversation.address, name, value)


def message_of(database: Database, message_id: int) -> Message:
    with database.reading() as session:
        return session.get_one(Message, message_id)


def job_of(database: Database, job_id: int) -> Job:
    with database.reading() as session:
        return session.get_one(Job, job_id)


def owe_test(database: Database, due_at: datetime, key: str, **more: Any) -> bool:
    with database.transaction() as session:
        options: dict[str, Any] = {"lane": REPLY, "payload": {"n": 1}, "due_at": due_at, **more}
        return outbox.owe(session, kind="test", key=key, **options)


def test_a_fact_is_owed_once(database: Database, now: datetime) -> None:
    assert owe_test(database, now, "fact")
    assert not owe_test(database, now + timedelta(days=1), "fact", payload={"n": 2})
    (job,) = claimed(database, now)
    assert job.payload == {"n": 1}


def test_replies_leave_before_notifications_before_reminders(database: Database, now: datetime) -> None:
    owe_test(database, now - timedelta(hours=2), "reminder", lane=REMINDER)
    owe_test(database, now - timedelta(hours=1), "notification", lane=NOTIFICATION)
    owe_test(database, now, "reply")
    owe_test(database, now + timedelta(seconds=1), "tomorrow")
    assert [job.key for job in claimed(database, now)] == ["reply", "notification", "reminder"]
    assert claimed(database, now) == []


def test_workers_never_share_a_job(database: Database, now: datetime) -> None:
    for number in range(8):
        owe_test(database, now, f"job {number}")
    with ThreadPoolExecutor(4) as pool:
        batches = list(pool.map(lambda _: claimed(database, now, limit=3), range(8)))
    keys = [job.key for batch in batches for job in batch]
    assert len(keys) == len(set(keys))
    keys += [job.key for job in claimed(database, now)]
    assert sorted(keys) == [f"job {number}" for number in range(8)]


def test_a_senders_messages_are_spaced_out_over_all_processes(database: Database, now: datetime) -> None:
    for number in range(8):
        owe_test(database, now, f"sms {number}", sender="sms")
    owe_test(database, now, "nobody counts", sender="web")

    def claim(at: datetime) -> list[outbox.ClaimedJob]:
        return outbox.claim(database, at, 60, KINDS, 4, {"sms": 2})

    batches = [claim(now), claim(now), claim(now)]
    starts = {job.key: (job.starts_at - now).total_seconds() for batch in batches for job in batch}
    assert starts.pop("nobody counts") == 0
    assert starts == {f"sms {number}": number * 0.5 for number in range(5)}  # the others wait longer than two seconds
    assert claim(now) == []
    later = claim(now + timedelta(seconds=1))
    assert [(job.key, (job.starts_at - now).total_seconds()) for job in later] == [("sms 5", 2.5), ("sms 6", 3.0)]


def test_only_the_holder_of_the_lease_settles(database: Database, now: datetime) -> None:
    owe_test(database, now, "fact")
    (first,) = claimed(database, now)
    later = now + timedelta(seconds=60)
    (second,) = claimed(database, later)
    assert (second.id, second.attempts) == (first.id, 2)
    with database.transaction() as session:
        assert not outbox.settle_done(session, first, later)
        assert not outbox.settle_later(session, first, later, "x")
        assert not outbox.settle_failed(session, first, later, "x")
        assert not outbox.settle_dropped(session, first, later, "x")
        assert outbox.settle_done(session, second, later)
        assert not outbox.settle_done(session, second, later)
    assert job_of(database, first.id).outcome == "done"


def test_pauses_grow_to_a_cap_and_patience_ends(database: Database, now: datetime) -> None:
    owe_test(database, now, "fact")
    tries = [now]
    while jobs := claimed(database, tries[-1]):
        with database.transaction() as session:
            outbox.settle_error(session, jobs[0], tries[-1], "Down")
        tries.append(job_of(database, 1).due_at)
    pauses = [(after - before).total_seconds() for before, after in pairwise(tries)]
    assert pauses[:7] == [2, 4, 8, 16, 32, 60, 60]
    assert job_of(database, 1).outcome == "failed"
    assert tries[-1] <= now + timedelta(minutes=15)


def test_old_settled_jobs_are_forgotten(database: Database, now: datetime) -> None:
    owe_test(database, now, "settled")
    owe_test(database, now, "open")
    (job,) = claimed(database, now, limit=1)
    with database.transaction() as session:
        outbox.settle_done(session, job, now)
    with database.transaction() as session:
        forget_done(session, now + timedelta(seconds=1))
        assert [job.key for job in session.scalars(select(Job))] == ["open"]


def test_messages_leave_in_order_and_are_marked_sent(database: Database, now: datetime) -> None:
    ids = owed(database, now, "un", "deux", "trois", content={"choices": [{"title": "Oui", "payload": "/oui"}]})
    channel = FakeChannel()
    assert len(claimed(database, now)) == 1  # the others wait for the first
    deliver_due(database, channel, now + timedelta(minutes=1))
    assert channel.texts == ["un", "deux", "trois"]
    assert channel.sent[0].choices == ({"title": "Oui", "payload": "/oui"},)
    message = message_of(database, ids[0])
    assert (message.status, message.provider_id) == ("sent", f"out-{ids[0]}")


def test_a_message_tried_again_holds_back_the_next(database: Database, now: datetime) -> None:
    owed(database, now, "un", "deux")
    channel = FakeChannel()
    channel.failures = [SendLater("busy", retry_after=30)]
    deliver_due(database, channel, now)
    deliver_due(database, channel, now + timedelta(seconds=29))
    assert channel.texts == []
    deliver_due(database, channel, now + timedelta(seconds=30))
    assert channel.texts == ["un", "deux"]


def test_a_provider_that_stays_down_ends_in_failure(database: Database, now: datetime) -> None:
    (message_id,) = owed(database, now, "un")
    channel = FakeChannel()
    channel.failures = [SendLater("busy"), RuntimeError("a bug"), SendLater("busy", retry_after=1000)]
    for seconds in (0, 2, 60):
        deliver_due(database, channel, now + timedelta(seconds=seconds))
    assert (message_of(database, message_id).status, channel.failures) == ("failed", [])


@pytest.mark.parametrize(
    ("failure", "status", "outcome", "blocks"),
    [(AddressGone("blocked"), "dropped", "dropped", True), (SendRefused("no"), "failed", "failed", False)],
)
def test_what_trying_again_cannot_help(
    database: Database, now: datetime, failure: Exception, status: str, outcome: str, blocks: bool
) -> None:
    (message_id,) = owed(database, now, "un")
    channel = FakeChannel()
    channel.failures = [failure]
    deliver_due(database, channel, now)
    assert message_of(database, message_id).status == status
    assert job_of(database, 1).outcome == outcome
    with database.reading() as session:
        conversation = session.scalars(select(Conversation)).one()
        assert (conversation.address.blocked_at is not None) == blocks


def test_a_reply_computed_before_the_handover_is_dropped(database: Database, now: datetime) -> None:
    (message_id,) = owed(database, now, "le robot parle")
    change(database, owner_epoch=1, owner_lead_id=7)
    channel = FakeChannel()
    deliver_due(database, channel, now)
    assert (channel.texts, message_of(database, message_id).status) == ([], "dropped")


def test_what_a_lead_wrote_survives_a_handover(database: Database, now: datetime) -> None:
    owed(database, now, "une personne parle", author="lead")
    change(database, owner_epoch=1)
    channel = FakeChannel()
    deliver_due(database, channel, now)
    assert channel.texts == ["une personne parle"]


@pytest.mark.parametrize("column", ["stopped_at", "blocked_at"])
@pytest.mark.parametrize("author", ["bot", "lead"])
def test_nothing_leaves_for_who_does_not_want_it(database: Database, now: datetime, column: str, author: str) -> None:
    (message_id,) = owed(database, now, "un", author=author)
    change(database, **{column: now})
    channel = FakeChannel()
    deliver_due(database, channel, now)
    assert (channel.texts, message_of(database, message_id).status) == ([], "dropped")


def test_the_last_word_leaves_after_stop(database: Database, now: datetime) -> None:
    owed(database, now, "C'est arrêté.", content={"last_word": True})
    change(database, stopped_at=now, owner_epoch=3)
    channel = FakeChannel()
    deliver_due(database, channel, now)
    assert channel.texts == ["C'est arrêté."]


def test_a_crash_after_sending_sends_again_only_after_the_lease(database: Database, now: datetime) -> None:
    owed(database, now, "un")

    class Crash(BaseException):
        pass

    class CrashingChannel(FakeChannel):
        def send(self, message: Any) -> str:
            super().send(message)
            raise Crash

    crashing, channel = CrashingChannel(), FakeChannel()
    (job,) = claimed(database, now)
    with pytest.raises(Crash):
        outbox.deliver(database, channels(crashing), job, now)
    deliver_due(database, channel, now + timedelta(seconds=59))
    assert channel.texts == []
    deliver_due(database, channel, now + timedelta(seconds=60))
    assert (crashing.texts, channel.texts) == (["un"], ["un"])


def test_a_settlement_that_cannot_be_written_waits_for_the_lease(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    owed(database, now, "un")
    channel = FakeChannel()
    (job,) = claimed(database, now)
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "settle_done", lambda *_: 1 / 0)
        assert not outbox.deliver(database, channels(channel), job, now)
    assert claimed(database, now + timedelta(seconds=59)) == []
    assert len(claimed(database, now + timedelta(seconds=60))) == 1


def test_a_late_worker_does_not_send_what_another_sent(database: Database, now: datetime) -> None:
    owed(database, now, "un")
    (slow,) = claimed(database, now)
    channel = FakeChannel()
    later = now + timedelta(seconds=61)
    deliver_due(database, channel, later)
    assert not outbox.deliver(database, channels(channel), slow, later)
    assert channel.texts == ["un"]


def test_a_provider_id_seen_before_does_not_undo_the_sending(database: Database, now: datetime) -> None:
    first, second = owed(database, now, "un", "deux")

    class SameId(FakeChannel):
        def send(self, message: Any) -> str:
            super().send(message)
            return "same"

    channel = SameId()
    deliver_due(database, channel, now)
    assert channel.texts == ["un", "deux"]
    assert message_of(database, first).provider_id == "same"
    assert (message_of(database, second).status, message_of(database, second).provider_id) == ("sent", None)


def test_a_channel_people_fetch_from_owes_nothing(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        conversation = arrive(session, now, channel="web", address="token")
        message = Message(
            conversation_id=conversation.id, direction="out", author="bot", channel="web", text="un", created_at=now
        )
        outbox.owe_delivery(session, message, now)
    assert message_of(database, message.id).status == "sent"
    assert claimed(database, now) == []


def test_receipts_never_go_backwards(database: Database, now: datetime) -> None:
    (message_id,) = owed(database, now, "un")
    deliver_due(database, FakeChannel(), now)

    def note(status: Any, provider_id: str = f"out-{message_id}") -> bool:
        with database.transaction() as session:
            return receipts.note(session, Receipt("sms", provider_id, status), now)

    assert note("delivered")
    assert not note("sent")
    assert not note("failed")
    assert not note("delivered", "unknown")
    assert message_of(database, message_id).status == "delivered"


def test_who_stopped_at_the_provider_s_is_written_to_no_more(database: Database, now: datetime) -> None:
    owed(database, now, "un", "deux")
    channel = FakeChannel()
    channel.failures = [Stopped("said STOP")]
    deliver_due(database, channel, now)
    assert channel.texts == []
    with database.reading() as session:
        address = session.scalars(select(Conversation)).one().address
        assert (address.stopped_at, address.blocked_at) == (now, None)


class Sleeper(FakeChannel):
    """Holds everything back until the morning, but what is expected."""

    morning: datetime

    def hold_until(self, message: OutboundMessage, now: datetime) -> datetime | None:
        return None if message.expected or now >= self.morning else self.morning


def test_what_is_not_welcome_now_waits_in_order_and_with_its_patience_whole(database: Database, now: datetime) -> None:
    channel = Sleeper()
    channel.morning = now + timedelta(hours=9)
    owed(database, now, "un", "deux")
    deliver_due(database, channel, now)
    deliver_due(database, channel, channel.morning - timedelta(seconds=1))
    assert channel.texts == []
    deliver_due(database, channel, channel.morning)
    assert channel.texts == ["un", "deux"]
    assert [message.valid_for for message in channel.sent] == [900, 900]


def test_what_waits_for_the_morning_leaves_when_the_person_is_there(database: Database, now: datetime) -> None:
    channel = Sleeper()
    channel.morning = now + timedelta(hours=9)
    (message_id,) = owed(database, now, "un")
    deliver_due(database, channel, now)
    conversation_id = message_of(database, message_id).conversation_id
    with database.transaction() as session:
        outbox.release_held(session, session.get_one(Conversation, conversation_id), now)
    channel.morning = now
    deliver_due(database, channel, now)
    assert channel.texts == ["un"]


def test_a_pause_the_provider_asked_for_is_not_cut_short(database: Database, now: datetime) -> None:
    channel = FakeChannel()
    channel.failures = [SendLater("busy", 60)]
    (message_id,) = owed(database, now, "un")
    deliver_due(database, channel, now)
    with database.transaction() as session:
        held = session.get_one(Conversation, message_of(database, message_id).conversation_id)
        outbox.release_held(session, held, now)
    deliver_due(database, channel, now)
    assert channel.texts == []


def test_a_channel_knows_when_the_person_wrote_and_what_they_expect(database: Database, now: datetime) -> None:
    channel = FakeChannel()
    owed(database, now, "un")
    owed(database, now, "deux", content={"last_word": True})
    deliver_due(database, channel, now)
    assert [(message.heard_at, message.expected) for message in channel.sent] == [(now, False), (now, True)]
