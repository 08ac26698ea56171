"""What leads do in their group: what they write in a case's thread reaches the person, buttons take, give back, close.

Every act is a lead's: a member whose account is not linked to one gets a sentence, and nothing happens. What a lead may
treat is decided where the desk has it decided too (`cases`).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session
from telegram import Bot, ReplyParameters

from bot import queue
from bot.channels import telegram_thread_shapes as shapes
from bot.channels.telegram_api import BotApi
from bot.channels.telegram_group_updates import InGroup, Linking, TapInGroup
from bot.channels.telegram_threads import chat_number
from bot.conversations import cases, lead_links, threads
from bot.conversations.case_models import Case
from bot.conversations.errors import (
    CaseClosed,
    CaseError,
    EmptyText,
    OtherSpeaker,
    TooLong,
    UnknownOutcome,
    Unreachable,
)
from bot.conversations.group_models import CaseThread
from bot.errors import AddressGone, NotYours, SendLater, SendRefused
from bot.numbers import spoken
from db.crypto import fingerprint
from db.session import Database
from directory.models import Lead

NOTE = "#"
"""What begins a line that only leads read."""

REFUSALS: Mapping[type[Exception], str] = {
    CaseClosed: "case_closed",
    EmptyText: "empty",
    NotYours: "not_yours",
    OtherSpeaker: "other_speaker",
    TooLong: "too_long",
    UnknownOutcome: "case_closed",
    Unreachable: "unreachable",
}
"""What cannot be done, and the name of its words."""


class Answer(NamedTuple):
    """What a touched button says to whoever touched it, and what it makes of the buttons, if anything.

    alert: it stays on the screen until it is closed.
    """

    says: str
    alert: bool = False
    buttons: tuple[shapes.Button, ...] | None = None


class LeadsGroup:
    """chat: the group of leads that have none of their own. `wake`: something is owed at once."""

    def __init__(
        self,
        database: Database,
        api: BotApi,
        clock: Callable[[], datetime],
        chat: int | None,
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._api = api
        self._clock = clock
        self._chat = chat
        self._wake = wake

    def is_ours(self, session: Session, chat_id: int) -> bool:
        """Whether leads treat cases in this chat."""
        own = session.scalars(select(Lead.telegram_group).where(Lead.telegram_group.is_not(None), Lead.active))
        return chat_id == self._chat or any(chat_number(each) == chat_id for each in own)

    # What is written

    def said(self, said: InGroup) -> None:
        """Passes on what a lead wrote, once; whatever keeps it from leaving is said under it."""
        try:
            with self._database.transaction() as session:
                self._take(session, said)
        except _TakenAlready:
            return
        self._wake()

    def _take(self, session: Session, said: InGroup) -> None:
        now = self._clock()
        if not self.is_ours(session, said.chat_id):
            return
        if said.thread_id is None:
            if said.kind != "edit":
                self._answer_in_general(session, said, now)
            return
        thread = threads.at(session, said.chat_id, said.thread_id)
        if thread is None:  # a thread of their own
            return
        what = self._pass_on(session, thread.case_id, said, now)
        where = {"chat_id": said.chat_id, "thread_id": said.thread_id, "message_id": said.message_id}
        if not threads.owe_saying(session, what, f"group:{said.key}", now, **where):
            raise _TakenAlready

    def _answer_in_general(self, session: Session, said: InGroup, now: datetime) -> None:
        """Once an hour for each of them: leads may chat there."""
        who = fingerprint("in general", said.account or "")[:24]
        key = f"general:{said.chat_id}:{who}:{int(now.timestamp()) // 3600}"
        threads.owe_saying(session, "general", key, now, chat_id=said.chat_id, message_id=said.message_id)

    def _pass_on(self, session: Session, case_id: int, said: InGroup, now: datetime) -> str:
        """Does what the lead wants; the name of what is said of it, or of its sign."""
        lead_id = lead_links.lead_behind(session, said.account) if said.account is not None else None
        if lead_id is None:
            return "unlinked"
        if said.kind != "text":
            return "edited" if said.kind == "edit" else "words_only"
        if said.text.startswith("/"):
            return "how"
        try:
            with session.begin_nested():
                if said.text.startswith(NOTE):
                    cases.note(session, case_id, lead_id, said.text.removeprefix(NOTE), now)
                    return "noted"
                cases.reply(session, case_id, lead_id, said.text, now)
                return "passed"
        except (NotYours, CaseError) as refusal:
            return REFUSALS[type(refusal)]

    # What is touched

    def tapped(self, tap: TapInGroup) -> None:
        """Does what the button says and answers at once; doing it twice changes nothing."""
        with self._database.transaction() as session:
            answer = self._act(session, tap)
        said = answer.says or None
        self._api.soon(lambda bot: bot.answer_callback_query(tap.callback_id, text=said, show_alert=answer.alert))
        if answer.buttons is not None:
            keyboard = shapes.keyboard(answer.buttons)
            self._api.soon(
                lambda bot: bot.edit_message_reply_markup(tap.chat_id, tap.message_id, reply_markup=keyboard)
            )
        self._wake()

    def _act(self, session: Session, tap: TapInGroup) -> Answer:
        taps, says = shapes.words()["taps"], shapes.words()["says"]
        lead_id = lead_links.lead_behind(session, tap.account)
        if lead_id is None:
            return Answer(says["unlinked"], alert=True)
        asked = shapes.read_data(tap.data)
        thread = session.get(CaseThread, asked[0]) if asked is not None else None
        do = ACTS.get(asked[1]) if asked is not None else None
        if asked is None or do is None or thread is None or thread.chat_id != tap.chat_id:
            return Answer(taps["former"], alert=True)
        try:
            with session.begin_nested():
                case = cases.get(session, asked[0], lead_id)
                return do(session, case, lead_id, asked[2], self._clock())
        except (NotYours, CaseError) as refusal:
            return Answer(says[REFUSALS[type(refusal)]], alert=True)

    # Who they are

    def link(self, linking: Linking) -> None:
        """Whoever typed a lead's code is that lead from now on."""
        with self._database.transaction() as session:
            lead_links.redeem(session, linking.account, linking.code, self._clock())
            known = lead_links.lead_behind(session, linking.account) is not None
        said = shapes.words()["links"]["linked" if known else "wrong"]
        self._api.soon(lambda bot: bot.send_message(int(linking.account), said))

    # What is owed

    def say(self, job: queue.ClaimedJob) -> None:
        """Handles one job: a sentence in the group, or a sign under what a lead wrote."""
        ask = _sign if job.payload["say"] in threads.SIGNS else _sentence
        failure: Exception | None = None
        try:
            self._api.call(lambda bot: ask(bot, job.payload))
        except (AddressGone, SendRefused, SendLater) as error:
            failure = error
        with self._database.transaction() as session:
            now = self._clock()
            if failure is None:
                queue.settle_done(session, job, now)
            elif isinstance(failure, SendLater):
                queue.settle_error(session, job, now, "SendLater", failure.retry_after)
            else:
                queue.settle_dropped(session, job, now, type(failure).__name__)


