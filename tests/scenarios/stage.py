"""The real pieces on one database: inbox, turns, outbox and worker, with a clock, a telephone and a mailbox of ours."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import count
from typing import Any

from sqlalchemy import func, select

from bot import inbox
from bot.app import Services
from bot.channels.base import InboundMessage
from bot.conversations.jobs import Job
from bot.conversations.models import Conversation, Message
from bot.mail import Mail, Mailer
from bot.runtime.turn import Mind, Turns
from bot.settings import Settings
from db.session import Database
from flows.engine.actions import Action, ActionContext
from flows.engine.events import Event
from flows.engine.state import DialogueState
from nlu.understanding import Intent, Understanding
from tests.bot.people import PHONE, FakeChannel

ADDRESSES = {"web": "a-browser", "sms": PHONE}
NO_MEANING = Intent("out_of_this_world", 0.0)
PATIENCE = timedelta(minutes=5)  # within which a turn that fails has been given up
AFTERWARDS = timedelta(days=60)  # within which everything owed falls due, retention apart


class Clock:
    """The time it is, until it is set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Watch:
    """Sees what the flows do; makes the actions in `broken` fail."""

    ran: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)

    def begin(self, broken: Iterable[str]) -> None:
        """Another dialogue."""
        self.ran.clear()
        self.broken = set(broken)

    def action(self, name: str, run: Action) -> Action:
        """The action, watched."""

        def watched(context: ActionContext) -> Iterable[Event]:
            if name in self.broken:
                raise RuntimeError(f"{name} is broken in this scenario")
            self.ran.add(name)
            return run(context)

        return watched


@dataclass(frozen=True)
class Reply:
    """One message as the person receives it."""

    author: str
    response: str
    text: str
    choices: tuple[Mapping[str, str], ...]
    attachments: tuple[Mapping[str, Any], ...]
    look: tuple[str, ...] = ()  # how it comes with its text, where a channel has its own way
    message_id: int = 0

    @property
    def titles(self) -> list[str]:
        """What can be tapped."""
        return [choice["title"] for choice in self.choices]


def doubt(text: str, unsure: Mapping[str, Sequence[str]]) -> Understanding | None:
    """An understanding that cannot choose between the meanings a scenario gives to a text."""
    meanings = unsure.get(text)
    if meanings is None:
        return None
    ranking = tuple(Intent(name, 0.3 - rank / 100) for rank, name in enumerate(meanings)) or (NO_MEANING,)
    return Understanding(text, ranking[0], ranking)


class Mailbox:
    """Takes every mail."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    def send(self, mail: Mail) -> None:
        self.mails.append(mail)

    @property
    def facts(self) -> list[str]:
        """What was told to whom, in order: "booking to citeslab-carcassonne"."""
        return [f"{mail.fact.split(':')[1]} to {mail.to[0].partition('@')[0]}" for mail in self.mails]


class House(Services):
    """Services with a telephone that remembers, a mailbox, and turns that are observed."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        mind: Mind,
        clock: Clock,
        unsure: Mapping[str, Sequence[str]],
    ) -> None:
        super().__init__(settings, clock)
        self.telephone = FakeChannel()
        self.mailbox = Mailbox()
        self.events: list[Event] = []
        self.channels = {"web": self.web, "sms": self.telephone}
        self.database = database
        self.mind = replace(mind, parse=lambda text: doubt(text, unsure) or mind.parse(text))

    @cached_property
    def taker(self) -> Turns:
        return Turns(self.database, self.mind, self.clock, observe=self.events.extend)

    def _mailer(self) -> Mailer:
        return self.mailbox


class Stage:
    """One person on one channel. Every message of theirs goes all the way; the replies are those that left."""

    def __init__(self, house: House, channel: str, clock: Clock) -> None:
        self.house = house
        self.database = house.database
        self.channel = channel
        self.clock = clock
        self.conversation_id = 0
        self._ids = count(1)
        self._seen = 0

    def hear(self, **fields: Any) -> list[Reply]:
        """What the person receives after a message of theirs, given as the fields of an InboundMessage."""
        provider_id = f"{self.channel}-{fields.pop('id', None) or next(self._ids)}"
        inbound = InboundMessage(self.channel, ADDRESSES[self.channel], provider_id, **fields)
        self.house.events.clear()
        with self.database.transaction() as session:
            accepted = inbox.accept(session, inbound, self.clock())
        self.conversation_id = accepted.conversation_id
        return self.settle()

    def is_typed(self, payload: str) -> bool:
        """Whether a choice is taken by its number."""
        return self.channel == "sms"

    def settle(self) -> list[Reply]:
        """Does all that is due, and what fails again until it is given up; what left since the last time."""
        self._run()
        started = self.clock.now
        while (due := self._retry_at()) is not None and due < started + PATIENCE:
            self.clock.now = due
            self._run()
        return list(self._new_replies())

    def advance(self, to: datetime) -> list[Reply]:
        """What leaves as time goes by: each owed thing at its time."""
        while (due := self._next_due()) is not None and due <= to:
            self.clock.now = max(due, self.clock.now)
            self._run()
        self.clock.now = to
        return self.settle()

    def state(self) -> DialogueState:
        """What the conversation remembers."""
        with self.database.reading() as session:
            return DialogueState.from_json(session.get_one(Conversation, self.conversation_id).state)

    def _run(self) -> None:
        self.house.worker.run_until_idle(self.clock.now)

    def _retry_at(self) -> datetime | None:
        with self.database.reading() as session:
            return session.scalar(select(func.min(Message.retry_at)).where(Message.status == "pending"))

    def _next_due(self) -> datetime | None:
        with self.database.reading() as session:
            return session.scalar(select(func.min(Job.due_at)).where(Job.done_at.is_(None)))

    def _new_replies(self) -> Iterator[Reply]:
        with self.database.reading() as session:
            said = session.scalars(
                select(Message).where(Message.direction == "out", Message.id > self._seen).order_by(Message.id)
            ).all()
        for message in said:
            self._seen = message.id
            if message.status != "dropped":
                content = message.content or {}
                yield Reply(
                    message.author,
                    content.get("response", ""),
                    message.text or "",
                    tuple(content.get("choices", ())),
                    tuple(content.get("attachments", ())),
                    self._look(message.id),
                    message.id,
                )

    def _look(self, message_id: int) -> tuple[str, ...]:
        """How a message looked beside its text, where the channel has its own way."""
        return ()
