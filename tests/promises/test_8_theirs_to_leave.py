"""Theirs to leave: STOP, SUPPRIMER and MES DONNÉES, as a whole message, at every question and whoever speaks."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.conversations.models import Message
from bot.errors import SendLater
from tests.promises.house import House, Person
from tests.promises.questions import BOOKED, Question

SPELLINGS = {
    "stop_messages": ("STOP", "stop", "Stop.", " stop ! ", "ARRÊT", "arret"),
    "delete_my_data": ("SUPPRIMER", "supprimer", "Supprimer.", "« supprimer »"),
    "show_my_data": ("MES DONNÉES", "mes donnees", "Mes données ?", "MES  DONNEES"),
}


def responses(person: Person, text: str) -> list[str]:
    """What is answered, by name."""
    return [each.response for each in person.say(text)]


def texts_left(person: Person) -> list[str]:
    """What is still kept of what was said."""
    with person.house.database.reading() as session:
        mine = (Message.conversation_id == person.conversation_id, Message.text.is_not(None))
        return [str(text) for text in session.scalars(select(Message.text).where(*mine).order_by(Message.id))]


def later(person: Person) -> list[str]:
    """What the person receives in the two days that follow."""
    heard = []
    for _ in range(8):
        person.house.time.now += timedelta(hours=6)
        heard += [each.response for each in person.listen()]
    return heard


@pytest.mark.parametrize("speaker", ["bot", "lead"])
def test_at_every_question_they_do_what_they_say(asked: Person, question: Question, speaker: str) -> None:
    if speaker == "lead":
        asked.meet()
    told = responses(asked, "MES DONNÉES")
    assert told[0] == "utter_my_data"
    assert len(told) == 1 or speaker == "bot", "the bot asks nothing on while a lead speaks"

    assert responses(asked, "STOP") == ["utter_stopped"]
    assert asked.row.address.stopped_at is not None
    assert responses(asked, "MES DONNÉES") == ["utter_my_data"]
    assert asked.row.address.stopped_at is not None, "to ask what is kept is not to come back"

    erased = asked.row
    assert responses(asked, "SUPPRIMER") == ["utter_erased"]
    with asked.house.database.reading() as session:
        contact = session.get_one(type(erased.contact), erased.contact_id)
        assert (contact.name, contact.phone) == (None, None)
        assert contact.erased_at is not None
    assert len(texts_left(asked)) == 1, "the last word alone"


@pytest.mark.parametrize("right", sorted(SPELLINGS))
def test_however_they_are_written(shared: House, right: str) -> None:
    for text in SPELLINGS[right]:
        person = Person(shared, "sms")
        person.say("bonjour")
        expected = {"stop_messages": "utter_stopped", "delete_my_data": "utter_erased"}.get(right, "utter_my_data")
        assert responses(person, text) == [expected], text


@pytest.mark.parametrize("right", sorted(SPELLINGS))
def test_as_the_very_first_message(shared: House, right: str) -> None:
    for channel in ("web", "sms"):
        assert len(responses(Person(shared, channel), SPELLINGS[right][0])) == 1


@pytest.mark.parametrize("speaker", ["bot", "lead"])
@pytest.mark.parametrize("answer", ["oui", "/SetSlots(confirm_erasure=true)"])
def test_an_erasure_asked_for_in_other_words_is_confirmed_then_done(house: House, speaker: str, answer: str) -> None:
    person = Person(house, "sms")
    person.do("bonjour", "je m'appelle Amina")
    if speaker == "lead":
        person.meet()
    assert [each.response for each in person.do("/delete_my_data")][-1] == "utter_ask_confirm_erasure"
    assert [each.response for each in person.do(answer)] == ["utter_erased"]
    assert len(texts_left(person)) == 1


def test_what_interrupts_the_confirmation_goes_to_the_lead(house: House) -> None:
    person = Person(house, "sms")
    person.do("bonjour")
    person.meet()
    person.do("/delete_my_data")
    assert person.do("en fait attendez je vous explique") == []
    assert person.row.contact.erased_at is None


def test_after_stop_nothing_comes_until_they_write_again(house: House) -> None:
    person = Person(house, "sms")
    person.do(*BOOKED)
    person.do("stop")
    assert later(person) == []
    house.time.now -= timedelta(days=2)
    assert person.do("bonjour")
    assert later(person) == ["utter_reminder"] or later(person) == []


def test_what_was_still_on_its_way_is_dropped_by_stop(house: House) -> None:
    person = Person(house, "sms")
    house.telephone.failures = [SendLater("busy", retry_after=60.0)]
    person.do("bonjour")
    person.do("stop")
    house.time.now += timedelta(minutes=2)
    assert [each.response for each in person.listen()] == ["utter_stopped"]


def test_my_data_says_what_is_kept(house: House) -> None:
    person = Person(house, "sms")
    person.do(*BOOKED, "06 39 98 00 42")
    (told,) = person.do("mes donnees")
    for kept in ("Amina", "39980042", "09:00", "Messages"):
        assert kept in told.text.replace(" ", "").replace("9h", "09:00"), told.text
