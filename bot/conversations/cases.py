"""Cases: what a lead treats, who may treat it, and who speaks with the person meanwhile.

Whoever changes the speaker holds the conversation's lock, as a turn does: the bot and a lead never both decide.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session, joinedload

from bot import outbox
from bot.channels.gsm7 import fold
from bot.conversations import contacts, threads
from bot.conversations.case_models import Case, CaseEntry
from bot.conversations.errors import CaseClosed, EmptyText, OtherSpeaker, TooLong, UnknownOutcome, Unreachable
from bot.conversations.models import Conversation, Message
from bot.conversations.origins import origin_words
from bot.conversations.summary import summarise
from bot.conversations.texts import clean
from bot.errors import NotYours
from db.insert import insert_once
from directory.models import Coverage

OUTCOMES = ("created", "shaping", "employed", "oriented", "unreachable")
"""What became of a project when its case is closed."""

LONGEST_TEXT = 1_500
"""Characters of what a lead writes at once: ten SMS."""
LONGEST_SENT = 1_600
"""The same once it is in a handset's alphabet, where « … » is three. Source: Twilio, error 21617."""

LEAD_SPOKE = "lead_spoke"
"""Slot by which the assistant knows, at its next turn, that it must say who speaks again."""

_OPEN = Case.closed_at.is_(None)


def open_or_update(
    session: Session,
    *,
    contact_id: int,
    conversation_id: int,
    reason: str,
    now: datetime,
    entry_kind: str,
    lead_id: int | None = None,
    insee_code: str | None = None,
    profile: Mapping[str, Any] | None = None,
    summary: str | None = None,
    urgent: bool = False,
    entry_detail: Any = None,
) -> tuple[Case, bool]:
    """The person's open case with what is new, and whether it was opened now; a line is added to its timeline.

    A profile is merged into the former one, and the summary written from the whole unless one is given.
    """
    created = insert_once(
        session,
        Case,
        {
            "contact_id": contact_id,
            "conversation_id": conversation_id,
            "reason": reason,
            "opened_at": now,
            "updated_at": now,
        },
        unique=("contact_id",),
        where=_OPEN,
    )
    case = session.scalars(_locked(select(Case).where(Case.contact_id == contact_id, _OPEN))).one()
    if not _is_spoken_for(session, case):
        case.conversation_id = conversation_id
    case.reason, case.updated_at = reason, now
    case.lead_id = lead_id if lead_id is not None else case.lead_id
    case.insee_code = insee_code or case.insee_code
    case.urgent = case.urgent or urgent
    if profile:
        case.profile = {**(case.profile or {}), **profile}
    if summary or profile:
        case.summary = summary or summarise(case.profile)
    if created is not None and (origin := origin_words(session, contact_id)):
        _add_entry(session, case, "arrived", now, detail={"text": origin})
    _add_entry(session, case, entry_kind, now, detail=entry_detail)
    return case, created is not None


def open_case_of(session: Session, contact_id: int) -> Case | None:
    """The person's open case, held for a change; None when they have none."""
    return session.scalar(_locked(select(Case).where(Case.contact_id == contact_id, _OPEN)))


def take_over(session: Session, case_id: int, lead_id: int, now: datetime) -> Case:
    """The lead speaks from now on, the bot is silent. Taking over twice changes nothing."""
    case, conversation = _hold(session, case_id, lead_id)
    _refuse_closed(case)
    _take(session, case, conversation, lead_id, now)
    return case


def give_back(session: Session, case_id: int, lead_id: int, now: datetime) -> Case:
    """The bot speaks again. Nothing changes when it does already."""
    case, conversation = _hold(session, case_id, lead_id)
    _give_back(session, case, conversation, lead_id, now)
    return case


def release(session: Session, case: Case, now: datetime) -> None:
    """The bot speaks again where this case last moved, whoever spoke; the conversation is held."""
    conversation = session.get_one(Conversation, case.conversation_id)
    if conversation.owner_lead_id is not None:
        _give_back(session, case, conversation, conversation.owner_lead_id, now)


def checked(text: str) -> str:
    """What a lead wrote as it may be sent on any channel; raises EmptyText or TooLong."""
    said = clean(text).strip()
    if not said:
        raise EmptyText
    if len(said) > LONGEST_TEXT or len(fold(said)) > LONGEST_SENT:
        raise TooLong
    return said


def reply(session: Session, case_id: int, lead_id: int, text: str, now: datetime) -> Message:
    """Writes to the person in the lead's name, who takes over when nobody has. Nobody waits any more.

    Raises OtherSpeaker while another lead speaks, EmptyText or TooLong for what cannot be one message, Unreachable
    when it would get nowhere.
    """
    said = checked(text)
    case, conversation = _hold(session, case_id, lead_id)
    _refuse_closed(case)
    if not contacts.is_reachable(conversation.address):
        raise Unreachable
    if conversation.owner_lead_id not in (None, lead_id):
        raise OtherSpeaker
    _take(session, case, conversation, lead_id, now)
    _drop_question(conversation)
    message = Message(
        conversation_id=conversation.id,
        direction="out",
        author="lead",
        channel=conversation.channel,
        text=said,
        owner_epoch=conversation.owner_epoch,
        lead_id=lead_id,
        created_at=now,
    )
    outbox.owe_delivery(session, message, now)
    contacts.touch(conversation, now)
    case.urgent, case.updated_at = False, now
    return message


