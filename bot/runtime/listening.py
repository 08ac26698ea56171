"""What a turn may offer to be listened to, and the choice that asks for it."""

from collections.abc import Iterable, Mapping, Set
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.channels.base import PULLED, SOUNDING
from bot.conversations.models import Conversation, Message
from bot.runtime import payloads
from bot.runtime.payloads import Payload
from bot.sounds import is_sound
from flows.actions.tools import Heard, Listening
from flows.engine.events import Choice

LISTEN = "listen"
MOST_MESSAGES = 10**15
"""Above any id: what a forged tap names must not be more than the database can compare."""
LOOKED_AT = 20
"""Messages among which the last that can be read aloud is looked for."""


def listening(session: Session, conversation: Conversation, sounding: Set[str]) -> Listening:
    """Sound for one turn; `sounding`: the channels that carry it, none when this service has no voice."""
    if conversation.channel not in sounding:
        return Listening("nowhere" if not sounding else "elsewhere" if sounding == SOUNDING else "on_web")
    return Listening("here", conversation.channel not in PULLED, partial(_find, session, conversation.id))


def name_their_message(messages: Iterable[Message]) -> None:
    """Makes the choice to listen name its message: it may be tapped when others have followed."""
    for message in messages:
        choices = (message.content or {}).get("choices") or ()
        if any(map(_listens, choices)):
            payload = f'/{LISTEN}{{"of": {message.id}}}'
            named = [{**choice, "payload": payload} if _listens(choice) else choice for choice in choices]
            message.content = {**message.content, "choices": named}


def message_named(payload: Payload) -> int | None:
    """The message that such a choice names, if any: taps can be forged."""
    named = payload.slots.get("of")
    return named if type(named) is int and 0 < named < MOST_MESSAGES else None


def _listens(choice: Mapping[str, str]) -> bool:
    payload = payloads.parse(choice["payload"])
    return payload is not None and payload.intent == LISTEN


def _find(session: Session, conversation_id: int, message_id: int | None) -> Heard | None:
    """What this person was told: that message, or all that was said since they last spoke. No sound is said again."""
    here = Message.conversation_id == conversation_id
    said = select(Message).where(
        here,
        Message.direction == "out",
        Message.author == "bot",
        Message.status != "dropped",
        Message.text.is_not(None),
    )
    if message_id is not None:
        said = said.where(Message.id == message_id)
    last = session.scalars(said.order_by(Message.id.desc()).limit(LOOKED_AT)).all()
    read = [message for message in last if message.text and not is_sound(message)]
    if not read:
        return None
    spoke = select(func.max(Message.id)).where(here, Message.direction == "in", Message.id < read[0].id)
    before = session.scalar(spoke) or 0
    ids = [message.id for message in read if message.id > before]
    return Heard(tuple(sorted(ids)), _choices(read[0]))


def _choices(message: Message) -> tuple[Choice, ...]:
    choices = (message.content or {}).get("choices") or ()
    return tuple(Choice(**choice) for choice in choices if not _listens(choice))
