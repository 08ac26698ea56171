"""Sessions of the desk: a random token in a cookie, its digest in a row, twelve hours at most."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, contains_eager

from desk.models import DeskAccount, DeskSession, DeskSubmission
from directory.models import Coverage, Lead

LASTS = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=10)  # how precisely `last_seen_at` is kept: a page view need not be a write
SUBMISSIONS_LAST = timedelta(days=2)  # longer than any session


@dataclass(frozen=True)
class Visitor:
    """The lead behind a request. `sees_all`: their territory is the whole country."""

    token_digest: str
    account_id: int
    lead_id: int
    role: str
    csrf_token: str
    sees_all: bool
    last_seen_at: datetime


def digest(token: str) -> str:
    """What is stored of a cookie's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def start(session: Session, account_id: int, now: datetime) -> str:
    """Opens a session and returns its token, for the cookie. Sweeps what has expired."""
    session.execute(delete(DeskSession).where(DeskSession.expires_at <= now))
    session.execute(delete(DeskSubmission).where(DeskSubmission.created_at <= now - SUBMISSIONS_LAST))
    token = secrets.token_urlsafe(32)
    session.add(
        DeskSession(
            token_digest=digest(token),
            account_id=account_id,
            csrf_token=secrets.token_urlsafe(32),
            created_at=now,
            last_seen_at=now,
            expires_at=now + LASTS,
        )
    )
    session.flush()
    return token


def find(session: Session, token: str | None, now: datetime) -> Visitor | None:
    """Who holds this token; None when it is unknown or over, or when the lead is no longer active."""
    if not token:
        return None
    national = exists().where(Coverage.lead_id == Lead.id, Coverage.scope == "national")
    row = session.execute(
        select(DeskSession, national)
        .join(DeskSession.account)
        .join(DeskAccount.lead)
        .where(DeskSession.token_digest == digest(token), DeskSession.expires_at > now, Lead.active)
        .options(contains_eager(DeskSession.account).contains_eager(DeskAccount.lead))
    ).first()
    if row is None:
        return None
    inside, sees_all = row
    return Visitor(
        token_digest=inside.token_digest,
        account_id=inside.account_id,
        lead_id=inside.account.lead_id,
        role=inside.account.lead.role,
        csrf_token=inside.csrf_token,
        sees_all=bool(sees_all),
        last_seen_at=inside.last_seen_at,
    )


def seen(session: Session, visitor: Visitor, now: datetime) -> None:
    """Remembers that the session is in use."""
    row = update(DeskSession).where(DeskSession.token_digest == visitor.token_digest)
    session.execute(row.values(last_seen_at=now))


def end(session: Session, token_digest: str) -> None:
    """Closes a session."""
    session.execute(delete(DeskSession).where(DeskSession.token_digest == token_digest))


def take_form(session: Session, token: str, account_id: int, now: datetime) -> bool:
    """Marks a form as taken. False: it was already, and nothing is left to do.

    Two clicks at once: the second insert waits for the first's transaction, then finds the row.
    """
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = insert(DeskSubmission).values(token=token[:64], account_id=account_id, created_at=now)
    return session.scalar(row.on_conflict_do_nothing().returning(DeskSubmission.token)) is not None