class _TakenAlready(Exception):
    """This update was brought before: what it did now is undone."""


async def _sentence(bot: Bot, payload: Mapping[str, Any]) -> object:
    answered = payload.get("message_id")
    return await bot.send_message(
        payload["chat_id"],
        shapes.words()["says"][payload["say"]],
        message_thread_id=payload.get("thread_id"),
        reply_parameters=ReplyParameters(answered, allow_sending_without_reply=True) if answered else None,
    )


async def _sign(bot: Bot, payload: Mapping[str, Any]) -> object:
    sign = shapes.words()["signs"][payload["say"]]
    return await bot.set_message_reaction(payload["chat_id"], payload["message_id"], sign)


# What buttons do, once it is known that a lead who may treat the case touched them.


def _take(session: Session, case: Case, lead_id: int, _how: str | None, now: datetime) -> Answer:
    cases.take_over(session, case.id, lead_id, now)
    return Answer(shapes.words()["taps"]["taken"])


def _back(session: Session, case: Case, lead_id: int, _how: str | None, now: datetime) -> Answer:
    cases.give_back(session, case.id, lead_id, now)
    return Answer(shapes.words()["taps"]["given_back"])


def _close(session: Session, case: Case, lead_id: int, how: str | None, now: datetime) -> Answer:
    if how is None and case.closed_at is None:
        return Answer(shapes.words()["taps"]["which_outcome"], buttons=shapes.outcome_buttons(case.id))
    if how is not None:
        cases.close(session, case.id, lead_id, how, now)
    return Answer(shapes.words()["taps"]["closed"])


def _menu(session: Session, case: Case, _lead_id: int, _how: str | None, now: datetime) -> Answer:
    return Answer(shapes.words()["taps"]["menu"], buttons=shapes.head(session, case, None, now).buttons)


def _phone(_session: Session, case: Case, _lead_id: int, _how: str | None, _now: datetime) -> Answer:
    """On the lead's own screen, and nowhere in the group."""
    taps, phone = shapes.words()["taps"], case.contact.phone
    return Answer(taps["phone"].format(phone=spoken(phone)) if phone else taps["no_phone"], alert=True)


ACTS: Mapping[str, Callable[[Session, Case, int, str | None, datetime], Answer]] = {
    "take": _take,
    "back": _back,
    "close": _close,
    "menu": _menu,
    "phone": _phone,
}
