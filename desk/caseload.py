"""The first page: the open cases of a lead's territory, who waits first on top, and the coming bookings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.conversations import cases
from bot.conversations.case_models import Case, CaseEntry
from bot.conversations.models import Conversation, Message
from desk import agenda
from desk.door import Page, Visit, fragment
from directory.geography import gazetteer
from directory.models import Lead

CLOSED_SHOWN = 100
ANSWERS = ("note", "given_back")  # lines of a timeline by which a lead shows they dealt with the person
COMING = timedelta(days=15)


@dataclass(frozen=True)
class CaseLine:
    """One case in the list. `waiting_since`: None when a lead had the last word."""

    case: Case
    channel: str
    commune: str | None
    speaker: str | None  # None: the bot
    mine: bool  # the visitor speaks
    waiting_since: datetime | None


def commune_name(insee_code: str | None) -> str | None:
    """What a commune is called; its code when nobody knows it."""
    if insee_code is None:
        return None
    commune = gazetteer().by_insee(insee_code)
    return commune.name if commune else insee_code


def lines(session: Session, lead_id: int, found: Sequence[Case]) -> list[CaseLine]:
    """The cases in the order in which to treat them: urgent first, then whoever waits longest, the answered last."""
    ids = [case.conversation_id for case in found]
    conversations = {row.id: row for row in session.scalars(select(Conversation).where(Conversation.id.in_(ids)))}
    roles = _roles(session, conversations.values())
    waiting = _waiting(session, found)
    result = []
    for case in found:
        conversation = conversations[case.conversation_id]
        owner = conversation.owner_lead_id
        result.append(
            CaseLine(
                case=case,
                channel=conversation.channel,
                commune=commune_name(case.insee_code),
                speaker=None if owner is None else roles.get(owner, ""),
                mine=owner == lead_id,
                waiting_since=waiting.get(case.id),
            )
        )
    return sorted(result, key=_order)


def _order(line: CaseLine) -> tuple[bool, bool, datetime]:
    return not line.case.urgent, line.waiting_since is None, line.waiting_since or line.case.updated_at


def _roles(session: Session, conversations: Iterable[Conversation]) -> Mapping[int, str]:
    owners = {row.owner_lead_id for row in conversations if row.owner_lead_id is not None}
    return dict(session.execute(select(Lead.id, Lead.role).where(Lead.id.in_(owners))).all())


def _waiting(session: Session, found: Sequence[Case]) -> dict[int, datetime]:
    """Since when each person waits for a human: their first message since a lead last dealt with them."""
    said = dict(
        session.execute(
            select(Message.conversation_id, func.max(Message.created_at))
            .where(Message.author == "lead", Message.conversation_id.in_([case.conversation_id for case in found]))
            .group_by(Message.conversation_id)
        ).all()
    )
    noted = dict(
        session.execute(
            select(CaseEntry.case_id, func.max(CaseEntry.created_at))
            .where(CaseEntry.kind.in_(ANSWERS), CaseEntry.case_id.in_([case.id for case in found]))
            .group_by(CaseEntry.case_id)
        ).all()
    )
    dealt = {
        case.id: max((at for at in (said.get(case.conversation_id), noted.get(case.id)) if at), default=case.opened_at)
        for case in found
    }
    result = {case.id: case.opened_at for case in found if dealt[case.id] <= case.opened_at}
    answered = {case.conversation_id: case.id for case in found if case.id not in result}
    if answered:
        newer = select(Message.conversation_id, Message.created_at).where(
            Message.conversation_id.in_(answered),
            Message.author == "resident",
            Message.created_at > min(dealt[case_id] for case_id in answered.values()),
        )
        for conversation_id, at in session.execute(newer.order_by(Message.id)):
            case_id = answered[conversation_id]
            if at > dealt[case_id]:
                result.setdefault(case_id, at)
    return result


def _list(visit: Visit) -> Sequence[CaseLine]:
    found = cases.visible(visit.session, visit.visitor.lead_id, sees_all=visit.visitor.sees_all)
    return lines(visit.session, visit.visitor.lead_id, found)


def show(visit: Visit) -> Response:
    """Open cases, then today's, tomorrow's and the coming bookings."""
    found = _list(visit)
    section, version = visit.section("caseload", "_caseload.html", lines=found)
    days = dict(agenda.coming(visit, visit.now, visit.now + COMING))
    tomorrow = visit.today + agenda.DAY
    return visit.page(
        "home.html",
        section=section,
        version=version,
        days=sorted({tomorrow: [], **days}.items()),
        any_booking=bool(days),
        today=visit.today,
        tomorrow=tomorrow,
    )


def live(visit: Visit) -> Response:
    """The list alone, for the script; 204 when the page has it already."""
    section, version = visit.section("caseload", "_caseload.html", lines=_list(visit))
    return fragment(visit, section, version)


def closed(visit: Visit) -> Response:
    """Cases that are over, the latest first."""
    visitor = visit.visitor
    every = cases.visible(visit.session, visitor.lead_id, sees_all=visitor.sees_all, open_only=False)
    over = [case for case in every if case.closed_at is not None]
    over.sort(key=lambda case: case.closed_at or case.opened_at, reverse=True)
    return visit.page("closed.html", lines=[(case, commune_name(case.insee_code)) for case in over[:CLOSED_SHOWN]])


ITEMS = (Page("/", show), Page("/live", live), Page("/closed", closed))
