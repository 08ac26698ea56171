"""One open case per person, also when two people turn out to be one."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.conversations import cases, threads
from bot.conversations.case_models import Case, CaseEntry
from bot.conversations.models import Conversation
from bot.conversations.notifications import owe_notification
from bot.conversations.summary import summarise


def join(session: Session, kept_id: int, gone_id: int, now: datetime) -> None:
    """The cases of `gone_id` become those of `kept_id`, whose conversations are all held.

    Of two open cases one goes on with what both knew: the one in which a lead speaks, else the one of `kept_id`.
    """
    mine, theirs = cases.open_case_of(session, kept_id), cases.open_case_of(session, gone_id)
    if mine is not None and theirs is not None:
        goes_on, ends = (theirs, mine) if _speaker(session, theirs) and not _speaker(session, mine) else (mine, theirs)
        _end(session, ends, goes_on, now)
    session.execute(update(Case).where(Case.contact_id == gone_id).values(contact_id=kept_id))


def _end(session: Session, ends: Case, goes_on: Case, now: datetime) -> None:
    cases.release(session, ends, now)  # where two leads speak, one has to stop, and the robot says so
    goes_on.profile = {**(ends.profile or {}), **(goes_on.profile or {})} or None
    goes_on.summary = summarise(goes_on.profile) if goes_on.profile else goes_on.summary or ends.summary
    goes_on.lead_id = goes_on.lead_id if goes_on.lead_id is not None else ends.lead_id
    goes_on.insee_code = goes_on.insee_code or ends.insee_code
    if ends.urgent and not goes_on.urgent:
        goes_on.urgent = True
        owe_notification(session, "handoff", now, case_id=goes_on.id)
    ends.urgent, ends.closed_at = False, now
    for case, other in ((ends, goes_on), (goes_on, ends)):
        session.add(CaseEntry(case=case, kind="joined", detail={"text": str(other.id)}, created_at=now))
        case.updated_at = now
    session.flush()
    for case in (ends, goes_on):
        threads.owe_telling(session, case.id, f"joined:{ends.id}", now)


def _speaker(session: Session, case: Case) -> int | None:
    return session.scalar(select(Conversation.owner_lead_id).where(Conversation.id == case.conversation_id))
