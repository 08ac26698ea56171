"""Nothing lost: a turn commits whole or not at all, is tried again, and given up only with words and a human."""

from collections.abc import Callable, Iterable
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.conversations.case_models import Case, CaseEntry
from bot.conversations.jobs import Job
from bot.conversations.models import Conversation, Message, TurnEvent
from bot.inbox import MAX_ATTEMPTS
from directory.models import Booking, BookingCell
from flows.actions import ACTIONS
from flows.engine.actions import Action, ActionContext
from flows.engine.events import Event
from tests.promises.house import House, Person
from tests.promises.questions import HERE

WRITTEN = (Booking, BookingCell, Case, CaseEntry, TurnEvent, Job, Message)
TO_THE_LAST_STEP = ("bonjour", "/book_appointment", HERE, 0)


def rows(house: House) -> dict[str, int]:
    """How many rows of each kind there are."""
    with house.database.reading() as session:
        count = {table.__tablename__: session.scalar(select(func.count()).select_from(table)) for table in WRITTEN}
    return {name: number or 0 for name, number in count.items()}


def failing_after(action: Action) -> Action:
    """Does what the action does, then breaks."""

    def run(context: ActionContext) -> Iterable[Event]:
        yield from action(context)
        raise RuntimeError("broken after the fact")

    return run


def pending(house: House) -> Message:
    """The message whose turn waits."""
    with house.database.reading() as session:
        return session.scalars(select(Message).where(Message.status == "pending")).one()


def wait_a_minute(person: Person) -> list[str]:
    """What comes within a minute, by name."""
    heard = []
    for _ in range(12):
        person.house.time.now += timedelta(seconds=5)
        heard += [each.response for each in person.listen()]
    return heard


def breaks_in_the_flow(house: House) -> None:
    house.change_action("action_book_appointment", failing_after(ACTIONS["action_book_appointment"]))


def breaks_in_effects(house: House) -> None:
    """After bookings, cases and messages are in the session: just before the commit."""

    def observe(_: object) -> None:
        raise RuntimeError("broken before the commit")

    house.taker.observe = observe


@pytest.mark.parametrize("break_it", [breaks_in_the_flow, breaks_in_effects])
def test_a_turn_that_fails_leaves_nothing_and_is_taken_again(person: Person, break_it: Callable[[House], None]) -> None:
    house = person.house
    person.do(*TO_THE_LAST_STEP)
    state, before = person.state, rows(house)
    actions, observe = house.mind.engine, house.taker.observe
    break_it(house)
    person.send("Amina")
    assert person.listen() == []
    assert rows(house) == before | {"message": before["message"] + 1}, "only what the person wrote is there"
    assert person.state == state
    assert pending(house).attempts == 1

    house.change(engine=actions)
    house.taker.observe = observe
    assert wait_a_minute(person) == ["utter_booked"]
    assert rows(house)["booking"] == 1


def test_the_third_failure_is_said_and_calls_a_human(person: Person) -> None:
    house = person.house
    person.do(*TO_THE_LAST_STEP)
    breaks_in_the_flow(house)
    person.send("Amina")
    person.send("Merci")
    heard = [each.response for each in person.listen()] + wait_a_minute(person)
    assert heard == ["utter_internal_error", "utter_handed_off", "utter_thanks"], "and the next is answered"
    assert (person.case().reason, person.case().urgent) == ("internal_error", True)
    assert house.mailbox.facts == ["handoff"]
    assert rows(house)["booking"] == 0
    with house.database.reading() as session:
        failed = session.scalars(select(Message).where(Message.status == "failed")).one()
    assert (failed.attempts, failed.text) == (MAX_ATTEMPTS, "Amina") == (3, "Amina")


def test_even_when_what_calls_the_human_is_broken(person: Person) -> None:
    house = person.house
    person.do("bonjour")
    house.change_action("action_hand_off", failing_after(ACTIONS["action_hand_off"]))
    person.send("/talk_to_human", kind="choice", payload="/talk_to_human")
    heard = [each.response for each in person.listen()] + wait_a_minute(person)
    assert heard == ["utter_internal_error"]
    assert person.case().reason == "internal_error"
    assert house.mailbox.facts == ["handoff"]
    assert person.do("merci")


def test_what_waits_when_a_process_ends_is_done_by_the_next(house: House, person: Person) -> None:
    person.send("bonjour")
    next_one = House(house.database, house.mind, house.time.now)
    successor = Person(next_one, person.channel)
    successor.address, successor.conversation_id = person.address, person.conversation_id
    assert successor.listen()[0].response == "utter_introduce"


def test_a_conversation_whose_state_is_unreadable_goes_on(person: Person) -> None:
    """A state of another version, or damaged, must not end a conversation for ever."""
    person.do("bonjour")
    with person.house.database.transaction() as session:
        conversation = session.get_one(Conversation, person.conversation_id)
        conversation.state = {"slots": {"sector": ["?"]}, "stack": [{"flow": "gone", "step": "gone"}], "menu": []}
    assert person.do("merci")
