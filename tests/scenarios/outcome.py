"""What has come of a scenario: bookings, cases, notifications, consent, and what is still to be said."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from bot.conversations.case_models import Case
from bot.conversations.models import Conversation, Message
from directory.models import Booking, Lead
from flows.engine.speech import show
from tests.scenarios.given import ZONE
from tests.scenarios.stage import AFTERWARDS, Stage


def check(stage: Stage, then: Mapping[str, Any], ran: set[str]) -> None:
    """Compares everything `then` speaks of with the rows; what it is silent about may be anything."""
    if "bookings" in then:
        assert _bookings(stage) == [dict(each) for each in then["bookings"]]
    if "cases" in then:
        _check_cases(_cases(stage), then["cases"])
    if "notifications" in then:
        assert stage.house.mailbox.facts == then["notifications"]
    if "slots" in then:
        slots = stage.state().slots
        assert {name: shown(slots.get(name)) for name in then["slots"]} == then["slots"]
    if "referral" in then:
        with stage.database.reading() as session:
            assert session.get_one(Conversation, stage.conversation_id).contact.referral == then["referral"]
    if "stopped" in then:
        assert _is_stopped(stage) is then["stopped"]
    if "erased" in then:
        assert _is_erased(stage) is then["erased"]
    missing = set(then.get("exercises", ())) - ran
    assert not missing, f"declared to be exercised, but did not run: {sorted(missing)}; what ran: {sorted(ran)}"
    if "messages_after" in then:
        later = stage.advance(stage.clock.now + AFTERWARDS)
        assert len(later) == then["messages_after"], f"said afterwards: {[reply.text for reply in later]}"


def shown(value: Any) -> Any:
    """A slot's value as a scenario writes it: a town by its name, nothing as null."""
    return show(value) if isinstance(value, Mapping) else value


def _bookings(stage: Stage) -> list[dict[str, str]]:
    with stage.database.reading() as session:
        contact_id = session.get_one(Conversation, stage.conversation_id).contact_id
        mine = session.scalars(
            select(Booking)
            .where(Booking.status == "booked", Booking.contact_id == contact_id)
            .order_by(Booking.starts_at)
        )
        return [
            {"starts_at": f"{each.starts_at.astimezone(ZONE):%Y-%m-%dT%H:%M}", "place": each.place.code}
            for each in mine
        ]


def _cases(stage: Stage) -> list[dict[str, Any]]:
    with stage.database.reading() as session:
        return [
            {
                "reason": case.reason,
                "lead": lead,
                "urgent": case.urgent,
                "open": case.closed_at is None,
                "outcome": case.outcome,
                "summary": case.summary,
                "profile": {name: shown(value) for name, value in (case.profile or {}).items()},
                "timeline": [entry.kind for entry in case.entries],
            }
            for case, lead in session.execute(
                select(Case, Lead.code).outerjoin(Lead, Lead.id == Case.lead_id).order_by(Case.id)
            )
        ]


def _check_cases(found: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]]) -> None:
    assert len(found) == len(wanted), found
    for case, expected in zip(found, wanted, strict=True):
        profile = expected.get("profile", {})
        said = {name: case[name] for name in expected if name != "profile"}
        assert said == {name: value for name, value in expected.items() if name != "profile"}
        assert {name: case["profile"].get(name) for name in profile} == profile


def _is_stopped(stage: Stage) -> bool:
    with stage.database.reading() as session:
        return session.get_one(Conversation, stage.conversation_id).address.stopped_at is not None


def _is_erased(stage: Stage) -> bool:
    """Nothing that was said or told is left, the last word apart."""
    with stage.database.reading() as session:
        conversation = session.get_one(Conversation, stage.conversation_id)
        contact = conversation.contact
        texts = session.scalars(select(Message.text).where(Message.conversation_id == conversation.id)).all()
        gone = conversation.state is None and contact.name is None and contact.phone is None
        return contact.erased_at is not None and gone and sum(text is not None for text in texts) <= 1
