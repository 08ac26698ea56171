"""Cases: one open per person, one speaker at a time, each lead in their territory."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import outbox
from bot.conversations import cases
from bot.conversations.case_models import Case
from bot.conversations.errors import CaseClosed, EmptyText, OtherSpeaker, UnknownOutcome
from bot.conversations.models import Conversation
from bot.conversations.summary import summarise
from bot.conversations.wording import labels
from bot.errors import NotYours
from db.session import Database
from directory.models import Coverage, Lead
from tests.bot.people import PHONE, FakeChannel, arrive, channels

MINE, COLLEAGUE, NATIONAL = 1, 2, 3


@pytest.fixture
def leads(database: Database) -> None:
    with database.transaction() as session:
        for number in (MINE, COLLEAGUE, NATIONAL):
            session.add(Lead(id=number, code=f"lead-{number}", role="Chef·fe de projet"))
        session.flush()
        session.add(Coverage(lead_id=NATIONAL, scope="national", code="FR"))


def opened(session: Session, now: datetime, address: str = PHONE, **more: Any) -> Case:
    conversation = arrive(session, now, address=address)
    options: dict[str, Any] = {"reason": "asked", "entry_kind": "handoff_requested", "lead_id": MINE, **more}
    return cases.open_or_update(
        session, contact_id=conversation.contact_id, conversation_id=conversation.id, now=now, **options
    )[0]


def speaker(session: Session, case: Case) -> tuple[int | None, int]:
    conversation = session.get_one(Conversation, case.conversation_id)
    return conversation.owner_lead_id, conversation.owner_epoch


def kinds(session: Session, case: Case) -> list[str]:
    session.expire(case)
    return [entry.kind for entry in case.entries]


def test_a_case_grows_with_what_is_told(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        conversation = arrive(session, now)
        where: dict[str, Any] = {"contact_id": conversation.contact_id, "conversation_id": conversation.id}
        case, created = cases.open_or_update(
            session, **where, reason="appointment", now=now, entry_kind="booked", entry_detail={"booking_id": 4},
            profile={"sector": "coiffure"},
        )  # fmt: skip
        later = now + timedelta(hours=1)
        again, created_again = cases.open_or_update(
            session, **where, reason="asked", now=later, entry_kind="handoff_requested", lead_id=MINE,
            insee_code="11069", profile={"idea": "ouvrir un salon"}, urgent=True,
        )  # fmt: skip
        assert (created, created_again, again.id) == (True, False, case.id)
        assert case.profile == {"sector": "coiffure", "idea": "ouvrir un salon"}
        assert case.summary == "Projet : ouvrir un salon (secteur : coiffure)."
        assert (case.lead_id, case.insee_code, case.urgent, case.reason) == (MINE, "11069", True, "asked")
        assert (case.opened_at, case.updated_at) == (now, later)
        assert kinds(session, case) == ["booked", "handoff_requested"]
        assert case.entries[0].detail == {"booking_id": 4}


def test_racers_open_one_case(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        conversation = arrive(session, now)

    def ask(_: int) -> bool:
        with database.transaction() as session:
            return cases.open_or_update(
                session, contact_id=conversation.contact_id, conversation_id=conversation.id,
                reason="asked", now=now, entry_kind="handoff_requested",
            )[1]  # fmt: skip

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(ask, range(4))) == 1
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 1
        assert len(session.scalars(select(Case)).one().entries) == 4


def test_a_closed_case_is_followed_by_a_new_one(database: Database, now: datetime, leads: None) -> None:
    with database.transaction() as session:
        first = opened(session, now)
        cases.close(session, first.id, MINE, "created", now)
        assert opened(session, now).id != first.id


def test_taking_over_and_giving_back_change_the_speaker(database: Database, now: datetime, leads: None) -> None:
    with database.transaction() as session:
        case = opened(session, now)
        assert speaker(session, case) == (None, 0)
        for _ in range(2):
            cases.take_over(session, case.id, MINE, now)
            assert speaker(session, case) == (MINE, 1)
        for _ in range(2):
            cases.give_back(session, case.id, MINE, now)
            assert speaker(session, case) == (None, 2)
        assert kinds(session, case) == ["handoff_requested", "taken", "given_back"]


def test_a_reply_takes_over_and_reaches_the_person(database: Database, now: datetime, leads: None) -> None:
    with database.transaction() as session:
        case = opened(session, now, urgent=True)
        message = cases.reply(session, case.id, MINE, " Bonjour,\x00 je vous appelle demain. ", now)
        assert speaker(session, case) == (MINE, 1)
        assert (message.status, message.author, message.lead_id) == ("queued", "lead", MINE)
        assert not case.urgent
    channel = FakeChannel()
    (job,) = outbox.claim(database, now, 60, ["deliver_message"])
    assert outbox.deliver(database, channels(channel), job, now)
    assert channel.texts == ["Bonjour, je vous appelle demain."]


def test_a_reply_on_a_web_page_is_there_at_once(database: Database, now: datetime, leads: None) -> None:
    with database.transaction() as session:
        conversation = arrive(session, now, channel="web", address="token")
        case, _ = cases.open_or_update(
            session, contact_id=conversation.contact_id, conversation_id=conversation.id, reason="asked", now=now,
            entry_kind="handoff_requested", lead_id=MINE,
        )  # fmt: skip
        assert cases.reply(session, case.id, MINE, "Bonjour", now).status == "sent"
    assert outbox.claim(database, now, 60, ["deliver_message"]) == []


def test_two_leads_never_speak_at_once(database: Database, now: datetime, leads: None) -> None:
    with database.transaction() as session:
        case = opened(session, now)
        cases.take_over(session, case.id, MINE, now)
        with pytest.raises(OtherSpeaker):
            cases.reply(session, case.id, NATIONAL, "Bonjour", now)
        cases.take_over(session, case.id, NATIONAL, now)
        assert speaker(session, case) == (NATIONAL, 2)
        cases.reply(session, case.id, NATIONAL, "Bonjour", now)


def test_closing_ends_the_relay(database: Database, now: datetime, leads: None) -> None:
    with database.transaction() as session:
        case = opened(session, now, urgent=True)
        cases.take_over(session, case.id, MINE, now)
        with pytest.raises(UnknownOutcome, match="created"):
            cases.close(session, case.id, MINE, "done", now)
        for outcome in ("oriented", "created"):
            cases.close(session, case.id, MINE, outcome, now)
        assert (case.outcome, case.urgent, speaker(session, case)) == ("oriented", False, (None, 2))
        assert kinds(session, case)[-2:] == ["given_back", "closed"]
        with pytest.raises(CaseClosed):
            cases.take_over(session, case.id, MINE, now)
        with pytest.raises(CaseClosed):
            cases.reply(session, case.id, MINE, "Bonjour", now)


def test_notes_stay_among_leads(database: Database, now: datetime, leads: None) -> None:
    with database.transaction() as session:
        case = opened(session, now)
        cases.note(session, case.id, MINE, "Rappeler jeudi", now)
        assert case.entries[-1].detail == {"text": "Rappeler jeudi"}
        for empty in ("", "  \x00"):
            with pytest.raises(EmptyText):
                cases.note(session, case.id, MINE, empty, now)
            with pytest.raises(EmptyText):
                cases.reply(session, case.id, MINE, empty, now)
    assert outbox.claim(database, now, 60, ["deliver_message"]) == []


def test_a_lead_sees_and_treats_their_territory_only(database: Database, now: datetime, leads: None) -> None:
    with database.transaction() as session:
        mine = opened(session, now)
        theirs = opened(session, now, "+33639980002", lead_id=COLLEAGUE)
        nobodys = opened(session, now, "+33639980003", lead_id=None)
        assert cases.visible(session, MINE) == [mine]
        assert cases.visible(session, NATIONAL) == [mine, theirs, nobodys]
        assert cases.visible(session, MINE, sees_all=True) == [mine, theirs, nobodys]
        assert cases.get(session, theirs.id, NATIONAL) is theirs
        assert cases.get(session, theirs.id, MINE, sees_all=True) is theirs
        for case_id in (theirs.id, nobodys.id, 999):
            for action in (
                lambda: cases.get(session, case_id, MINE),  # noqa: B023 - called at once
                lambda: cases.take_over(session, case_id, MINE, now),  # noqa: B023
                lambda: cases.give_back(session, case_id, MINE, now),  # noqa: B023
                lambda: cases.reply(session, case_id, MINE, "x", now),  # noqa: B023
                lambda: cases.note(session, case_id, MINE, "x", now),  # noqa: B023
                lambda: cases.close(session, case_id, MINE, "created", now),  # noqa: B023
            ):
                with pytest.raises(NotYours):
                    action()


def test_who_waits_for_a_human_comes_first(database: Database, now: datetime, leads: None) -> None:
    with database.transaction() as session:
        calm = opened(session, now)
        waiting = opened(session, now + timedelta(hours=1), "+33639980002", urgent=True)
        closed = opened(session, now, "+33639980003")
        cases.close(session, closed.id, MINE, "created", now)
        assert cases.visible(session, MINE) == [waiting, calm]
        assert set(cases.visible(session, MINE, open_only=False)) == {waiting, calm, closed}


def test_a_transcript_is_the_end_of_the_conversation_in_order(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        for number in range(4):
            conversation = arrive(session, now, f"message {number}")
        said = [message.text for message in cases.transcript(session, conversation.id, 3)]
        assert said == ["message 1", "message 2", "message 3"]


@pytest.mark.parametrize(
    ("profile", "summary"),
    [
        (None, "La personne n’a pas encore parlé de son projet."),
        ({"name": "Sam", "phone": PHONE}, "La personne n’a pas encore parlé de son projet."),
        ({"sector": "coiffure"}, "Projet : coiffure."),
        (
            {"idea": "vendre des bijoux", "commune": {"name": "Carcassonne"}, "qpv": {"name": "Le Viguier"}},
            "Projet : vendre des bijoux.\nLa personne : Carcassonne (Le Viguier).",
        ),
        (
            {
                "idea": "un food truck",
                "stage": "preparing",
                "need": "money",
                "situation": "job_seeker",
                "age_band": "18_25",
                "reach": "phone",
            },
            "Projet : un food truck.\nAvancement : prépare son projet.\nAttend surtout : un financement.\n"
            "La personne : en recherche d’emploi, 18 à 25 ans.\nPour la joindre : par téléphone.",
        ),
    ],
)
def test_a_summary_says_what_was_told_and_no_more(profile: dict[str, Any] | None, summary: str) -> None:
    assert summarise(profile) == summary


def test_every_choice_a_person_taps_has_words_in_the_summary() -> None:
    domain = yaml.safe_load(Path("flows/domain/project.yml").read_text("utf-8"))
    tapped = re.compile(r"/SetSlots\((\w+)=(\w+)\)")
    codes = [
        match.groups()
        for variations in domain["responses"].values()
        for variation in variations
        for button in variation.get("buttons", ())
        if (match := tapped.fullmatch(button["payload"]))
    ]
    coded = {field for field, _ in codes} - {"sector", "idea"}  # these are said as they are
    assert coded
    for field, code in codes:
        assert field not in coded or code in labels()[field], f"{field}={code} is missing in bot/templates/labels.yml"
