"""Bringing a case's thread to what the case is: one request a job, since a group takes twenty a minute.

Whatever is found changed there on the way (somebody deleted the thread or its head) is noted, and made again.
"""

import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session
from telegram import Bot, LinkPreviewOptions
from telegram.error import BadRequest

from bot import queue
from bot.channels import telegram_thread_shapes as shapes
from bot.channels.telegram_api import AnswerUnread, BotApi, MessageGone, ThreadClosed, ThreadGone
from bot.channels.telegram_shapes import split
from bot.conversations import threads
from bot.conversations.case_models import Case
from bot.conversations.group_models import CaseThread
from bot.errors import SendError, SendLater
from db.session import Database
from directory.models import Lead

PER_SECOND = 20 / 60
"""What Telegram lets a bot send to one group. Source: core.telegram.org/bots/faq."""

LOST = 0
"""The id of a head that is there, nobody knows under which: changing it is refused, and it is written anew."""

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_NOWHERE: Mapping[str, Any] = {"thread_id": None, "head_id": None, "head_digest": None}
_FOUND: Mapping[type[SendError], Mapping[str, Any]] = {
    ThreadGone: _NOWHERE,
    ThreadClosed: {"is_open": False},
    MessageGone: {"head_id": None, "head_digest": None},
}
"""What a refusal tells of the thread."""
_NOTHING = shapes.Head("", ())
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Step:
    """One request, and all it needs. Ids are 0 where there is nothing yet.

    known: what is true of the thread once it is done, whatever the answer.
    """

    do: Callable[[Bot, "Step"], Coroutine[Any, Any, Mapping[str, Any]]]
    chat_id: int
    thread_id: int = 0
    head_id: int = 0
    name: str = ""
    head: shapes.Head = _NOTHING
    said: str = ""
    known: Mapping[str, Any] = field(default_factory=dict)


class Threads:
    """default_chat: the group of leads that have none of their own. desk_url: "https://…/desk", when known."""

    def __init__(
        self,
        database: Database,
        api: BotApi,
        clock: Callable[[], datetime],
        default_chat: int | None,
        desk_url: str | None,
    ) -> None:
        self._database = database
        self._api = api
        self._clock = clock
        self._default_chat = default_chat
        self._desk_url = desk_url

    def tell(self, job: queue.ClaimedJob) -> None:
        """Handles one job: the next step of its case's thread, then another job while one is left."""
        case_id = int(job.payload["case_id"])
        with self._database.transaction() as session:
            step = self._next(session, threads.hold(session, case_id))
            if step is None:
                queue.settle_done(session, job, self._clock())
                return
        failure: SendError | None = None
        try:
            changes = self._api.call(lambda bot: step.do(bot, step))
        except AnswerUnread as error:  # it is done, under an id that nobody knows
            failure, changes = None if step.known else error, step.known
        except SendError as error:
            _log.warning("telegram: the thread of case %d: %s (%s)", case_id, type(error).__name__, error)
            failure, changes = error, _FOUND.get(type(error), {})
        with self._database.transaction() as session:
            self._settle(session, job, threads.hold(session, case_id), changes, failure)

    def _settle(
        self,
        session: Session,
        job: queue.ClaimedJob,
        case: Case,
        changes: Mapping[str, Any],
        failure: SendError | None,
    ) -> None:
        now = self._clock()
        if isinstance(failure, AnswerUnread):
            settled = queue.settle_failed(session, job, now, type(failure).__name__)
        elif failure is not None:
            wanted = failure.retry_after if isinstance(failure, SendLater) else None
            settled = queue.settle_error(session, job, now, type(failure).__name__, wanted)
        else:
            settled = queue.settle_done(session, job, now)
        if not settled:
            return
        _note(session, case, changes)
        if failure is None and self._next(session, case) is not None:
            threads.owe_telling(session, case.id, f"after:{job.id}", now, opens=True)

    def _next(self, session: Session, case: Case) -> Step | None:
        """What is to be done next, None when the thread is as it should be, or there is no group."""
        chat_id = self._chat_of(session, case)
        thread = threads.of_case(session, case, chat_id)
        erased, closed = case.contact.erased_at is not None, case.closed_at is not None
        if thread is None or thread.thread_id is None:
            if erased or closed or chat_id is None:
                return None
            return Step(_create, chat_id, name=shapes.name(case))
        if erased or thread.chat_id != chat_id:  # what another team may not read does not stay with this one
            return Step(_delete, thread.chat_id, thread.thread_id)
        there = partial(Step, chat_id=thread.chat_id, thread_id=thread.thread_id)
        return self._next_there(session, case, thread, there)

    def _next_there(self, session: Session, case: Case, thread: CaseThread, there: Callable[..., Step]) -> Step | None:
        closed = case.closed_at is not None
        head = shapes.head(session, case, self._desk_url, self._clock())
        said, told_id = shapes.together(case, threads.untold(session, case, thread.told_id))
        if not thread.is_open and not closed:
            return there(_reopen)
        if thread.head_id is None and not closed:
            return there(_begin, head=head, known={"head_id": LOST, "head_digest": head.digest})
        if said:
            return there(_say, said=said, known={"told_id": told_id})
        if thread.head_id is not None and thread.head_digest != head.digest:
            return there(_refresh, head_id=thread.head_id, head=head, known={"head_digest": head.digest})
        return there(_close) if closed and thread.is_open else None

    def _chat_of(self, session: Session, case: Case) -> int | None:
        """The group of the lead whose case it is, else the common one."""
        lead = session.get(Lead, case.lead_id) if case.lead_id is not None else None
        own = lead.telegram_group if lead is not None else None
        return chat_number(own) or self._default_chat


