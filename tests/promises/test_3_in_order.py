"""In order: one turn at a time per conversation, whoever takes it, and replies leave as they were written."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import select

from bot.conversations.models import Message
from bot.errors import SendLater
from tests.promises.house import House, Person

PROCESSES = 3
QUESTIONS = ("bonjour", "/help", "merci", "/who_are_you", "/my_appointment", "/help", "merci")
ANSWERS = [
    "utter_introduce", "utter_privacy", "utter_menu", "utter_menu", "utter_thanks", "utter_who_are_you",
    "utter_no_booking", "utter_menu", "utter_thanks",
]  # fmt: skip


def send_all(person: Person) -> None:
    for text in QUESTIONS:
        person.send(kind="choice", payload=text) if text.startswith("/") else person.send(text)


def written(person: Person) -> list[str]:
    """What was answered, in the order of the rows."""
    with person.house.database.reading() as session:
        said = session.scalars(select(Message).where(Message.direction == "out").order_by(Message.id))
        return [message.content["response"] for message in said]


def test_processes_that_race_for_a_conversation_answer_it_once_and_in_order(house: House, person: Person) -> None:
    houses = [house, *(House(house.database, house.mind, house.time.now) for _ in range(PROCESSES - 1))]
    send_all(person)

    def take(each: House) -> None:
        each.taker.take(person.conversation_id)

    with ThreadPoolExecutor(PROCESSES) as pool:
        list(pool.map(take, houses))
    assert written(person) == ANSWERS


def test_replies_arrive_as_they_were_written_through_a_provider_that_fails(house: House) -> None:
    person = Person(house, "sms")
    house.telephone.failures = [SendLater("busy"), SendLater("busy", retry_after=30.0), RuntimeError("broken")]
    send_all(person)
    for _ in range(20):
        house.run()
        house.time.now += timedelta(seconds=10)
    assert [each.response for each in person.listen()] == ANSWERS


def test_a_message_that_must_rest_holds_back_the_next(house: House, person: Person) -> None:
    person.do("bonjour")

    def fail(_: str) -> None:
        raise RuntimeError("understanding is broken")

    parse = house.mind.parse
    house.change(parse=fail)
    person.send("bonjour")
    house.run()
    house.change(parse=parse)
    house.taker.take(person.send("merci").conversation_id)  # at once, as a channel asks
    assert person.listen() == []
    house.time.now += timedelta(seconds=10)
    assert [each.response for each in person.listen()] == ["utter_greet", "utter_thanks"]
