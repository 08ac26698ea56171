"""What people ask in vain: the commonest first, by stop and neighbourhood, and nobody can be recognised."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.conversations.gaps import HIDDEN, Gap, gaps, ordinary_words
from bot.conversations.models import Conversation, Message, TurnEvent
from db.session import Database
from flows.engine.state import DialogueState
from nlu.understanding import Entity, Intent, Understanding
from tests.bot.people import arrive

ORDINARY = frozenset(["je", "veux", "vendre", "du", "miel", "a", "mon", "numero", "c", "est", "le", "habite", "suis"])
NAMED = {"0639980042": "phone", "Vierzon": "commune", "miel": "sector"}


def parse(text: str) -> Understanding:
    """Finds the entities of this test by their words."""
    found = [
        Entity(kind, text.index(word), text.index(word) + len(word), word, word, "test")
        for word, kind in NAMED.items()
        if word in text
    ]
    intent = Intent("out_of_scope", 0.9)
    return Understanding(text, intent, (intent,), tuple(found))


def miss(
    session: Session, now: datetime, text: str, who: str = "+33639980001", reason: str = "not_understood"
) -> Conversation:
    conversation = arrive(session, now, text, address=who)
    message_id = session.scalars(select(func.max(Message.id))).one()
    event = TurnEvent(
        conversation_id=conversation.id,
        message_id=message_id,
        kind="Misunderstood",
        detail={"reason": reason, "count": 1},
        created_at=now,
    )
    session.add(event)
    session.flush()
    return conversation


def listed(database: Database, since: datetime) -> list[Gap]:
    with database.reading() as session:
        return gaps(session, parse, ORDINARY, since)


def test_the_commonest_come_first_with_stops_and_neighbourhoods(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        for number in (1, 2):
            conversation = miss(session, now, "Je veux vendre du miel", f"+3363998000{number}")
            conversation.contact.referral = "MARCHE1"
            conversation.state = DialogueState(slots={"qpv": {"code": "QN1", "name": "Les Aubiers"}}).to_json()
        miss(session, now, "c est le numero", "+33639980003", "out_of_scope")
    found = listed(database, now - timedelta(days=1))
    assert found == [
        Gap("je veux vendre du miel", 2, ["MARCHE1"], ["Les Aubiers"], ["out_of_scope"]),
        Gap("c est le numero", 1, [], [], ["out_of_scope"]),
    ]


def test_nobody_can_be_recognised(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        conversation = miss(session, now, "Je suis Zoubida Le Goff, mon numero c est 0639980042, j'habite a Vierzon 18")
        conversation.contact.name = "Zoubida"
    text = listed(database, now - timedelta(days=1))[0].text
    for personal in ("zoubida", "goff", "0639980042", "vierzon", "18"):
        assert personal not in text.lower()
    assert text == f"je suis <name> le {HIDDEN} mon numero c est <phone> {HIDDEN} habite a <commune> <number>"


def test_a_word_is_shown_once_two_people_wrote_it(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        miss(session, now, "je veux du kombucha")
        miss(session, now, "je veux du kombucha")
    since = now - timedelta(days=1)
    assert [gap.text for gap in listed(database, since)] == [f"je veux du {HIDDEN}"]
    with database.transaction() as session:
        miss(session, now, "du kombucha", "+33639980002")
    assert "je veux du kombucha" in [gap.text for gap in listed(database, since)]


@pytest.mark.parametrize("reason", ["media", "empty", "which_choice"])
def test_what_is_not_about_words_is_left_out(database: Database, now: datetime, reason: str) -> None:
    with database.transaction() as session:
        miss(session, now, "je veux du miel", reason=reason)
    assert listed(database, now - timedelta(days=1)) == []


def test_old_and_erased_messages_are_left_out(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        miss(session, now, "je veux du miel")
        session.execute(update(Message).values(text=None))
        miss(session, now - timedelta(days=40), "je veux vendre", "+33639980002")
    assert listed(database, now - timedelta(days=30)) == []


def test_what_holds_no_readable_word_is_left_out(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        miss(session, now, "zoubida legoff")
    assert listed(database, now - timedelta(days=1)) == []


def test_ordinary_words_are_those_of_several_sentences() -> None:
    assert ordinary_words(["Créer là", "creer ici", "créer, créer"]) == {"creer"}
