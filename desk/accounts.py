"""Accounts of the desk: making them, and the door that counts tries before it checks them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from desk import passwords
from desk.errors import LeadUnknown, LoginTaken
from desk.models import DeskAccount, DeskSession
from directory.models import Lead

MOST_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
LOGIN_LENGTH = 64


def fold_login(login: str) -> str:
    """A login as it is stored: case and surrounding blanks do not count."""
    return "".join(char for char in login.strip().lower() if char.isprintable())[:LOGIN_LENGTH]


def set_account(session: Session, lead_code: str, login: str | None, now: datetime) -> tuple[str, str]:
    """Creates a lead's account, or gives it a new password and empties its sessions. Returns (login, password).

    Raises LeadUnknown or LoginTaken.
    """
    lead = session.scalar(select(Lead).where(Lead.code == lead_code, Lead.active))
    if lead is None:
        known = session.scalars(select(Lead.code).where(Lead.active).order_by(Lead.code))
        raise LeadUnknown(lead_code, list(known))
    return _set(session, lead, login, now)


def ensure_demo_accounts(session: Session, now: datetime) -> list[tuple[str, str]]:
    """An account with a fresh password for every active lead. Returns (login, password) pairs, to be shown once."""
    leads = session.scalars(select(Lead).where(Lead.active).order_by(Lead.code)).all()
    return [_set(session, lead, None, now) for lead in leads]


def _set(session: Session, lead: Lead, login: str | None, now: datetime) -> tuple[str, str]:
    account = session.scalar(select(DeskAccount).where(DeskAccount.lead_id == lead.id))
    wanted = fold_login(login or "") or (account.login if account else fold_login(lead.code))
    holder = session.scalar(select(DeskAccount).where(DeskAccount.login == wanted))
    if holder is not None and holder.lead_id != lead.id:
        raise LoginTaken(wanted)
    password = passwords.generate()
    if account is None:
        account = DeskAccount(lead_id=lead.id, created_at=now)
        session.add(account)
    account.login = wanted
    account.password_hash = passwords.hash_password(password)
    account.failed_count, account.locked_until = 0, None
    session.flush()
    session.execute(delete(DeskSession).where(DeskSession.account_id == account.id))
    return wanted, password


@dataclass(frozen=True)
class Try:
    """One counted try at the door. `password_hash` is None when nobody may enter, whatever the password."""

    account_id: int | None
    password_hash: str | None


def begin_try(session: Session, login: str, now: datetime) -> Try:
    """Counts a try before its password is checked, so that a burst of guesses cannot outrun the lock.

    Commit, check the password with no transaction open (it is slow on purpose), then open a session.
    """
    query = select(DeskAccount).join(Lead).where(DeskAccount.login == fold_login(login), Lead.active)
    account = session.scalar(query.with_for_update(of=DeskAccount))
    if account is None:
        return Try(None, None)
    if account.locked_until is not None:
        if account.locked_until > now:
            return Try(account.id, None)
        account.failed_count, account.locked_until = 0, None
    account.failed_count += 1
    if account.failed_count >= MOST_FAILURES:
        account.locked_until = now + LOCKED_FOR
    return Try(account.id, account.password_hash)


def forgive(session: Session, account_id: int) -> None:
    """Forgets the tries of an account whose password was right."""
    account = session.get_one(DeskAccount, account_id)
    account.failed_count, account.locked_until = 0, None
