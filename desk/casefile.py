"""One case: who the person is, what was said, who speaks, and the forms by which a lead treats it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from starlette.responses import Response

from bot.conversations import cases, contacts, wording
from bot.conversations.case_models import Case, CaseEntry
from bot.conversations.cases import LONGEST_TEXT
from bot.conversations.models import Address, Conversation, Message
from desk import words
from desk.caseload import commune_name
from desk.door import Action, Page, Visit, fragment
from desk.errors import Refused
from directory import bookings
from directory.days import zone
from directory.models import Booking, Lead
from flows.engine.speech import show as show_value

MESSAGES_SHOWN, ALL_MESSAGES = 20, 1_000
ON_THEIR_OWN = ("name", "phone")  # profile slots that the page shows elsewhere


@dataclass(frozen=True)
class MessageLine:
    """One thing said. `new_day`: the day, on its first message."""

    message: Message
    author: str
    text: str
    choices: Sequence[str]
    new_day: date | None


@dataclass(frozen=True)
class EntryLine:
    """One line of the timeline: what, a detail in words, and the role of who did it."""

    entry: CaseEntry
    detail: str
    role: str | None


@dataclass(frozen=True)
class CaseFile:
    """A case as the page shows it. `reachable`: a message can still get there."""

    case: Case
    conversation: Conversation
    address: Address
    commune: str | None
    speaker: str | None
    mine: bool
    reachable: bool
    profile: Sequence[tuple[str, str]]
    reach: str | None


def _load(visit: Visit) -> CaseFile:
    session, visitor = visit.session, visit.visitor
    case = cases.get(session, visit.id("case_id"), visitor.lead_id, sees_all=visitor.sees_all)
    conversation = session.get_one(Conversation, case.conversation_id)
    owner, address = conversation.owner_lead_id, conversation.address
    return CaseFile(
        case=case,
        conversation=conversation,
        address=address,
        commune=commune_name(case.insee_code),
        speaker=None if owner is None else _role(visit, owner),
        mine=owner == visitor.lead_id,
        reachable=contacts.is_reachable(address),
        profile=_profile(case.profile),
        reach=_meaning("reach", (case.profile or {}).get("reach")),
    )


def _role(visit: Visit, lead_id: int) -> str:
    lead = visit.session.get(Lead, lead_id)
    return "" if lead is None else lead.role


def _profile(profile: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """Labels and values in the order of `words.yml`; what the order does not know comes last."""
    told = {name: _meaning(name, value) for name, value in (profile or {}).items() if name not in ON_THEIR_OWN}
    order = {name: at for at, name in enumerate(words.WORDS["profile"])}
    names = sorted(told, key=lambda name: order.get(name, len(order)))
    return [(words.label("profile", name), meaning) for name in names if (meaning := told[name])]


def _meaning(name: str, value: Any) -> str | None:
    """What a slot's value means in French; a text as the person wrote it; None when nothing was told."""
    shown = show_value(value).strip()
    return wording.labels().get(name, {}).get(shown, shown) or None


def _messages(visit: Visit, file: CaseFile, limit: int) -> list[MessageLine]:
    result: list[MessageLine] = []
    last_day: date | None = None
    said = [
        message
        for message in cases.transcript(visit.session, file.conversation.id, limit)
        if not (message.author == "bot" and message.status == "dropped")  # never said: a lead had taken over
    ]
    for message in said:
        on = message.created_at.astimezone(visit.renderer.zone).date()
        author = words.label("authors", message.author)
        if message.lead_id is not None:
            mine = message.lead_id == visit.visitor.lead_id
            author = words.label("authors", "self") if mine else _role(visit, message.lead_id) or author
        elif message.author == "resident":
            author = file.case.contact.name or author
        content = message.content if isinstance(message.content, dict) else {}
        offered = content.get("choices") or () if message is said[-1] else ()  # those of a former question are noise
        choices = [str(choice.get("title", "")) for choice in offered]
        result.append(MessageLine(message, author, _said(message, content), choices, on if on != last_day else None))
        last_day = on
    return result


def _has_older(visit: Visit, file: CaseFile) -> bool:
    """Whether the conversation is longer than what is shown at first."""
    count = select(func.count()).select_from(Message).where(Message.conversation_id == file.conversation.id)
    return (visit.session.scalar(count) or 0) > MESSAGES_SHOWN


def _said(message: Message, content: Mapping[str, Any]) -> str:
    """The text, or words for what is not text."""
    if message.text:
        return message.text
    kind = content.get("kind") or next((name for name in ("location", "contact", "payload") if content.get(name)), None)
    return words.label("contents", "choice" if kind == "payload" else kind)


