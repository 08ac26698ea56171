"""A word from a lead to a person about their booking, without taking the conversation from the bot."""

from datetime import datetime

from sqlalchemy.orm import Session

from bot import outbox
from bot.conversations import contacts
from bot.conversations.cases import checked
from bot.conversations.models import Conversation, Message


def conversation_of(session: Session, contact_id: int | None) -> Conversation | None:
    """Where the person can be written to, if anywhere."""
    return None if contact_id is None else contacts.latest_conversation(session, contact_id)


def tell(session: Session, contact_id: int | None, lead_id: int, text: str, now: datetime) -> bool:
    """Owes the message to the person; False when they cannot be reached by message.

    Raises EmptyText or TooLong for what cannot be one message.
    """
    found = conversation_of(session, contact_id)
    if found is None:
        return False
    conversation = contacts.lock(session, found.id)
    message = Message(
        conversation_id=conversation.id,
        direction="out",
        author="lead",
        channel=conversation.channel,
        text=checked(text),
        owner_epoch=conversation.owner_epoch,
        lead_id=lead_id,
        created_at=now,
    )
    session.add(message)
    outbox.owe_delivery(session, message, now)
    contacts.touch(conversation, now)
    return True
