"""One turn: a stored message is understood, answered and recorded whole, or not at all.

Reading what a text means happens before the transaction opens; everything decided from rows happens inside it,
under the conversation's lock. What is owed to the outside leaves after the commit.
"""

import logging
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from bot import inbox, outbox
from bot.channels.base import InboundMessage
from bot.conversations import cases, consent, contacts, threads
from bot.conversations.models import Conversation, Message
from bot.conversations.notifications import owe_notification
from bot.faults import describe
from bot.runtime import continuation
from bot.runtime.effects import Effects
from bot.runtime.interpreter import RIGHTS, Interpreter, claims_right
from bot.runtime.joins import Joins
from bot.runtime.listening import listening
from bot.runtime.reading import Reading
from db.session import Database
from directory.geography import Gazetteer
from flows.actions.save_profile import FIELDS
from flows.actions.tools import Service, Tools
from flows.engine import commands as c
from flows.engine.engine import Engine
from flows.engine.events import BotUttered, Event
from flows.engine.language import LANGUAGE_SLOT
from flows.engine.speech import utter
from flows.engine.state import DialogueState
from flows.events import HandoffRequested
from flows.knowledge_base import Knowledge
from nlu.understanding import Understanding

log = logging.getLogger(__name__)

TOLD = tuple(name for name in FIELDS if name not in ("name", "phone"))
"""What a conversation remembers of a project; name and phone are the contact's."""


@dataclass(frozen=True)
class Mind:
    """What every turn thinks with; shared by all conversations."""

    engine: Engine
    interpreter: Interpreter
    parse: Callable[[str], Understanding]
    knowledge: Knowledge
    gazetteer: Gazetteer
    service: Service
    zone: ZoneInfo
    variants: Mapping[str, str]  # channel name -> the `channel:` of its texts
    hear: Callable[[InboundMessage], str] = lambda inbound: ""  # what a recording says; "" when nobody can tell
    sounding: Set[str] = frozenset()  # channels on which what we say can be listened to


