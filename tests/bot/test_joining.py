"""Two phones of one person: joined by a code, never by guess; nothing is lost and nobody else gets in."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.conversations import cases, consent, contacts, joining
from bot.conversations.case_models import Case, CaseEntry
from bot.conversations.join_models import JoinCode, JoinTry
from bot.conversations.joining import Joining
from bot.conversations.models import Address, Contact, Conversation, Message
from db.session import Database
from directory.models import Booking
from tests.bot.appointments import COORDINATION, LEAD, add_directory, book
from tests.bot.people import PHONE, arrive

OTHER_PHONE = "+33639980002"


@pytest.fixture
def pair(database: Database, now: datetime) -> tuple[int, int]:
    """The conversations of one person by SMS and on the web, who nobody knows to be the same."""
    with database.transaction() as session:
        add_directory(session)
        return arrive(session, now).id, arrive(session, now, channel="web", address="browser").id


def give(database: Database, conversation_id: int, now: datetime) -> str:
    with database.transaction() as session:
        code = joining.issue(session, contacts.lock(session, conversation_id), now)
        assert code is not None
        return code


def enter(database: Database, conversation_id: int, code: str, now: datetime) -> str:
    with database.transaction() as session:
        return joining.redeem(session, contacts.lock(session, conversation_id), code, now).status


def person(session: Session, conversation_id: int) -> Contact:
    return session.get_one(Conversation, conversation_id).contact


def another(code: str) -> str:
    return f"{(int(code) + 1) % 10**joining.DIGITS:0{joining.DIGITS}}"


def test_a_code_makes_one_person_of_two(database: Database, pair: tuple[int, int], now: datetime) -> None:
    sms, web = pair
    with database.transaction() as session:
        contacts.rename(person(session, web), "Amina")
        contacts.set_phone(person(session, sms), PHONE)
        contacts.refer(person(session, web), "K7P4X", now - timedelta(days=2))
        contacts.refer(person(session, sms), "C2D3F", now)
        mine = book(session, person(session, sms).id, now + timedelta(days=1)).id
        theirs = book(session, person(session, web).id, now + timedelta(days=2)).id
    assert enter(database, web, give(database, sms, now), now) == joining.JOINED
    with database.reading() as session:
        one = session.scalars(select(Contact)).one()
        assert (one.name, one.phone, one.referral) == ("Amina", PHONE, "K7P4X")
        assert {each.contact_id for each in session.scalars(select(Conversation))} == {one.id}
        assert {each.contact_id for each in session.scalars(select(Address))} == {one.id}
        assert {each.id: each.contact_id for each in session.scalars(select(Booking))} == {mine: one.id, theirs: one.id}


def test_the_code_is_nowhere_in_the_database(database: Database, pair: tuple[int, int], now: datetime) -> None:
    code = give(database, pair[0], now)
    with database.reading() as session:
        row = session.scalars(select(JoinCode)).one()
        assert code not in row.digest
        assert len(row.digest) == 64


def test_a_code_works_once(database: Database, pair: tuple[int, int], now: datetime) -> None:
    with database.transaction() as session:
        third = arrive(session, now, address=OTHER_PHONE).id
    code = give(database, pair[0], now)
    assert enter(database, pair[1], code, now) == joining.JOINED
    assert enter(database, third, code, now) == joining.WRONG


@pytest.mark.parametrize(("minutes", "status"), [(9, joining.JOINED), (10, joining.WRONG)])
def test_a_code_lives_ten_minutes(
    database: Database, pair: tuple[int, int], now: datetime, minutes: int, status: str
) -> None:
    code = give(database, pair[0], now)
    assert enter(database, pair[1], code, now + timedelta(minutes=minutes)) == status


def test_a_new_code_ends_the_former_one(database: Database, pair: tuple[int, int], now: datetime) -> None:
    former, latter = give(database, pair[0], now), give(database, pair[0], now)
    assert enter(database, pair[1], former, now) == (joining.WRONG if former != latter else joining.JOINED)
    assert enter(database, pair[1], latter, now) == joining.JOINED


def test_the_phone_it_came_from_keeps_the_code(database: Database, pair: tuple[int, int], now: datetime) -> None:
    code = give(database, pair[0], now)
    assert enter(database, pair[0], code, now) == joining.SAME_PHONE
    assert enter(database, pair[1], code, now) == joining.JOINED
    assert enter(database, pair[1], give(database, pair[0], now), now) == joining.SAME_PERSON


def test_wrong_codes_are_counted_by_phone(database: Database, pair: tuple[int, int], now: datetime) -> None:
    code = give(database, pair[0], now)
    for _ in range(joining.MOST_TRIES):
        assert enter(database, pair[1], another(code), now) == joining.WRONG
    assert enter(database, pair[1], code, now) == joining.TOO_MANY
    later = now + joining.REMEMBERED
    assert enter(database, pair[1], give(database, pair[0], later), later) == joining.JOINED


def test_many_phones_are_not_many_chances(database: Database, pair: tuple[int, int], now: datetime) -> None:
    code = give(database, pair[0], now)
    with database.transaction() as session:
        crowd = [arrive(session, now, channel="web", address=f"b-{number}").id for number in range(7)]
    tries = [enter(database, each, another(code), now) for each in crowd for _ in range(joining.MOST_TRIES)]
    assert tries.count(joining.WRONG) == joining.MOST_TRIES_OF_ALL
    assert enter(database, pair[1], code, now) == joining.TOO_MANY
    assert enter(database, pair[1], give(database, pair[0], now + joining.LASTS), now + joining.LASTS) == joining.JOINED


def test_codes_are_not_given_for_ever(database: Database, pair: tuple[int, int], now: datetime) -> None:
    for _ in range(joining.MOST_CODES):
        give(database, pair[0], now)
    with database.transaction() as session:
        conversation = contacts.lock(session, pair[0])
        assert joining.issue(session, conversation, now) is None
        assert joining.issue(session, conversation, now + joining.REMEMBERED) is not None


def test_whoever_was_erased_is_never_joined(database: Database, pair: tuple[int, int], now: datetime) -> None:
    code = give(database, pair[0], now)
    with database.transaction() as session:
        consent.erase(session, person(session, pair[0]), now)
        assert session.scalar(select(func.count()).select_from(JoinCode)) == 0
    assert enter(database, pair[1], code, now) == joining.WRONG


def test_erasing_one_erases_both(database: Database, pair: tuple[int, int], now: datetime) -> None:
    enter(database, pair[1], give(database, pair[0], now), now)
    with database.transaction() as session:
        enter_wrong = joining.redeem(session, contacts.lock(session, pair[1]), "", now)
        assert enter_wrong == Joining(joining.WRONG)
        consent.erase(session, person(session, pair[1]), now)
    with database.reading() as session:
        assert {each.state for each in session.scalars(select(Conversation))} == {None}
        assert session.scalar(select(func.count()).select_from(JoinTry)) == 0
        assert len({each.fingerprint for each in session.scalars(select(Address))}) == 2


def test_stop_stays_where_it_was_said(database: Database, pair: tuple[int, int], now: datetime) -> None:
    with database.transaction() as session:
        consent.stop(session, session.get_one(Conversation, pair[0]), now)
    enter(database, pair[1], give(database, pair[0], now), now)
    with database.reading() as session:
        stopped = {each.channel: each.stopped_at for each in session.scalars(select(Address))}
        assert stopped == {"sms": now, "web": None}


# Cases


def open_case(session: Session, conversation_id: int, now: datetime, lead_id: int = LEAD, **more: object) -> Case:
    case, _ = cases.open_or_update(
        session, contact_id=person(session, conversation_id).id, conversation_id=conversation_id, reason="asked",
        now=now, entry_kind="handoff_requested", lead_id=lead_id, **more,  # type: ignore[arg-type]
    )  # fmt: skip
    return case


@pytest.mark.parametrize("whose", [0, 1])
def test_the_only_case_goes_with_its_person(
    database: Database, pair: tuple[int, int], now: datetime, whose: int
) -> None:
    with database.transaction() as session:
        case_id = open_case(session, pair[whose], now).id
    enter(database, pair[1], give(database, pair[0], now), now)
    with database.reading() as session:
        case = session.scalars(select(Case)).one()
        assert (case.id, case.contact_id, case.closed_at) == (case_id, session.scalars(select(Contact.id)).one(), None)


def test_two_open_cases_become_one(database: Database, pair: tuple[int, int], now: datetime) -> None:
    sms, web = pair
    with database.transaction() as session:
        mine = open_case(session, sms, now, profile={"stage": "idea", "sector": "coiffure"}).id
        theirs = open_case(session, web, now, COORDINATION, profile={"stage": "ready", "need": "money"}, urgent=True).id
    enter(database, web, give(database, sms, now), now)
    with database.reading() as session:
        goes_on, ends = session.get_one(Case, mine), session.get_one(Case, theirs)
        assert goes_on.contact_id == ends.contact_id
        assert (goes_on.closed_at, ends.closed_at) == (None, now)
        assert goes_on.profile == {"stage": "idea", "sector": "coiffure", "need": "money"}
        assert (goes_on.urgent, ends.urgent, goes_on.lead_id) == (True, False, LEAD)
        told = {
            entry.case_id: entry.detail["text"]
            for entry in session.scalars(select(CaseEntry))
            if entry.kind == "joined"
        }
        assert told == {mine: str(theirs), theirs: str(mine)}


@pytest.mark.parametrize(("speaks_in", "goes_on"), [((), 0), ((0,), 0), ((1,), 1), ((0, 1), 0)])
def test_a_lead_who_speaks_keeps_the_case_and_the_word(
    database: Database, pair: tuple[int, int], now: datetime, speaks_in: tuple[int, ...], goes_on: int
) -> None:
    with database.transaction() as session:
        web = arrive(session, now, channel="web", address="another browser").id
        enter_code = joining.issue(session, contacts.lock(session, web), now)
        assert enter_code
        joining.redeem(session, contacts.lock(session, pair[1]), enter_code, now)  # their person has two phones already
        for index, lead_id in ((0, LEAD), (1, COORDINATION)):
            case = open_case(session, (pair[0], web)[index], now, lead_id)
            if index in speaks_in:
                cases.take_over(session, case.id, lead_id, now)
    enter(database, pair[1], give(database, pair[0], now), now)
    with database.reading() as session:
        owners = [session.get_one(Conversation, each).owner_lead_id for each in (pair[0], web)]
        speakers = [LEAD, COORDINATION]
        assert owners == [speakers[i] if i in speaks_in and i == goes_on else None for i in (0, 1)]
        opened = session.scalars(select(Case).where(Case.closed_at.is_(None))).one()
        assert opened.conversation_id == (pair[0], web)[goes_on]


def test_a_case_stays_where_its_lead_speaks(database: Database, pair: tuple[int, int], now: datetime) -> None:
    """Whatever the person does on the other phone, the lead can still give the word back."""
    sms, web = pair
    enter(database, web, give(database, sms, now), now)
    with database.transaction() as session:
        case_id = open_case(session, sms, now).id
        cases.take_over(session, case_id, LEAD, now)
        assert open_case(session, web, now).conversation_id == sms
        cases.give_back(session, case_id, LEAD, now)
        assert session.get_one(Conversation, sms).owner_lead_id is None
        assert open_case(session, web, now).conversation_id == web


def test_where_the_person_comes_from_is_told_once(database: Database, pair: tuple[int, int], now: datetime) -> None:
    with database.transaction() as session:
        contacts.refer(person(session, pair[0]), "K9X9K", now)
        for _ in range(2):
            case = open_case(session, pair[0], now)
        assert [(each.kind, each.detail) for each in case.entries if each.kind == "arrived"] == [
            ("arrived", {"text": "K9X9K"})
        ]


# Races


def together(*works: Callable[[], object]) -> list[object]:
    """What came of works done at once; a database that chose a victim is asked again, as the worker does."""

    def insist(work: Callable[[], object]) -> object:
        for _ in range(5):
            try:
                return work()
            except OperationalError:
                continue
        raise AssertionError("never came through")

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(insist, works))


def test_one_code_typed_on_two_phones_joins_one(database: Database, pair: tuple[int, int], now: datetime) -> None:
    with database.transaction() as session:
        third = arrive(session, now, address=OTHER_PHONE).id
    code = give(database, pair[0], now)
    found = together(*(lambda each=each: enter(database, each, code, now) for each in (pair[1], third)))
    assert sorted(map(str, found)) == [joining.JOINED, joining.WRONG]


def test_codes_that_cross_join_once(database: Database, pair: tuple[int, int], now: datetime) -> None:
    codes = give(database, pair[0], now), give(database, pair[1], now)
    found = together(lambda: enter(database, pair[1], codes[0], now), lambda: enter(database, pair[0], codes[1], now))
    assert sorted(map(str, found)) == [joining.JOINED, joining.SAME_PERSON]
    with database.reading() as session:
        assert len({each.contact_id for each in session.scalars(select(Conversation))}) == 1
        assert len(session.scalars(select(Contact)).all()) == 1


def test_erasure_and_joining_at_once_leave_nothing_behind(
    database: Database, pair: tuple[int, int], now: datetime
) -> None:
    """Either the code came too late, or both phones are erased; never one of a joined two."""
    sms, web = pair
    code = give(database, sms, now)

    def erase() -> None:
        with database.transaction() as session:
            consent.erase(session, contacts.lock(session, sms).contact, now)

    found = together(erase, lambda: enter(database, web, code, now))
    with database.reading() as session:
        one, other = person(session, sms), person(session, web)
        assert one.erased_at == now
        assert (found[1] == joining.JOINED) == (one.id == other.id)
        if found[1] == joining.JOINED:
            said = session.scalars(select(Message.text).where(Message.conversation_id == web)).all()
            assert set(said) == {None}
