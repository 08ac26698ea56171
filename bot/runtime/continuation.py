"""The word SUITE: what a message was too short for, kept with that message until it is asked for."""

from functools import cache

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from bot.conversations.models import Message
from bot.runtime import texts

_BEFORE = (
    select(func.max(Message.id))
    .where(
        Message.conversation_id == bindparam("conversation_id"),
        Message.direction == "in",
        Message.id < bindparam("message_id"),
    )
    .scalar_subquery()
)
_LAST_SAID = (
    select(Message.content)
    .where(
        Message.conversation_id == bindparam("conversation_id"),
        Message.direction == "out",
        Message.id > func.coalesce(_BEFORE, 0),
        Message.id < bindparam("message_id"),
    )
    .order_by(Message.id)
)


def asked(session: Session, conversation_id: int, message_id: int, text: str) -> str:
    """What the last messages kept back, when this one asks for it; empty otherwise."""
    if texts.fold(text) not in _words():
        return ""
    said = session.scalars(_LAST_SAID, {"conversation_id": conversation_id, "message_id": message_id})
    return next((str(content["rest"]) for content in said if content and content.get("rest")), "")


@cache
def _words() -> frozenset[str]:
    return frozenset(texts.load_words("keywords.yml")["more"])
