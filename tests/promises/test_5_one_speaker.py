"""One speaker: while a lead owns the conversation the bot is silent on every path, whatever the person does."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.conversations import cases
from bot.conversations.models import Message
from bot.conversations.reminder_job import SPOKEN_FOR
from bot.sounds import is_sound
from tests.promises.house import House, Person
from tests.promises.questions import BOOKED, Question

GESTURES: tuple[dict[str, Any], ...] = (
    {"text": "Bonjour, vous êtes là ?"},
    {"text": "je veux un rdv mardi"},
    {"text": "c'est quoi l'acre"},
    {"text": "zgrblx"},
    {"text": ""},
    {"text": "1"},
    {"text": "passer"},
    {"text": "humain"},
    {"text": "écouter"},
    {"kind": "choice", "payload": "/book_appointment"},
    {"kind": "choice", "payload": "/restart"},
    {"kind": "location", "location": {"lat": 43.21, "lon": 2.35}},
    {"kind": "contact", "contact": {"phone": "+33639980001", "name": "Amina"}},
    {"kind": "media"},
)


def said_by_the_bot(person: Person) -> int:
    """Messages of the bot to this person, whether they left or not."""
    with person.house.database.reading() as session:
        mine = (Message.conversation_id == person.conversation_id, Message.author == "bot")
        return session.scalar(select(func.count()).select_from(Message).where(*mine)) or 0


def test_at_every_question_the_bot_says_nothing(asked: Person, question: Question) -> None:
    asked.meet()
    before, state = said_by_the_bot(asked), asked.state
    for gesture in GESTURES:
        asked.send(**gesture)
    assert asked.listen() == []
    assert said_by_the_bot(asked) == before
    assert asked.state == state, "what was said to the lead is no answer to the bot"
    assert asked.case().urgent


def test_a_sound_asked_for_before_the_lead_came_never_leaves(house: House) -> None:
    house.change(sounding=frozenset({"sms"}), variants={"sms": "telegram"})
    person = Person(house, "sms")
    person.do("bonjour")
    person.send("écouter")
    house.taker.take(person.conversation_id)
    with house.database.reading() as session:
        owed = session.scalars(select(Message).where(Message.status == "queued")).all()
    assert [is_sound(message) for message in owed] == [True]
    person.meet()
    assert person.listen() == []
    with house.database.reading() as session:
        assert session.get_one(Message, owed[0].id).status == "dropped"


def test_a_yes_to_the_lead_is_no_yes_to_the_bot(house: House) -> None:
    person = Person(house, "sms")
    person.do("bonjour")
    person.meet()
    person.do("/delete_my_data")
    with house.database.transaction() as session:
        cases.reply(session, person.case().id, 1, "Voulez-vous venir mardi ?", house.time.now)
    assert [each.author for each in person.do("oui")] == ["lead"]
    assert person.row.contact.erased_at is None


def test_the_lead_is_told_that_the_person_wrote(house: House) -> None:
    person = Person(house, "sms")
    person.do("bonjour")
    person.meet()
    house.time.now += timedelta(hours=1)
    person.do("vous êtes là ?", "allo")
    assert house.mailbox.facts == ["message"]


def test_a_turn_that_fails_while_a_lead_speaks_is_the_leads(house: House) -> None:
    """Whatever cannot be understood, the lead can read."""

    def fail(_: str) -> Any:
        raise RuntimeError("understanding is broken")

    person = Person(house, "sms")
    person.do("bonjour")
    person.meet()
    house.change(parse=fail)
    person.send("vous êtes là ?")
    for _ in range(10):
        house.run()
        house.time.now += timedelta(minutes=1)
    assert person.listen() == []
    assert house.mailbox.facts == ["message"]


@pytest.mark.parametrize("later", ["evening", "given back"])
def test_a_reminder_waits_for_the_lead(house: House, later: str) -> None:
    person = Person(house, "sms")
    person.do(*BOOKED)
    person.meet()
    house.time.now += timedelta(hours=12)  # the evening before
    assert person.listen() == []
    if later == "given back":
        with house.database.transaction() as session:
            case = person.case()
            cases.give_back(session, case.id, 1, house.time.now)
        house.time.now += timedelta(seconds=SPOKEN_FOR + 1)
        assert [each.response for each in person.listen()] == ["utter_reminder"]


def test_when_given_back_the_bot_says_so_first(house: House) -> None:
    person = Person(house, "web")
    person.do("bonjour")
    person.meet()
    with house.database.transaction() as session:
        cases.give_back(session, person.case().id, 1, house.time.now)
    assert [each.response for each in person.say("merci")] == ["utter_given_back", "utter_thanks"]