def note(session: Session, case_id: int, lead_id: int, text: str, now: datetime) -> CaseEntry:
    """Adds a note that only leads read. Raises EmptyText or TooLong."""
    noted = checked(text)
    case, _ = _hold(session, case_id, lead_id)
    return _add_entry(session, case, "note", now, lead_id=lead_id, detail={"text": noted})


def close(session: Session, case_id: int, lead_id: int, outcome: str, now: datetime) -> Case:
    """Ends the case with what became of the project, one of OUTCOMES; the bot speaks again. Once is enough."""
    if outcome not in OUTCOMES:
        raise UnknownOutcome(f"{outcome!r} is not an outcome; use one of {', '.join(OUTCOMES)}")
    case, conversation = _hold(session, case_id, lead_id)
    if case.closed_at is None:
        _give_back(session, case, conversation, lead_id, now)
        case.outcome, case.closed_at, case.urgent = outcome, now, False
        _add_entry(session, case, "closed", now, lead_id=lead_id, detail={"outcome": outcome})
    return case


def visible(session: Session, lead_id: int, *, sees_all: bool = False, open_only: bool = True) -> list[Case]:
    """The cases of a lead's territory: those that wait for a human first, then by age. All of them for `sees_all`."""
    query = select(Case).options(joinedload(Case.contact)).order_by(Case.urgent.desc(), Case.opened_at, Case.id)
    if not (sees_all or _is_national(session, lead_id)):
        query = query.where(Case.lead_id == lead_id)
    if open_only:
        query = query.where(Case.closed_at.is_(None))
    return list(session.scalars(query))


def get(session: Session, case_id: int, lead_id: int, *, sees_all: bool = False) -> Case:
    """The case, if it lies in the lead's territory; else, and when there is none, raises NotYours."""
    case = session.get(Case, case_id)
    if case is None or not (sees_all or _may_treat(session, case, lead_id)):
        raise NotYours
    return case


def transcript(session: Session, conversation_id: int, limit: int = 200) -> list[Message]:
    """The last messages of a conversation, oldest first."""
    last = select(Message).where(Message.conversation_id == conversation_id).order_by(Message.id.desc()).limit(limit)
    return list(session.scalars(last))[::-1]


def _may_treat(session: Session, case: Case, lead_id: int) -> bool:
    return case.lead_id == lead_id or _is_national(session, lead_id)


def _is_spoken_for(session: Session, case: Case) -> bool:
    """Whether a lead speaks where the case last moved: it stays there, whatever the person writes on another phone."""
    owner = select(Conversation.owner_lead_id).where(Conversation.id == case.conversation_id)
    return session.scalar(owner) is not None


def _is_national(session: Session, lead_id: int) -> bool:
    return bool(session.scalar(select(exists().where(Coverage.lead_id == lead_id, Coverage.scope == "national"))))


def _hold(session: Session, case_id: int, lead_id: int) -> tuple[Case, Conversation]:
    """The case and the conversation where it last moved, both locked, if the lead may treat it."""
    case = get(session, case_id, lead_id)
    while True:
        conversation = contacts.lock(session, case.conversation_id)
        case = session.scalars(_locked(select(Case).where(Case.id == case_id))).one()
        if not _may_treat(session, case, lead_id):
            raise NotYours
        if case.conversation_id == conversation.id:
            return case, conversation


def _locked(query: Select[Case]) -> Select[Case]:
    return query.with_for_update(key_share=True).execution_options(populate_existing=True)


def _refuse_closed(case: Case) -> None:
    if case.closed_at is not None:
        raise CaseClosed


def _take(session: Session, case: Case, conversation: Conversation, lead_id: int, now: datetime) -> None:
    if conversation.owner_lead_id != lead_id:
        conversation.owner_lead_id = lead_id
        conversation.owner_epoch += 1
        _drop_question(conversation)
        _add_entry(session, case, "taken", now, lead_id=lead_id)


def _drop_question(conversation: Conversation) -> None:
    """What the bot asked last is over: a yes to the lead must not be read as a yes to the bot."""
    if conversation.state is not None:
        conversation.state = {"slots": conversation.state.get("slots", {})}


def _give_back(session: Session, case: Case, conversation: Conversation, lead_id: int, now: datetime) -> None:
    if conversation.owner_lead_id is not None:
        conversation.owner_lead_id = None
        conversation.owner_epoch += 1
        state = conversation.state or {}
        conversation.state = {**state, "slots": {**state.get("slots", {}), LEAD_SPOKE: True}}
        _add_entry(session, case, "given_back", now, lead_id=lead_id)


def _add_entry(
    session: Session, case: Case, kind: str, now: datetime, *, lead_id: int | None = None, detail: Any = None
) -> CaseEntry:
    entry = CaseEntry(case=case, kind=kind, lead_id=lead_id, detail=detail, created_at=now)
    session.add(entry)
    case.updated_at = now
    session.flush()
    threads.owe_telling(session, case.id, f"entry:{entry.id}", now, opens=kind in threads.OPENS)
    return entry
