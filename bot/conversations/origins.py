"""Where a person comes from, when a poster brought them."""

from sqlalchemy.orm import Session

from bot.conversations.models import Contact
from directory import posters


def origin_words(session: Session, contact_id: int) -> str | None:
    """The poster, where it leads and its date, for whoever reads the case; None when no poster brought the person."""
    contact = session.get_one(Contact, contact_id)
    if contact.referral is None or contact.referred_at is None:
        return None
    poster = posters.find(session, contact.referral)
    if poster is None:
        return contact.referral
    spot = posters.spot(poster, contact.referred_at)
    on = f"{spot.on:%d/%m/%Y}" if spot.on else None
    return " · ".join(part for part in (poster.code, spot.town, spot.address, poster.label, on) if part)
