"""Where updates come in: stored first, then acknowledged, then answered.

Whatever comes twice acts once: an update by its number, a button by its message and place, since two taps on one button
are two updates.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session
from telegram import Bot

from bot import inbox, queue
from bot.channels.base import InboundMessage
from bot.channels.telegram_api import BotApi
from bot.channels.telegram_group import LeadsGroup
from bot.channels.telegram_group_updates import InGroup, Linking, TapInGroup
from bot.channels.telegram_shapes import read_reference
from bot.channels.telegram_updates import NAME, Arrival, Invited, Presence, Said, Tapped, read, words
from bot.conversations import contacts
from bot.conversations.jobs import NOTIFICATION
from bot.conversations.models import Message
from bot.errors import AddressGone, SendLater, SendRefused, Unreadable
from db.session import Database

GREET_GROUP = "greet_telegram_group"
_log = logging.getLogger(__name__)


class Door:
    """Takes updates. `submit` wakes the turn of a conversation. `group`: where leads treat cases."""

    def __init__(
        self,
        database: Database,
        api: BotApi,
        clock: Callable[[], datetime],
        submit: Callable[[int], None],
        group: LeadsGroup,
    ) -> None:
        self._database = database
        self._api = api
        self._clock = clock
        self._submit = submit
        self._group = group

    def take(self, update: Mapping[str, Any]) -> None:
        """Stores what an update tells, in a transaction of its own. One that cannot be read is dropped."""
        try:
            arrival = read(update, self._api.bot_id)
        except Unreadable as error:
            _log.error("telegram: update %s cannot be read (%s)", update.get("update_id"), error)
            return
        if arrival is not None:
            TAKES[type(arrival)](self, arrival)

    def _said(self, arrival: Said) -> None:
        with self._database.transaction() as session:
            accepted = inbox.accept(session, arrival.inbound, self._clock())
        self._submit(accepted.conversation_id)

    def _tapped(self, tap: Tapped) -> None:
        """The button stops turning as soon as the tap is stored, whatever becomes of the turn."""
        with self._database.transaction() as session:
            accepted = inbox.accept(session, self._choice(session, tap), self._clock())
        self._submit(accepted.conversation_id)
        said = None if accepted.is_new else words()["already_tapped"]
        self._api.soon(lambda bot: bot.answer_callback_query(tap.callback_id, text=said))
        if tap.message_id is not None:
            self._api.soon(lambda bot: _retire(bot, tap))

    def _choice(self, session: Session, tap: Tapped) -> InboundMessage:
        """The choice a button stands for, if it is one we offered to this very person; else the way on."""
        named = read_reference(tap.data)
        message = session.get(Message, named[0]) if named else None
        conversation = contacts.find(session, NAME, tap.address)
        if named and message and conversation and message.conversation_id == conversation.id:
            choices = (message.content or {}).get("choices") or []
            if message.direction == "out" and named[1] < len(choices):
                choice = choices[named[1]]
                return _chosen(tap, f"tap:{named[0]}:{named[1]}", choice["payload"], choice["title"])
        return _chosen(tap, f"callback:{self._api.bot_id}:{tap.callback_id}", words()["unknown_tap"])

    def _present(self, presence: Presence) -> None:
        """Notes who blocked us, unless they wrote since: updates may come in another order than they happened."""
        with self._database.transaction() as session:
            found = contacts.find(session, NAME, presence.address)
            if found is None:
                return
            conversation = contacts.lock(session, found.id)
            address = conversation.address
            if presence.blocked and not _wrote_since(session, conversation.id, presence.at):
                address.blocked_at = presence.at
            elif not presence.blocked and address.blocked_at is not None and address.blocked_at <= presence.at:
                address.blocked_at = None

    def _invited(self, invited: Invited) -> None:
        with self._database.transaction() as session:
            if self._group.is_ours(session, invited.chat_id):
                return
            queue.owe(
                session,
                kind=GREET_GROUP,
                key=f"telegram group:{self._api.bot_id}:{invited.update_id}",
                lane=NOTIFICATION,
                payload={"chat_id": invited.chat_id},
                due_at=self._clock(),
            )

    def _in_group(self, said: InGroup) -> None:
        self._group.said(said)

    def _tapped_in_group(self, tap: TapInGroup) -> None:
        self._group.tapped(tap)

    def _linking(self, linking: Linking) -> None:
        self._group.link(linking)

    def greet_group(self, job: queue.ClaimedJob) -> None:
        """Says in a group where we speak. Handles one job."""
        chat = int(job.payload["chat_id"])
        try:
            self._api.call(lambda bot: bot.send_message(chat, words()["in_a_group"]))
        except (AddressGone, SendRefused) as error:
            with self._database.transaction() as session:
                queue.settle_dropped(session, job, self._clock(), type(error).__name__)
        except SendLater as error:
            with self._database.transaction() as session:
                queue.settle_error(session, job, self._clock(), "SendLater", error.retry_after)
        else:
            with self._database.transaction() as session:
                queue.settle_done(session, job, self._clock())


TAKES: Mapping[type[Arrival], Callable[[Door, Any], None]] = {
    Said: Door._said,
    Tapped: Door._tapped,
    Presence: Door._present,
    Invited: Door._invited,
    InGroup: Door._in_group,
    TapInGroup: Door._tapped_in_group,
    Linking: Door._linking,
}


def _chosen(tap: Tapped, provider_id: str, payload: str, title: str = "") -> InboundMessage:
    return InboundMessage(NAME, tap.address, provider_id, text=title, payload=payload, kind="choice")


def _wrote_since(session: Session, conversation_id: int, moment: datetime) -> bool:
    """Whether they wrote in a later second than this one: Telegram tells no more than seconds."""
    mine = (Message.conversation_id == conversation_id, Message.direction == "in")
    later = Message.created_at >= moment + timedelta(seconds=1)
    return bool(session.scalar(select(exists().where(*mine, later))))


async def _retire(bot: Bot, tap: Tapped) -> None:
    await bot.edit_message_reply_markup(chat_id=int(tap.address), message_id=tap.message_id, reply_markup=None)
