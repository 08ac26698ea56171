"""No one else's ears: an answer is read aloud to the person it was given to, and to nobody else."""

import logging
from collections.abc import Sequence

import pytest
from sqlalchemy import select

from bot.conversations.models import Message
from bot.sounds import Words, words_of
from tests.promises.house import Heard, House, Person

QUESTION = "c'est quoi l'acre"


@pytest.fixture
def talking(house: House) -> House:
    """A service with a voice, in which a text message carries what a message of Telegram's would."""
    house.change(sounding=frozenset({"sms", "web"}), variants={"sms": "telegram", "web": "web"})
    return house


def titles(heard: Heard) -> list[str]:
    """What can be tapped under a message."""
    return [choice["title"] for choice in heard.choices]


def read_aloud(house: House, heard: Sequence[Heard]) -> Words | None:
    """What the only message of an answer makes hear."""
    (sound,) = heard
    assert sound.response == "utter_sound"
    with house.database.reading() as session:
        mine = select(Message.id).where(Message.direction == "out").order_by(Message.id.desc()).limit(1)
        return words_of(session, session.scalars(mine).one())


def test_what_was_said_last_is_read_aloud_with_what_could_be_tapped_under_it(talking: House) -> None:
    person = Person(talking, "sms")
    person.do("bonjour")
    (answer,) = person.do(QUESTION)
    assert titles(answer)[-1] == "🔊 Écouter"
    words = read_aloud(talking, heard := person.do("Écouter"))
    assert words == Words(answer.text, "fr")
    assert titles(heard[0]) == titles(answer)[:-1]
    assert read_aloud(talking, person.do("lire")) == words, "a sound is not what is read aloud"
    assert person.do("En savoir plus")[0].response == "utter_answer_more"


def test_an_older_answer_is_read_when_its_own_button_is_tapped(talking: House) -> None:
    person = Person(talking, "sms")
    person.do("bonjour")
    (first,) = person.do(QUESTION)
    person.do("c'est quoi la micro-entreprise")
    heard = person.do(first.choices[-1]["payload"])
    assert read_aloud(talking, heard) == Words(first.text, "fr")


def test_all_that_was_said_in_one_go_is_read_in_its_language(talking: House) -> None:
    person = Person(talking, "sms")
    said = person.do("bonjour")
    assert len(said) > 1
    assert read_aloud(talking, person.do("audio")) == Words("\n".join(each.text for each in said), "fr")
    person.do("I speak English", QUESTION)
    words = read_aloud(talking, person.do("🔊"))
    assert words is not None
    assert words.language == "en"


def test_on_a_page_that_plays_by_itself_no_choice_is_added(talking: House) -> None:
    person = Person(talking, "web")
    person.do("bonjour")
    (answer,) = person.do(QUESTION)
    assert "🔊 Écouter" not in titles(answer)
    assert read_aloud(talking, person.do("écouter")) == Words(answer.text, "fr")


def test_nobody_listens_to_what_was_said_to_another(talking: House) -> None:
    samia, other = Person(talking, "sms"), Person(talking, "sms")
    samia.do("bonjour")
    (answer,) = samia.do(QUESTION)
    other.do("bonjour")
    for payload in (answer.choices[-1]["payload"], '/listen{"of": 999999999999}'):
        (refused,) = other.do(payload)
        assert refused.response == "utter_nothing_to_listen"
    for forged in ('"1"', "-1", "1e9", "true", "null", "[1]", "{}", "1" + "0" * 30):
        assert other.do(f'/listen{{"of": {forged}}}')[-1].response == "utter_sound", "what they were told themselves"


def test_no_log_tells_what_was_listened_to(talking: House, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        person = Person(talking, "sms")
        person.do("bonjour")
        (answer,) = person.do(QUESTION)
        person.do("écouter")
    assert answer.text[:40] not in caplog.text


@pytest.mark.parametrize(
    ("sounding", "said"),
    [
        ({"web", "telegram"}, "utter_listen_elsewhere"),
        ({"web"}, "utter_listen_on_web"),
        (set(), "utter_listen_nowhere"),
    ],
)
def test_where_nothing_is_heard_there_is_a_way_on(house: House, sounding: set[str], said: str) -> None:
    house.change(sounding=frozenset(sounding))
    person = Person(house, "sms")
    assert person.do("bonjour", "écouter")[-1].response == said
    assert "/talk_to_human" in [choice["payload"] for choice in person.choices]


def test_whoever_asks_before_anything_was_said_is_told_how(talking: House) -> None:
    person = Person(talking, "sms")
    assert person.do("écouter")[-1].response == "utter_nothing_to_listen"
