"""What is owed to the outside world: written with the fact it follows from, claimed under a lease, settled once.

A job is tried until it is done, or until its lane's patience is over. Jobs that share an `order_key` leave one by one:
a job that must wait holds back the later ones, so that replies never overtake each other.
"""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, delete, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from bot.conversations.jobs import NOTIFICATION, REMINDER, REPLY, Job, Sender
from db.insert import insert_once
from db.session import Database

PATIENCE = {REPLY: timedelta(minutes=15), NOTIFICATION: timedelta(hours=24), REMINDER: timedelta(hours=6)}
"""How long after its due time a job is still tried again, by lane. Every job is tried at least once, however late."""

LONGEST_PAUSE = {REPLY: timedelta(minutes=1), NOTIFICATION: timedelta(minutes=15), REMINDER: timedelta(minutes=5)}
"""The pause between two tries doubles from two seconds up to this, by lane."""

MAX_CRASHES = 10
"""Tries after which a job past its patience is not even started: it seems to take its worker down."""

LONGEST_WAIT = 2.0
"""Seconds a claimed job may wait for its sender's turn; one that would wait longer is left for others meanwhile."""

HELD = "held"
"""Why a job waits that has nothing wrong with it."""

# Built once: building a statement costs more than running it, and every turn asks whether something is owed.
_EARLIER = aliased(Job)
_CLAIMABLE = (
    Job.done_at.is_(None),
    Job.due_at <= bindparam("now"),
    Job.kind.in_(bindparam("kinds", expanding=True)),
    or_(Job.leased_until.is_(None), Job.leased_until <= bindparam("now")),
    ~exists().where(_EARLIER.order_key == Job.order_key, _EARLIER.id < Job.id, _EARLIER.done_at.is_(None)),
)
_ANY_CLAIMABLE = select(Job.id).where(*_CLAIMABLE).limit(1)
_CLAIM = (
    select(Job)
    .where(*_CLAIMABLE)
    .order_by(Job.lane, Job.due_at, Job.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_FREE_AT = case((Sender.free_at < bindparam("now"), bindparam("now")), else_=Sender.free_at)
_RESERVE = (
    update(Sender)
    .where(Sender.name == bindparam("sender"), Sender.free_at <= bindparam("latest"))
    .values(free_at=_FREE_AT + bindparam("pause"))
    .returning((Sender.free_at - bindparam("pause")).label("starts_at"))
    .execution_options(synchronize_session=False)
)


_RELEASE = (
    update(Job)
    .where(
        Job.order_key == bindparam("held_order"),
        Job.done_at.is_(None),
        Job.last_error == HELD,
        Job.due_at > bindparam("now"),
    )
    .values(due_at=bindparam("now"))
    .execution_options(synchronize_session=False)
)


@dataclass(frozen=True)
class ClaimedJob:
    """A job held by one worker until `leased_until`; only `lease` may settle it."""

    id: int
    kind: str
    key: str
    lane: int
    payload: Mapping[str, Any]
    due_at: datetime
    starts_at: datetime  # not before: its sender's turn
    attempts: int  # this one included
    lease: str
    leased_until: datetime
    give_up_at: datetime

    def next_try(self, now: datetime, retry_after: float | None = None) -> datetime | None:
        """When to try again, `retry_after` seconds obeyed; None when that is past this job's patience."""
        pause = min(timedelta(seconds=2 ** min(self.attempts, 20)), LONGEST_PAUSE[self.lane])
        if retry_after is not None:
            pause = timedelta(seconds=retry_after)
        return now + pause if now + pause <= self.give_up_at else None

    def is_hopeless(self, now: datetime) -> bool:
        """Whether it was started often and never came back."""
        return self.attempts > MAX_CRASHES and now > self.give_up_at


def owe(
    session: Session,
    *,
    kind: str,
    key: str,
    lane: int,
    payload: Mapping[str, Any],
    due_at: datetime,
    order_key: str | None = None,
    sender: str | None = None,
) -> bool:
    """Writes a job, once per `key`; returns whether it is new. `payload` holds ids, never personal data.

    Give an `order_key` only to jobs that are due at once: one that waits for tomorrow would hold back the others.
    sender: whose rate of sending the job counts for (see `claim`).
    """
    values = {
        "kind": kind,
        "key": key,
        "lane": lane,
        "payload": dict(payload),
        "due_at": due_at,
        "give_up_at": due_at + PATIENCE[lane],
        "order_key": order_key,
        "sender": sender,
    }
    return insert_once(session, Job, values, unique=("key",)) is not None


def claim(
    database: Database,
    now: datetime,
    lease_seconds: float,
    kinds: Collection[str],
    limit: int = 1,
    rates: Mapping[str, float] | None = None,
) -> list[ClaimedJob]:
    """Takes due jobs of those kinds for `lease_seconds`: replies first, then by due time. No two workers get one.

    rates: how many a second may leave by sender; a sender's jobs are spaced out accordingly, over all processes.
    """
    with database.reading() as session:  # an idle worker asks for no write lock
        if session.scalar(_ANY_CLAIMABLE, {"now": now, "kinds": kinds}) is None:
            return []
    claimed = []
    with database.transaction() as session:
        for job in session.scalars(_CLAIM, {"now": now, "kinds": kinds, "most": limit}):
            starts_at = _reserve(session, job, now, rates or {})
            if starts_at is None:
                continue
            job.lease = secrets.token_hex(16)
            job.leased_until = now + timedelta(seconds=lease_seconds)
            job.attempts += 1
            claimed.append(_claimed(job, starts_at))
    return claimed


def _reserve(session: Session, job: Job, now: datetime, rates: Mapping[str, float]) -> datetime | None:
    """When the sender of this job may send it; None, and the job put off, when that is not soon."""
    rate = rates.get(job.sender) if job.sender is not None else None
    if job.sender is None or rate is None:
        return now
    turn = {"sender": job.sender, "now": now.timestamp(), "pause": 1 / rate, "latest": now.timestamp() + LONGEST_WAIT}
    starts_at = session.scalar(_RESERVE, turn)
    if starts_at is None and insert_once(session, Sender, {"name": job.sender, "free_at": 0.0}, unique=("name",)):
        starts_at = session.scalar(_RESERVE, turn)
    if starts_at is None:
        job.due_at = now + timedelta(seconds=LONGEST_WAIT / 2)
        return None
    return datetime.fromtimestamp(starts_at, UTC)


def _claimed(job: Job, starts_at: datetime) -> ClaimedJob:
    if job.lease is None or job.leased_until is None:
        raise ValueError(f"job {job.id} is not leased")
    return ClaimedJob(
        id=job.id,
        kind=job.kind,
        key=job.key,
        lane=job.lane,
        payload=dict(job.payload),
        due_at=job.due_at,
        starts_at=starts_at,
        attempts=job.attempts,
        lease=job.lease,
        leased_until=job.leased_until,
        give_up_at=job.give_up_at,
    )


def settle_done(session: Session, job: ClaimedJob, now: datetime) -> bool:
    """The job is done. False, and nothing written, when the lease was lost to another worker."""
    return _settle(session, job, done_at=now, outcome="done", last_error=None)


def settle_dropped(session: Session, job: ClaimedJob, now: datetime, reason: str) -> bool:
    """The job is no longer wanted. False when the lease was lost."""
    return _settle(session, job, done_at=now, outcome="dropped", last_error=reason)


def settle_failed(session: Session, job: ClaimedJob, now: datetime, error: str) -> bool:
    """The job will never succeed; `error` is a class or a code, never content. False when the lease was lost."""
    return _settle(session, job, done_at=now, outcome="failed", last_error=error)


def settle_later(session: Session, job: ClaimedJob, retry_at: datetime, error: str) -> bool:
    """The job is to be tried again at that time (see `ClaimedJob.next_try`). False when the lease was lost."""
    return _settle(session, job, due_at=retry_at, last_error=error)


def settle_held(session: Session, job: ClaimedJob, until: datetime) -> bool:
    """The job is not welcome before that time, from which its patience counts, and that of those behind it.

    False when the lease was lost.
    """
    give_up_at = until + PATIENCE[job.lane]
    held = _settle(session, job, due_at=until, give_up_at=give_up_at, last_error=HELD)
    if held:
        order = select(Job.order_key).where(Job.id == job.id).scalar_subquery()
        session.execute(
            update(Job)
            .where(Job.order_key == order, Job.id > job.id, Job.done_at.is_(None), Job.give_up_at < give_up_at)
            .values(give_up_at=give_up_at)
            .execution_options(synchronize_session=False)
        )
    return held


def release_held(session: Session, order_key: str, now: datetime) -> None:
    """What was held back of this order is looked at again now."""
    session.execute(_RELEASE, {"held_order": order_key, "now": now})


def settle_error(
    session: Session, job: ClaimedJob, now: datetime, error: str, retry_after: float | None = None
) -> bool:
    """The try failed: later if the lane's patience allows it, else failed. False when the lease was lost."""
    retry_at = job.next_try(now, retry_after)
    if retry_at is None:
        return settle_failed(session, job, now, error)
    return settle_later(session, job, retry_at, error)


def _settle(session: Session, job: ClaimedJob, **columns: Any) -> bool:
    settled = session.scalar(
        update(Job)
        .where(_held(job))
        .values(lease=None, leased_until=None, **columns)
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    )
    return settled is not None


def _held(job: ClaimedJob) -> ColumnElement[bool]:
    return (Job.id == job.id) & (Job.lease == job.lease) & Job.done_at.is_(None)


def forget_done(session: Session, before: datetime) -> None:
    """Deletes the jobs settled before that time; their facts are too old to be owed again."""
    session.execute(delete(Job).where(Job.done_at < before))
