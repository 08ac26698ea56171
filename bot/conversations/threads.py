"""What is told to leads in their group, one thread a case: owed with the fact, brought there one step at a time.

A thread is not sent facts: its job compares what the case is with what the thread shows, does the next step of the
difference, and owes another job while one is left. Whatever happened meanwhile is told together, in fewer messages.
Whoever owes or settles holds the case, so that no fact falls between two jobs; at most one is under way for a case.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from bot import queue
from bot.conversations.case_models import Case
from bot.conversations.group_models import CaseThread
from bot.conversations.jobs import NOTIFICATION, Job
from bot.conversations.models import Conversation, Message
from db.session import Database

TELL_GROUP = "tell_leads_group"
SAY_IN_GROUP = "say_in_leads_group"
SENDER = "telegram:leads"
"""Whose rate these jobs count for."""

SIGNS = frozenset({"passed", "noted"})
"""What is said without a message, hence as often as one likes."""

OPENS = frozenset({"handoff_requested", "routed"})
"""Lines of a timeline that give a case its thread; the others are told where there is one."""


def owe_telling(session: Session, case_id: int, fact: str, now: datetime, *, opens: bool = False) -> None:
    """Owes a look at the case's thread because of a `fact`, by its name. The case is held.

    opens: give the case a thread if it has none; without, a case that has none stays without.
    """
    order = f"thread:{case_id}"
    if not (opens or session.scalar(select(exists().where(CaseThread.case_id == case_id)))):
        return
    if session.scalar(select(exists().where(Job.order_key == order, Job.done_at.is_(None)))):
        return  # that one sees this fact too
    queue.owe(
        session,
        kind=TELL_GROUP,
        key=f"thread:{case_id}:{fact}",
        lane=NOTIFICATION,
        payload={"case_id": case_id},
        due_at=now,
        order_key=order,
        sender=SENDER,
    )


def owe_saying(session: Session, what: str, key: str, now: datetime, **where: Any) -> bool:
    """Owes leads a sentence, by its name, or a sign; once per key. Returns whether it is new.

    where: chat_id, and perhaps thread_id and message_id (which it answers).
    """
    return queue.owe(
        session,
        kind=SAY_IN_GROUP,
        key=key,
        lane=NOTIFICATION,
        payload={"say": what, **where},
        due_at=now,
        sender=SENDER if what not in SIGNS else None,
    )


def owe_undelivered(session: Session, message: Message, now: datetime) -> None:
    """What a lead wrote did not arrive: they are told where they treat the case."""
    conversation = session.get_one(Conversation, message.conversation_id)
    found = session.scalar(
        select(CaseThread)
        .join(Case, Case.id == CaseThread.case_id)
        .where(Case.contact_id == conversation.contact_id, Case.closed_at.is_(None), CaseThread.thread_id.is_not(None))
    )
    if found is not None:
        where = {"chat_id": found.chat_id, "thread_id": found.thread_id}
        owe_saying(session, "undelivered", f"undelivered:{message.id}", now, **where)


def hold(session: Session, case_id: int) -> Case:
    """The case, held as whoever changes it holds it."""
    query = select(Case).where(Case.id == case_id).with_for_update(key_share=True)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def of_case(session: Session, case: Case, chat_id: int | None) -> CaseThread | None:
    """The case's thread; that of the person's former case when there is one in this chat: it goes on there."""
    thread = session.get(CaseThread, case.id, populate_existing=True)
    if thread is not None or case.closed_at is not None:
        return thread
    former = session.scalar(
        select(CaseThread)
        .join(Case, Case.id == CaseThread.case_id)
        .where(Case.contact_id == case.contact_id, Case.closed_at.is_not(None), CaseThread.chat_id == chat_id)
        .order_by(Case.id.desc())
        .limit(1)
    )
    if former is not None:
        former.case_id, former.head_id, former.head_digest = case.id, None, None
        session.flush()
    return former


def at(session: Session, chat_id: int, thread_id: int) -> CaseThread | None:
    """The thread that stands there, if it is a case's."""
    return session.scalar(
        select(CaseThread).where(CaseThread.chat_id == chat_id, CaseThread.thread_id == thread_id).limit(1)
    )


def untold(session: Session, case: Case, told_id: int) -> Sequence[Message]:
    """What the person wrote while a lead spoke, after that message; on whichever phone, in order."""
    return session.scalars(
        select(Message)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Conversation.contact_id == case.contact_id,
            Message.direction == "in",
            Message.owner_epoch.is_not(None),
            Message.created_at >= case.opened_at,
            Message.id > told_id,
        )
        .order_by(Message.id)
        .limit(100)
    ).all()


def without_group(
    database: Database, clock: Callable[[], datetime]
) -> Mapping[str, Callable[[queue.ClaimedJob], None]]:
    """The jobs of this module where nothing brings them anywhere."""

    def drop(job: queue.ClaimedJob) -> None:
        with database.transaction() as session:
            queue.settle_dropped(session, job, clock(), "no group")

    return {TELL_GROUP: drop, SAY_IN_GROUP: drop}


def change(thread: CaseThread, changes: Mapping[str, Any]) -> None:
    """Notes what a step changed there."""
    for name, value in changes.items():
        setattr(thread, name, value)