def chat_number(written: str | None) -> int | None:
    """A group's id as the directory has it; None for what is none."""
    digits = (written or "").strip()
    return int(digits) if digits.removeprefix("-").isdecimal() else None


def _note(session: Session, case: Case, changes: Mapping[str, Any]) -> None:
    thread = session.get(CaseThread, case.id, populate_existing=True)
    if changes.get("deleted"):
        if thread is not None:
            session.delete(thread)
    elif thread is not None:
        threads.change(thread, changes)
    elif changes:
        session.add(CaseThread(case_id=case.id, **changes))
    session.flush()


# Steps: each asks one thing of Telegram and returns what is true of the thread from then on.


async def _create(bot: Bot, step: Step) -> Mapping[str, Any]:
    topic = await bot.create_forum_topic(step.chat_id, step.name)
    return {**_NOWHERE, "chat_id": step.chat_id, "thread_id": topic.message_thread_id, "is_open": True}


async def _reopen(bot: Bot, step: Step) -> Mapping[str, Any]:
    await _unless_so(bot.reopen_forum_topic(step.chat_id, step.thread_id))
    return {"is_open": True}


async def _begin(bot: Bot, step: Step) -> Mapping[str, Any]:
    sent = await bot.send_message(
        step.chat_id,
        step.head.text,
        message_thread_id=step.thread_id,
        reply_markup=shapes.keyboard(step.head.buttons),
        link_preview_options=_NO_PREVIEW,
    )
    return {**step.known, "head_id": sent.message_id}


async def _refresh(bot: Bot, step: Step) -> Mapping[str, Any]:
    await _unless_so(
        bot.edit_message_text(
            step.head.text,
            step.chat_id,
            step.head_id,
            reply_markup=shapes.keyboard(step.head.buttons),
            link_preview_options=_NO_PREVIEW,
        )
    )
    return step.known


async def _say(bot: Bot, step: Step) -> Mapping[str, Any]:
    for part in split(step.said):
        await bot.send_message(step.chat_id, part, message_thread_id=step.thread_id, link_preview_options=_NO_PREVIEW)
    return step.known


async def _close(bot: Bot, step: Step) -> Mapping[str, Any]:
    await _unless_so(bot.close_forum_topic(step.chat_id, step.thread_id))
    return {"is_open": False}


async def _delete(bot: Bot, step: Step) -> Mapping[str, Any]:
    try:
        await bot.delete_forum_topic(step.chat_id, step.thread_id)
    except BadRequest as error:
        if not any(each in error.message.lower() for each in ThreadGone.said):
            raise
    return {"deleted": True}


async def _unless_so(request: Coroutine[Any, Any, object]) -> None:
    """Telegram refuses to make a thing what it is already: that is as good."""
    try:
        await request
    except BadRequest as error:
        if "not modified" not in error.message.lower().replace("_", " "):
            raise
