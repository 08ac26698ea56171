"""A service that is killed again and again, at its worst moments: nobody notices."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, pairwise
from pathlib import Path
from typing import Any

import pytest

from db.session import Database
from tests.conftest import NOW
from tests.databases import SqliteTemplate
from tests.resilience.conftest import prepared
from tests.resilience.outside import Outside, until
from tests.resilience.people import PhoneResident, Step, WebResident
from tests.resilience.record import is_quiet, on_their_way, record
from tests.resilience.served import Service, dying

BOOKING: Sequence[Step] = ('/book_appointment{"commune": "11069"}', 0, "Amina")
CALLING: Sequence[Step] = ("/talk_to_human",)
ASKING: Sequence[Step] = ('/find_place{"commune": "11069"}', "Merci", "Bonjour", "/my_appointment")
BOUNDARIES = (4, 7, 1, 9, 2, 6)
"""Where one process after the other dies, in boundaries of commits lived: odd is before a commit, even after it."""
TALKERS, RANDOM_KILLS, LONGEST_LIFE = 4, 4, 0.5

Record = Mapping[str, Any]


def one_after_the_other(service: Service, database: Database, outside: Outside) -> None:
    """Somebody books on the web, somebody else asks for a human by SMS."""
    for someone, steps in ((WebResident(service), BOOKING), (PhoneResident(service, outside, database), CALLING)):
        talk(someone, steps)
        until(lambda: is_quiet(database, service.plan.clock()), "nothing left to do")


def all_at_once(service: Service, database: Database, outside: Outside) -> None:
    """Several residents ask the same, half of them by SMS."""
    people = [WebResident(service) if n % 2 else PhoneResident(service, outside, database) for n in range(TALKERS)]
    with ThreadPoolExecutor(TALKERS) as threads:
        list(threads.map(lambda someone: talk(someone, ASKING), people))
    until(lambda: is_quiet(database, service.plan.clock()), "nothing left to do")


def talk(someone: WebResident | PhoneResident, steps: Sequence[Step]) -> None:
    """A whole dialogue."""
    for step in steps:
        someone.say(step)


@pytest.fixture(scope="module")
def undisturbed(sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory) -> Mapping[Any, Record]:
    """What the rows say after the same dialogues when nothing happens to them."""

    def lived(dialogues: Callable[[Service, Database, Outside], None], folder: Path) -> Record:
        outside = Outside()
        with sqlite_template.copy(folder) as url:
            database = Database(url)
            with prepared(url, database, outside, NOW) as service:
                service.start()
                dialogues(service, database, outside)
                found = record(database)
            database.close()
        outside.close()
        return found

    return {each: lived(each, tmp_path_factory.mktemp("undisturbed")) for each in (one_after_the_other, all_at_once)}


def test_dying_around_every_commit(
    service: Service, database: Database, outside: Outside, undisturbed: Mapping[Any, Record]
) -> None:
    risked: Counter[int] = Counter()
    with dying(service, cycle(BOUNDARIES), lambda: risked.update(on_their_way(database))):
        one_after_the_other(service, database, outside)

    assert service.deaths >= 2 * (len(BOOKING) + len(CALLING))
    assert record(database) == undisturbed[one_after_the_other]
    assert_in_order(outside, risked)


def test_killed_at_any_moment(
    service: Service, database: Database, outside: Outside, undisturbed: Mapping[Any, Record]
) -> None:
    chance, risked, over = random.Random(20261123), Counter[int](), threading.Event()
    service.start()

    def kill() -> None:
        for _ in range(RANDOM_KILLS):
            over.wait(chance.uniform(0.1, LONGEST_LIFE))
            service.kill()
            risked.update(on_their_way(database))
            service.start()

    with ThreadPoolExecutor(1) as killer:
        killing = killer.submit(kill)
        all_at_once(service, database, outside)
        over.set()
        killing.result()

    assert record(database) == undisturbed[all_at_once]
    assert_in_order(outside, risked)


def assert_in_order(outside: Outside, risked: Counter[int]) -> None:
    """Each message left, in order; twice at most for each kill while it was on its way, and nothing came between."""
    taken = Counter(message["id"] for message in outside.messages)
    assert all(times <= 1 + risked[number] for number, times in taken.items())
    by_person: dict[str, list[int]] = {}
    for message in outside.messages:
        by_person.setdefault(message["to"], []).append(message["id"])
    assert all(before <= after for numbers in by_person.values() for before, after in pairwise(numbers))


@pytest.mark.parametrize("point", ["thinking", "in the turn"])
def test_killed_between_the_acknowledgement_and_the_answer(point: str, service: Service, database: Database) -> None:
    service.start()
    service.arm(point)
    someone = WebResident(service)
    someone.send("Bonjour")
    service.held(point)
    assert [message["author"] for message in someone.browser.read()] == ["resident"]
    service.kill()
    service.start()
    until(lambda: len(someone.browser.read(wait=1)) > 1, "the answer")
    until(lambda: is_quiet(database, service.plan.clock()), "nothing left to do")
    assert record(database)["events"]["BotUttered"] == 3  # who speaks, what is kept, the greeting: each once


def test_killed_before_it_leaves(service: Service, outside: Outside, database: Database) -> None:
    outside.refusing = True
    service.start()
    someone = PhoneResident(service, outside, database)
    someone.send("Bonjour")
    until(lambda: on_their_way(database), "a first try")
    service.kill()
    outside.refusing = False
    service.start()
    until(lambda: is_quiet(database, service.plan.clock()), "everything has left")
    assert len(someone.received) == len({message["id"] for message in someone.received}) == 3


def test_killed_while_requests_are_on_the_wire(service: Service, outside: Outside, database: Database) -> None:
    service.start()
    people = [PhoneResident(service, outside, database) for _ in range(2)]
    with outside.on_the_wire():
        for someone in people:
            someone.send("Bonjour")
            until(lambda who=someone: who.received, "the first request")  # type: ignore[misc]
        assert [len(someone.received) for someone in people] == [1, 1]  # what follows waits for what is on the wire
        service.kill()
    service.start()
    until(lambda: is_quiet(database, service.plan.clock()), "everything has left")
    for someone in people:
        first, again, *others = [message["id"] for message in someone.received]
        assert first == again
        assert others == sorted({*others} - {first})
        assert len(others) == 2