def _timeline(visit: Visit, file: CaseFile) -> list[EntryLine]:
    entries = visit.session.scalars(
        select(CaseEntry).where(CaseEntry.case_id == file.case.id).order_by(CaseEntry.id.desc())
    )
    return [
        EntryLine(entry, _detail(visit, entry), None if entry.lead_id is None else _role(visit, entry.lead_id))
        for entry in entries
    ]


def _detail(visit: Visit, entry: CaseEntry) -> str:
    """The words of an entry's detail: a note's text, an outcome, a booking's time."""
    detail = entry.detail if isinstance(entry.detail, dict) else {}
    if "text" in detail:
        return str(detail["text"])
    if "outcome" in detail:
        return words.label("outcomes", str(detail["outcome"]))
    if "booking_id" in detail:
        booking = visit.session.get(Booking, detail["booking_id"])
        return _booking_words(booking, visit.now) if booking else ""
    reason = words.label("reasons", str(detail["reason"])) if "reason" in detail else ""
    return "" if reason == words.label("entries", entry.kind) else reason


def _booking_words(booking: Booking, now: datetime) -> str:
    return f"{words.moment(booking.starts_at, now, zone(booking.place.timezone))}, {booking.place.name}"


def _sections(visit: Visit, file: CaseFile, limit: int) -> tuple[dict[str, Any], str]:
    """The parts the script refreshes, and the version of them all."""
    speaker = visit.section("speaker", "_speaker.html", file=file)
    transcript = visit.section("transcript", "_transcript.html", lines=_messages(visit, file, limit))
    timeline = visit.section("timeline", "_timeline.html", lines=_timeline(visit, file))
    parts = {"speaker": speaker, "transcript": transcript, "timeline": timeline}
    return {name: html for name, (html, _) in parts.items()}, "-".join(version for _, version in parts.values())


def show(visit: Visit) -> Response:
    """The whole case."""
    file = _load(visit)
    every = "tout" in visit.query
    sections, version = _sections(visit, file, ALL_MESSAGES if every else MESSAGES_SHOWN)
    coming = bookings.upcoming(visit.session, file.case.contact_id, visit.now)
    return visit.page(
        "case.html",
        file=file,
        sections=sections,
        version=version,
        every=every,
        older=_has_older(visit, file),
        coming=[(booking, _booking_words(booking, visit.now)) for booking in coming],
        own={booking.id for booking in coming if visit.visitor.sees_all or booking.lead_id == visit.visitor.lead_id},
        outcomes=cases.OUTCOMES,
        longest=LONGEST_TEXT,
    )


def live(visit: Visit) -> Response:
    """What may have changed, for the script; 204 when nothing did."""
    limit = ALL_MESSAGES if "tout" in visit.query else MESSAGES_SHOWN
    sections, version = _sections(visit, _load(visit), limit)
    return fragment(visit, "".join(sections.values()), version)


def take_over(visit: Visit) -> str:
    """The lead speaks, the bot is silent."""
    cases.take_over(visit.session, visit.id("case_id"), visit.visitor.lead_id, visit.now)
    return "taken"


def give_back(visit: Visit) -> str:
    """The bot speaks again."""
    cases.give_back(visit.session, visit.id("case_id"), visit.visitor.lead_id, visit.now)
    return "given_back"


def reply(visit: Visit) -> str:
    """Writes to the person; refused rather than lost when no message can reach them."""
    file = _load(visit)
    contacts.lock(visit.session, file.conversation.id)
    visit.session.refresh(file.address)
    if file.case.contact.erased_at is not None:
        raise Refused("erased")
    cases.reply(visit.session, file.case.id, visit.visitor.lead_id, visit.form.get("text", ""), visit.now)
    return "replied"


def note(visit: Visit) -> str:
    """Adds a note for leads."""
    cases.note(visit.session, visit.id("case_id"), visit.visitor.lead_id, visit.form.get("note", ""), visit.now)
    return "noted"


def close(visit: Visit) -> str:
    """Ends the case with what became of the project."""
    outcome = visit.form.get("outcome", "")
    cases.close(visit.session, visit.id("case_id"), visit.visitor.lead_id, outcome, visit.now)
    return "closed"


def own_page(visit: Visit) -> str:
    """The case itself, where every form of it leads back to."""
    return f"/cases/{visit.id('case_id')}"


ITEMS = (
    Page("/cases/{case_id:int}", show),
    Page("/cases/{case_id:int}/live", live),
    Action("/cases/{case_id:int}/take", take_over, own_page, show),
    Action("/cases/{case_id:int}/give-back", give_back, own_page, show),
    Action("/cases/{case_id:int}/reply", reply, own_page, show),
    Action("/cases/{case_id:int}/note", note, own_page, show),
    Action("/cases/{case_id:int}/close", close, own_page, show),
)
