"""Which lead a member of the leads' group is: proved once, by a code from the desk typed in private.

A code has forty bits and lives for minutes: nobody guesses one. A lead has one account, an account one lead.
"""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.conversations.group_models import LeadCode, LeadLink
from db.crypto import fingerprint
from directory.models import Lead

LASTS = timedelta(minutes=15)
PREFIX = "relais-"
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that reads like another
_LENGTH = 8


def issue(session: Session, lead_id: int, now: datetime) -> str:
    """A new code for this lead, whose former one ends."""
    session.execute(delete(LeadCode).where((LeadCode.lead_id == lead_id) | (LeadCode.expires_at <= now)))
    code = PREFIX + "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    session.add(LeadCode(lead_id=lead_id, code=code, digest=_digest(code), expires_at=now + LASTS))
    session.flush()
    return code


def live_code(session: Session, lead_id: int, now: datetime) -> LeadCode | None:
    """The lead's code, as long as it works."""
    return session.scalar(select(LeadCode).where(LeadCode.lead_id == lead_id, LeadCode.expires_at > now))


def redeem(session: Session, account: str, typed: str, now: datetime) -> int | None:
    """Links this account to the lead whose code it is; the lead's id, None when the code leads to nobody any more."""
    used = delete(LeadCode).where(LeadCode.digest == _digest(typed), LeadCode.expires_at > now)
    lead_id: int | None = session.execute(used.returning(LeadCode.lead_id)).scalar()
    if lead_id is None:
        return None
    mine = _fingerprint(account)
    session.execute(delete(LeadLink).where((LeadLink.lead_id == lead_id) | (LeadLink.fingerprint == mine)))
    session.add(LeadLink(lead_id=lead_id, fingerprint=mine, created_at=now))
    session.flush()
    return lead_id


def lead_behind(session: Session, account: str) -> int | None:
    """The id of the active lead whose account this is; None for anybody else."""
    linked = select(LeadLink.lead_id).join(Lead, Lead.id == LeadLink.lead_id)
    return session.scalar(linked.where(LeadLink.fingerprint == _fingerprint(account), Lead.active))


def link_of(session: Session, lead_id: int) -> LeadLink | None:
    """The account this lead acts from, if any."""
    return session.get(LeadLink, lead_id)


def unlink(session: Session, lead_id: int) -> None:
    """Nobody acts for this lead from the group any more, nor can with a code given out before."""
    for table in (LeadLink, LeadCode):
        session.execute(delete(table).where(table.lead_id == lead_id))


def _digest(code: str) -> str:
    return fingerprint("lead code", code.strip().upper())


def _fingerprint(account: str) -> str:
    return fingerprint("lead on telegram", account)
