"""Reminding people of their booking: it is read again at the last moment, and only a true one is said."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot import outbox
from bot.channels.rendering import Rendered
from bot.conversations import appointments, contacts
from bot.conversations.jobs import REMINDER
from bot.conversations.models import Conversation, Message
from bot.conversations.notifications import owe_notification
from db.session import Database
from directory.models import Booking
from flows.engine.state import DialogueState

RESPONSE = "utter_reminder"
SPOKEN_FOR = 1800.0
"""Seconds to wait before looking again whether a lead still speaks with the person."""


@dataclass(frozen=True)
class Reminder:
    """Writes due reminders. `render` turns a response of the domain and its values into what the channel shows.

    Its values: `starts_at` (local), `place`, `address`, `reference`, `name`, `language`, `channel`.
    """

    database: Database
    clock: Callable[[], datetime]
    render: Callable[[str, Mapping[str, Any]], Rendered]

    def remind_booking(self, job: outbox.ClaimedJob) -> None:
        """Handles one job: the message and the settlement are one transaction, so that it is said once."""
        now = self.clock()
        with self.database.transaction() as session:
            found = _reachable(session, int(job.payload["booking_id"]), now)
            if isinstance(found, str):
                outbox.settle_dropped(session, job, now, found)
                return
            booking, conversation = found
            if conversation.owner_lead_id is not None:  # one speaker: the bot waits until the lead has finished
                if outbox.settle_error(session, job, now, "a lead speaks", SPOKEN_FOR) and not job.next_try(
                    now, SPOKEN_FOR
                ):
                    owe_notification(session, "unreminded", now, booking_id=booking.id)
            elif outbox.settle_done(session, job, now):
                self._say(session, booking, conversation, now)

    def _say(self, session: Session, booking: Booking, conversation: Conversation, now: datetime) -> None:
        rendered = self.render(RESPONSE, _values(booking, conversation))
        message = Message(
            conversation_id=conversation.id,
            direction="out",
            author="bot",
            channel=conversation.channel,
            text=rendered.text,
            content={
                "response": RESPONSE,
                "choices": [asdict(choice) for choice in rendered.choices],
                "attachments": [dict(attachment) for attachment in rendered.attachments],
                "booking_id": booking.id,  # the outbox looks at it again before each try
            },
            owner_epoch=conversation.owner_epoch,
            created_at=now,
        )
        outbox.owe_delivery(session, message, now, lane=REMINDER)
        state = DialogueState.from_json(conversation.state)  # a typed "2" now means the reminder's second choice
        conversation.state = replace(state, menu=rendered.choices).to_json()


def _reachable(session: Session, booking_id: int, now: datetime) -> tuple[Booking, Conversation] | str:
    """The booking and where its person is, both locked; or why nobody is to be reminded any more."""
    booking = session.get(Booking, booking_id)
    if booking is None or booking.contact_id is None:
        return "no booking"
    conversation = contacts.latest_conversation(session, booking.contact_id)
    if conversation is None:
        return "unreachable"
    conversation = contacts.lock(session, conversation.id)
    session.refresh(booking, with_for_update=True)
    return appointments.outdated(session, booking_id, now) or (booking, conversation)


def _values(booking: Booking, conversation: Conversation) -> Mapping[str, Any]:
    place = booking.place
    return {
        "starts_at": booking.starts_at.astimezone(ZoneInfo(place.timezone)),
        "place": place.name,
        "address": ", ".join(part for part in (place.address, place.postcode) if part) if place.address else "",
        "reference": booking.reference,
        "name": conversation.contact.name,
        "language": conversation.contact.language,
        "channel": conversation.channel,
    }
