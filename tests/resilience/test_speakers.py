"""Who speaks, and how many at once: a lead takes over while a reply waits; two processes share one conversation."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from sqlalchemy import select

from bot.conversations import cases
from bot.conversations.case_models import Case
from bot.conversations.models import Conversation, Message, TurnEvent
from db.session import Database
from tests.bot.site import Browser
from tests.resilience.outside import Outside, until
from tests.resilience.people import PhoneResident, WebResident
from tests.resilience.record import is_quiet, on_their_way, record
from tests.resilience.served import Service

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def take_over(service: Service, database: Database) -> None:
    """The lead takes the only case and answers."""
    with database.transaction() as session:
        case = session.scalars(select(Case)).one()
        assert case.lead_id is not None
        cases.reply(session, case.id, case.lead_id, "Je suis là.", service.plan.clock())


def bot_said(database: Database) -> list[tuple[str, str]]:
    """(response, status) of what the bot said, in order."""
    with database.reading() as session:
        said = session.scalars(select(Message).where(Message.author == "bot").order_by(Message.id))
        return [(message.content["response"], message.status) for message in said]


def test_a_reply_that_waits_dies_when_a_lead_takes_over(service: Service, outside: Outside, database: Database) -> None:
    service.start()
    someone = PhoneResident(service, outside, database)
    someone.say('/talk_to_human{"commune": "11069"}')
    outside.refusing = True
    someone.send("Bonjour")
    until(lambda: on_their_way(database), "a first try")
    service.kill()
    take_over(service, database)
    outside.refusing = False
    service.start()
    until(lambda: is_quiet(database, service.plan.clock()), "nothing left to do")
    assert bot_said(database)[-1] == ("utter_greet", "dropped")
    assert someone.received[-1]["text"] == "Je suis là."
    assert len(someone.received) == 4


def test_a_turn_that_ends_after_a_lead_took_over_is_silent(service: Service, database: Database) -> None:
    service.start()
    someone = WebResident(service)
    someone.say('/talk_to_human{"commune": "11069"}')
    said = bot_said(database)
    service.arm("thinking")
    someone.send("Bonjour")
    service.held("thinking")
    take_over(service, database)
    service.release("thinking")
    until(lambda: is_quiet(database, service.plan.clock()), "nothing left to do")
    someone.look()
    assert [response for response, _ in bot_said(database)] == [response for response, _ in said]
    assert [message["author"] for message in someone.seen[-2:]] == ["resident", "lead"]


def test_a_reply_not_yet_shown_dies_when_a_lead_takes_over(service: Service, database: Database) -> None:
    service.start()
    someone = WebResident(service)
    someone.say('/talk_to_human{"commune": "11069"}')
    someone.send("Bonjour")
    until(lambda: is_quiet(database, service.plan.clock()), "the reply is written")
    take_over(service, database)
    someone.look()
    assert [message["author"] for message in someone.seen[-2:]] == ["resident", "lead"]
    assert bot_said(database)[-1] == ("utter_greet", "dropped")


@pytest.fixture
def second(service: Service) -> Iterator[Service]:
    """Another process over the same database."""
    second = Service(service.plan)
    yield second
    second.close()


@on_postgresql
def test_one_turn_at_a_time_in_two_processes(service: Service, second: Service, database: Database) -> None:
    service.start()
    service.arm("in the turn")
    someone, other = WebResident(service), WebResident(service)
    someone.send("Bonjour")
    service.held("in the turn")
    second.start()
    for resident in (someone, other):
        resident.through(second)
    again = someone.send("Bonjour")
    other.say("Bonjour")  # nobody else waits
    with database.reading() as session:
        assert session.get_one(Message, again).status == "pending"
    service.release("in the turn")
    until(lambda: is_quiet(database, service.plan.clock()), "nothing left to do")
    answers = [Counter(said[0] for said in transcript)["bot"] for transcript in record(database)["transcripts"]]
    assert sorted(answers) == [3, 3 + 1]


@on_postgresql
def test_many_messages_in_two_processes(
    service: Service, second: Service, database: Database, outside: Outside
) -> None:
    service.start()
    second.start()
    someone = PhoneResident(service, outside, database)
    doors = [Browser(service), Browser(second)]  # type: ignore[arg-type]

    def send(number: int) -> None:
        someone.send("Bonjour", doors[number % 2])

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(send, range(20)))
    until(lambda: is_quiet(database, service.plan.clock()), "nothing left to do")
    with database.reading() as session:
        assert len(session.scalars(select(Conversation)).all()) == 1
        greeted = select(TurnEvent.message_id).where(TurnEvent.kind == "BotUttered").order_by(TurnEvent.id)
        turns = session.scalars(greeted).all()
    assert all(before <= after for before, after in pairwise(turns))
    numbers = [message["id"] for message in someone.received]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 20 + 2
