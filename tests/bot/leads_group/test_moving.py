"""Threads follow their cases: erased, moved, told no oftener than Telegram takes, and never lost."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot import queue
from bot.conversations import consent
from bot.conversations.case_models import Case
from bot.conversations.group_models import CaseThread
from bot.conversations.jobs import Job
from db.session import Database
from directory.models import Lead
from tests.bot.leads_group.group import COLLEAGUE, OTHER_GROUP, Group
from tests.bot.people import FakeChannel
from tests.fake_telegram import FakeTelegram, Member


def test_an_erasure_takes_the_thread_away(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    nour.says("Bonjour", thread)
    house.work()
    with house.database.transaction() as session:
        consent.erase(session, session.get_one(Case, case_id).contact, house.at)
    house.work()
    assert thread not in house.chat.topics
    assert not any(each.get("message_thread_id") == thread for each in house.chat.messages)
    with house.database.reading() as session:
        assert session.get(CaseThread, case_id) is None


def test_a_case_that_goes_to_another_team_leaves_this_group(house: Group, telegram: FakeTelegram) -> None:
    other = telegram.group(OTHER_GROUP)
    with house.database.transaction() as session:
        session.get_one(Lead, COLLEAGUE).telegram_group = str(OTHER_GROUP)
    case_id = house.opens()
    house.work()
    assert len(house.chat.topics) == 1
    assert house.opens(lead_id=COLLEAGUE) == case_id
    house.work()
    assert house.chat.topics == {} and house.chat.messages == []
    assert list(other.topics) == [house.thread(case_id)]


def test_without_a_group_nothing_is_kept_waiting(database: Database, telegram: FakeTelegram, now: datetime) -> None:
    house = Group(database, telegram, now)
    house.at, house.sms = now, FakeChannel()  # type: ignore[attr-defined]
    house.opens(lead_id=None)
    house.work()
    assert house.telegram is not None
    house.telegram.close()
    with database.reading() as session:
        assert session.scalars(select(Job.outcome).where(Job.kind == "tell_leads_group")).all() == ["done"]


def test_facts_that_come_together_owe_one_job(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    nour.taps("Prendre le relais", house.thread(case_id))
    for text in ("un", "deux", "trois"):
        house.hears(text)
    with house.database.reading() as session:
        waiting = select(Job).where(Job.kind == "tell_leads_group", Job.done_at.is_(None))
        assert len(session.scalars(waiting).all()) == 1
        assert all(job.sender == "telegram:leads" for job in session.scalars(waiting))


def test_the_group_takes_twenty_requests_a_minute(house: Group) -> None:
    for number in range(3):
        house.opens(f"+3363998000{number}")
    assert house.telegram is not None
    rates, kinds = house.telegram.rates(), ("tell_leads_group",)
    first = queue.claim(house.database, house.at, 60, kinds, 9, rates)
    soon = queue.claim(house.database, house.at + timedelta(seconds=1), 60, kinds, 9, rates)
    later = queue.claim(house.database, house.at + timedelta(seconds=2), 60, kinds, 9, rates)
    starts = [(job.starts_at - house.at).total_seconds() for job in (*first, *soon, *later)]
    assert starts == [0, 3]


def test_a_crash_before_the_commit_may_say_it_once_more_and_loses_nothing(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    nour.taps("Prendre le relais", house.thread(case_id))
    house.work()
    house.hears("Allô ?")
    assert house.telegram is not None
    (job,) = queue.claim(house.database, house.at, 60, ("tell_leads_group",))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house.telegram.threads, "_settle", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            house.telegram.threads.tell(job)
    for seconds in (30, 31, 60):
        house.work(seconds)
    assert house.read(house.thread(case_id)).count("Samia : Allô ?") == 2
    house.telegram.threads.tell(job)
    house.work()
    assert house.read(house.thread(case_id)).count("Samia : Allô ?") == 2
