"""What a turn may do to join two phones; the other one is told in the same transaction."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot import outbox
from bot.channels.rendering import render
from bot.conversations import joining
from bot.conversations.models import Conversation, Message
from flows.actions.tools import Joined
from flows.engine.domain import Domain
from flows.engine.language import LANGUAGE_SLOT
from flows.engine.speech import utter

TOLD = "utter_joined_elsewhere"


@dataclass(frozen=True)
class Joins:
    """Joins for one turn of a conversation that is held. variants: channel name -> the `channel:` of its texts."""

    session: Session
    conversation: Conversation
    domain: Domain
    variants: Mapping[str, str]
    now: datetime

    def issue(self) -> str | None:
        """A code for the other phone; None when there were too many."""
        return joining.issue(self.session, self.conversation, self.now)

    def redeem(self, typed: str) -> Joined:
        """Joins this phone with the one that was given the code."""
        status, other = joining.redeem(self.session, self.conversation, typed, self.now)
        if other is not None:
            self._tell(other)
        person = self.conversation.contact
        return Joined(status, person.name, person.phone)

    def _tell(self, other: Conversation) -> None:
        """Says so on the other phone, unless a lead speaks there: they read it in the case."""
        if other.owner_lead_id is not None:
            return
        said = render(
            utter(self.domain, TOLD, slots={LANGUAGE_SLOT: other.contact.language}),
            self.variants.get(other.channel, ""),
            other.contact.language,
        )
        message = Message(
            conversation_id=other.id,
            direction="out",
            author="bot",
            channel=other.channel,
            text=said.text,
            content={"response": TOLD, "choices": [asdict(choice) for choice in said.choices], "attachments": []},
            owner_epoch=other.owner_epoch,
            created_at=self.now,
        )
        outbox.owe_delivery(self.session, message, self.now)
