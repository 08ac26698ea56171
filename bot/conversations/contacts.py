"""Finding the people who write to us, and what they tell about themselves."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from bot.conversations.models import Address, Contact, Conversation
from bot.conversations.texts import clean
from db.crypto import fingerprint

# The statements of every turn, built once: building one costs more than running it.
_LOCK = (
    select(Conversation)
    .where(Conversation.id == bindparam("conversation_id"))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)
_PERSON = select(Address).where(Address.id == bindparam("address_id")).options(joinedload(Address.contact))


def find(session: Session, channel: str, external_id: str) -> Conversation | None:
    """The conversation of whoever has this address on that channel."""
    return session.scalar(
        select(Conversation)
        .join(Address, Conversation.address_id == Address.id)
        .where(Address.channel == channel, Address.fingerprint == fingerprint(channel, external_id))
    )


def lock(session: Session, conversation_id: int) -> Conversation:
    """The conversation, held until the transaction ends, as it is now: whoever decides on it comes here first.

    NO KEY UPDATE rather than UPDATE: a message that arrives meanwhile refers to the row and must not wait for us.
    Order of locks everywhere: conversation, then case, then address.
    """
    return session.scalars(_LOCK, {"conversation_id": conversation_id}).one()


def load_person(session: Session, conversation: Conversation) -> None:
    """Fetches who speaks and from where in one go, once the conversation is held: `.address` and `.contact`."""
    address = session.scalars(_PERSON, {"address_id": conversation.address_id}).one()
    set_committed_value(conversation, "address", address)
    set_committed_value(conversation, "contact", address.contact)


def lock_all(session: Session, contact_ids: Iterable[int]) -> list[Conversation]:
    """Every conversation of these people, held; also one that joined them while we waited for the others."""
    people, held = set(contact_ids), dict[int, Conversation]()
    mine = select(Conversation.id).where(Conversation.contact_id.in_(people)).order_by(Conversation.id)
    while missing := [each for each in session.scalars(mine) if each not in held]:
        held |= {conversation_id: lock(session, conversation_id) for conversation_id in missing}
    return [conversation for _, conversation in sorted(held.items()) if conversation.contact_id in people]


def latest_conversation(session: Session, contact_id: int) -> Conversation | None:
    """Where the person last spoke and can still be reached."""
    return session.scalar(
        select(Conversation)
        .join(Address, Conversation.address_id == Address.id)
        .where(
            Conversation.contact_id == contact_id,
            Address.external_id.is_not(None),
            Address.stopped_at.is_(None),
            Address.blocked_at.is_(None),
        )
        .order_by(Conversation.updated_at.desc(), Conversation.id.desc())
        .limit(1)
    )


def is_reachable(address: Address) -> bool:
    """Whether a message can still get there."""
    return address.external_id is not None and address.stopped_at is None and address.blocked_at is None


def refer(contact: Contact, code: str | None, now: datetime) -> None:
    """Keeps by which poster the person came; the first one stays."""
    if code is not None and contact.referral is None:
        contact.referral, contact.referred_at = code, now


def rename(contact: Contact, name: str | None) -> None:
    """Keeps how the person wants to be called."""
    contact.name = (clean(name).strip() or None) if name else None


def set_phone(contact: Contact, phone: str | None) -> None:
    """Keeps the number (E.164) at which the person wants to be called."""
    contact.phone = phone


def set_language(contact: Contact, language: str) -> None:
    """Keeps the language the person asked for."""
    contact.language = language


def touch(conversation: Conversation, now: datetime) -> None:
    """Remembers that something was said."""
    conversation.updated_at = now


def random_fingerprint() -> str:
    """Looks like a fingerprint, leads to no one."""
    return secrets.token_hex(32)


def forget_address(address: Address) -> None:
    """Makes the address unreachable and its person unknown to us."""
    address.external_id = None
    address.fingerprint = random_fingerprint()