class Turns:
    """Takes the turns of conversations.

    `committed` is called with the conversation after each commit; `observe` sees the events of each turn.
    """

    def __init__(
        self,
        database: Database,
        mind: Mind,
        clock: Callable[[], datetime],
        committed: Callable[[int], None] = lambda conversation_id: None,
        observe: Callable[[list[Event]], None] = lambda events: None,
    ) -> None:
        self.database = database
        self.mind = mind
        self.clock = clock
        self.committed = committed
        self.observe = observe

    def take(self, conversation_id: int) -> None:
        """Takes turns until nothing of this conversation waits. Raises when the database is gone: nothing is lost."""
        while self._take_one(conversation_id):
            pass

    def _take_one(self, conversation_id: int) -> bool:
        """Takes the next turn; returns whether another message waits."""
        with self.database.reading() as session:
            head = inbox.next_pending(session, conversation_id, self.clock())
            if head is None:
                return False
            message_id, inbound = head.message.id, _inbound(head.message)
        understanding = None
        try:
            if inbound.file is not None:
                inbound = replace(inbound, text=self.mind.hear(inbound) or inbound.text)
            if self.mind.interpreter.needs_understanding(inbound):
                understanding = self.mind.parse(inbound.text)
            with self.database.transaction() as session:
                self._record(session, conversation_id, message_id, inbound, understanding)
        except (OperationalError, InterfaceError):  # the database is away: not the message's fault
            raise
        except Exception as error:
            log.error("the turn of message %d was rolled back: %s", message_id, describe(error))
            self._set_back(conversation_id, message_id)
        self.committed(conversation_id)
        return head.more

    def _record(
        self,
        session: Session,
        conversation_id: int,
        message_id: int,
        inbound: InboundMessage,
        understanding: Understanding | None,
    ) -> None:
        now = self.clock()
        conversation = contacts.lock(session, conversation_id)
        if not inbox.mark_handled(session, message_id, now):
            return  # somebody else took this turn meanwhile
        contacts.load_person(session, conversation)
        if inbound.file is not None:
            session.get_one(Message, message_id).text = inbound.text  # what was heard, as a lead reads it
        outbox.release_held(session, conversation, now)
        state = DialogueState.from_json(conversation.state)
        reading = Reading(
            inbound, understanding, now.astimezone(self.mind.zone).date(), conversation.contact.informed_at is None
        )
        commands = self.mind.interpreter.read(reading, state)
        theirs = claims_right(commands) or _confirms_right(commands, state)
        if conversation.owner_lead_id is not None and not theirs:
            _for_the_lead(session, conversation, message_id, now)
            return
        if not theirs:
            consent.start_again(session, conversation, now)
            if rest := continuation.asked(session, conversation.id, message_id, inbound.text):
                self._effects(session, conversation, message_id, now).go_on(rest)
                return
        if state.slots.get(cases.LEAD_SPOKE):
            commands = [c.RunPattern("pattern_lead_spoke"), *commands]
        self._answer(session, conversation, message_id, state, commands, now, silent=inbound.answered)

    def _answer(
        self,
        session: Session,
        conversation: Conversation,
        message_id: int,
        state: DialogueState,
        commands: list[c.Command],
        now: datetime,
        *,
        silent: bool = False,
    ) -> None:
        tools = self._tools(session, conversation, now)
        if any(isinstance(command, c.SessionStart) for command in commands):
            conversation.contact.informed_at = now
        state, events = self.mind.engine.advance(state, commands, now, tools)
        if silent:
            events = [event for event in events if not isinstance(event, BotUttered)]
        self._effects(session, conversation, message_id, now).apply(state, events)
        self.observe(events)

    def _effects(self, session: Session, conversation: Conversation, message_id: int, now: datetime) -> Effects:
        variant = self.mind.variants.get(conversation.channel, "")
        return Effects(session, conversation, message_id, variant, now)

    def _tools(self, session: Session, conversation: Conversation, now: datetime) -> Tools:
        def held_data() -> Mapping[str, Any]:
            held = consent.export_text(session, conversation.contact)
            told = DialogueState.from_json(conversation.state).slots  # before any case holds it
            return held | {"profile": {name: told[name] for name in TOLD if name in told} | held["profile"]}

        return Tools(
            session=session,
            gazetteer=self.mind.gazetteer,
            knowledge=self.mind.knowledge,
            service=self.mind.service,
            zone=self.mind.zone,
            contact_id=conversation.contact_id,
            held_data=held_data,
            joins=Joins(session, conversation, self.mind.engine.domain, self.mind.variants, now),
            listening=listening(session, conversation, self.mind.sounding),
        )

    def _set_back(self, conversation_id: int, message_id: int) -> None:
        """Tries the message later; the last time, says so to the person and calls a human, one way or another."""
        for give_up in (self._apologise, self._apologise_plainly, None):
            try:
                with self.database.transaction() as session:
                    now = self.clock()
                    conversation = contacts.lock(session, conversation_id)
                    message = session.get_one(Message, message_id)
                    if message.status != "pending":
                        return
                    inbox.set_back(message, now)
                    if message.status == "failed" and conversation.owner_lead_id is not None:
                        _for_the_lead(session, conversation, message_id, now)
                    elif message.status == "failed" and give_up is not None:
                        give_up(session, conversation, message, now)
                return
            except (OperationalError, InterfaceError):
                raise
            except Exception as error:
                log.error("message %d could not be given up: %s", message_id, describe(error))

    def _apologise(self, session: Session, conversation: Conversation, message: Message, now: datetime) -> None:
        told = DialogueState(DialogueState.from_json(conversation.state).slots)
        self._answer(session, conversation, message.id, told, [c.RunPattern("pattern_internal_error")], now)

    def _apologise_plainly(self, session: Session, conversation: Conversation, message: Message, now: datetime) -> None:
        """The same without the flows nor the state: what is broken may be in them."""
        sorry = utter(
            self.mind.engine.domain, "utter_internal_error", slots={LANGUAGE_SLOT: conversation.contact.language}
        )
        events = [sorry, HandoffRequested("internal_error")]
        self._effects(session, conversation, message.id, now).apply(DialogueState(), events)


def _confirms_right(commands: list[c.Command], state: DialogueState) -> bool:
    """True when the person answers what was asked about a right of theirs ("Oui, tout effacer")."""
    asked = state.asked if state.active_flow in RIGHTS else None
    return any(isinstance(command, c.SetSlot) and command.name == asked for command in commands)


def _for_the_lead(session: Session, conversation: Conversation, message_id: int, now: datetime) -> None:
    """While a lead speaks, the bot only makes sure the lead knows that the person wrote."""
    contacts.touch(conversation, now)
    session.get_one(Message, message_id).owner_epoch = conversation.owner_epoch
    case = cases.open_case_of(session, conversation.contact_id)
    if case is not None:
        case.updated_at, case.urgent = now, True
        owe_notification(session, "message", now, case_id=case.id)
        threads.owe_telling(session, case.id, f"message:{message_id}", now)


def _inbound(message: Message) -> InboundMessage:
    """The stored message as its channel described it."""
    content = message.content or {}
    return InboundMessage(
        channel=message.channel,
        address="",
        provider_id=message.provider_id or "",
        text=message.text or "",
        payload=content.get("payload"),
        location=content.get("location"),
        contact=content.get("contact"),
        kind=content.get("kind") or "text",
        media=content.get("media"),
        referral=content.get("referral"),
        file=content.get("file"),
        answered=bool(content.get("answered")),
    )
