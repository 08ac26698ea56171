"""A whole service on the database and the clock of a test: the real wiring, a telephone and a mailbox that remember."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import inbox
from bot.app import Services
from bot.channels import web_log
from bot.channels.base import InboundMessage
from bot.conversations import cases
from bot.conversations.case_models import Case
from bot.conversations.models import Conversation, Message
from bot.mail import Mail, Mailer
from bot.runtime.turn import Mind
from bot.settings import Settings
from db.session import Database
from flows.engine.actions import Action
from flows.engine.engine import Engine
from flows.engine.state import DialogueState
from tests.bot.people import FakeChannel
from tests.directory.builders import add_lead, add_permanence, add_place

CARCASSONNE, ELSEWHERE = "11069", "62498"
CHANNELS = ("web", "sms")

Step = str | int
"""What a person does: "/payload", a text, or the rank of the choice they tap."""

_numbers = count(1)


class Clock:
    """The time it is, until it is set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class Mailbox:
    """Takes every mail."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    def send(self, mail: Mail) -> None:
        self.mails.append(mail)

    @property
    def facts(self) -> list[str]:
        """What leads were told, in order."""
        return [mail.fact.split(":")[1] for mail in self.mails]


class House(Services):
    """The services, with a telephone beside the page."""

    def __init__(self, database: Database, mind: Mind, now: datetime) -> None:
        self.time = Clock(now)
        super().__init__(Settings.model_validate({"secret_key": "test key"}), self.time)
        self.telephone = FakeChannel()
        self.mailbox = Mailbox()
        self.channels = {"web": self.web, "sms": self.telephone}
        self.database = database
        self.mind = mind

    def _mailer(self) -> Mailer:
        return self.mailbox

    def change(self, **parts: Any) -> None:
        """From now on, this house thinks otherwise; those that share its mind do not."""
        self.mind = replace(self.mind, **parts)
        self.taker.mind = self.mind

    def change_action(self, name: str, run: Action) -> None:
        """From now on, another action of that name."""
        engine = self.mind.engine
        self.change(engine=Engine(engine.flows, engine.domain, {**engine.actions, name: run}))

    def run(self) -> None:
        """Does all that is due now."""
        self.worker.run_until_idle(self.time.now)


def add_territory(session: Session) -> None:
    """Leads "here" (Carcassonne, Tuesdays, five people at once) and "elsewhere" (Lens), and the coordination."""
    here, elsewhere = (
        add_lead(session, "here", ("commune", CARCASSONNE)),
        add_lead(session, "elsewhere", ("commune", ELSEWHERE)),
    )
    everywhere = add_lead(session, "everywhere", ("national", "FR"))
    for lead in (here, elsewhere, everywhere):
        lead.email = f"{lead.code}@example.org"
    add_permanence(session, here, add_place(session, "here"), weekday=1, start=9, end=17, capacity=5)
    add_permanence(session, elsewhere, add_place(session, "elsewhere", 50.43, 2.83, insee_code=ELSEWHERE), weekday=2)


@dataclass(frozen=True)
class Heard:
    """One message that reached the person."""

    author: str
    response: str
    text: str
    choices: tuple[Mapping[str, str], ...]


class Person:
    """Somebody who writes on one channel, and reads what reaches them there."""

    def __init__(self, house: House, channel: str) -> None:
        self.house = house
        self.channel = channel
        self.number = next(_numbers)
        self.address = f"+3363998{self.number:04d}" if channel == "sms" else f"token-{self.number}"
        self.choices: tuple[Mapping[str, str], ...] = ()
        self.conversation_id = 0
        self._seen = 0
        self._ids = count(1)

    def send(self, text: str = "", *, id: str | None = None, **fields: Any) -> inbox.Accepted:
        """Writes, and waits for no answer."""
        provider_id = id or f"{self.number}-{next(self._ids)}"
        inbound = InboundMessage(self.channel, self.address, provider_id, text, **fields)
        with self.house.database.transaction() as session:
            accepted = inbox.accept(session, inbound, self.house.time.now)
        self.conversation_id = accepted.conversation_id
        return accepted

    def say(self, text: str = "", **fields: Any) -> list[Heard]:
        """Writes, and reads the answer."""
        self.send(text, **fields)
        return self.listen()

    def do(self, *steps: Step) -> list[Heard]:
        """Takes these steps; what the last one was answered."""
        heard: list[Heard] = []
        for step in steps:
            payload = self.choices[step]["payload"] if isinstance(step, int) else step
            heard = self.say(kind="choice", payload=payload) if payload.startswith("/") else self.say(payload)
        return heard

    def listen(self) -> list[Heard]:
        """Lets the service work; what reached the person since they last looked."""
        self.house.run()
        heard = list(self._arrived())
        self.choices = next((each.choices for each in reversed(heard) if each.choices), self.choices)
        return heard

    def _arrived(self) -> Iterator[Heard]:
        ids = self._page_ids() if self.channel == "web" else self._telephone_ids()
        with self.house.database.reading() as session:
            for message in [session.get_one(Message, each) for each in ids]:  # in the order of arrival
                content = message.content or {}
                choices = tuple(content.get("choices", ()))
                yield Heard(message.author, content.get("response", ""), message.text or "", choices)
        self._seen = max([self._seen, *ids])

    def _page_ids(self) -> list[int]:
        page = web_log.read_page(self.house.database, self.address, self._seen, (), self.house.time.now)
        assert page is not None
        return [each["id"] for each in page.messages if each["author"] != "resident"]

    def _telephone_ids(self) -> list[int]:
        sent = self.house.telephone.sent
        return [each.message_id for each in sent if each.address == self.address and each.message_id > self._seen]

    @property
    def state(self) -> DialogueState:
        """What the conversation remembers."""
        with self.house.database.reading() as session:
            return DialogueState.from_json(session.get_one(Conversation, self.conversation_id).state)

    def imagine(self, state: DialogueState) -> None:
        """The conversation remembers this from now on."""
        with self.house.database.transaction() as session:
            session.get_one(Conversation, self.conversation_id).state = state.to_json()
        self.choices = tuple({"title": each.title, "payload": each.payload} for each in state.menu)

    @property
    def row(self) -> Conversation:
        """The conversation as it is now, with its contact and address."""
        with self.house.database.reading() as session:
            conversation = session.get_one(Conversation, self.conversation_id)
            assert conversation.contact
            assert conversation.address
            return conversation

    def case(self) -> Case:
        """The person's open case; an error when there is none."""
        with self.house.database.reading() as session:
            contact_id = session.get_one(Conversation, self.conversation_id).contact_id
            return session.scalars(select(Case).where(Case.contact_id == contact_id, Case.closed_at.is_(None))).one()

    def meet(self) -> None:
        """A lead takes the conversation over at the desk."""
        with self.house.database.transaction() as session:
            conversation = session.get_one(Conversation, self.conversation_id)
            case, _ = cases.open_or_update(
                session, contact_id=conversation.contact_id, conversation_id=conversation.id, reason="asked",
                now=self.house.time.now, entry_kind="handoff_requested", lead_id=1,
            )  # fmt: skip
            cases.take_over(session, case.id, case.lead_id or 1, self.house.time.now)
