"""What a lead writes and does not reach the person is said to them."""

from typing import Any

import pytest
from sqlalchemy import select

from bot import outbox
from bot.conversations.case_models import Case
from bot.conversations.models import Address
from tests.bot.leads_group.group import SAYS, Group
from tests.fake_telegram import FakeTelegram, Member


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"photo": [{"file_id": "p", "file_unique_id": "p", "width": 1, "height": 1}], "caption": "x"}, "words_only"),
        ({"location": {"latitude": 43.2, "longitude": 2.3}}, "words_only"),
        ({"text": "/aide"}, "how"),
        ({"text": "x" * 1501}, "too_long"),
        ({"text": "#  "}, "empty"),
    ],
)
def test_what_cannot_be_passed_on_is_said(house: Group, nour: Member, content: dict[str, Any], said: str) -> None:
    case_id = house.opens()
    house.work()
    nour.sends(house.thread(case_id), **content)
    house.work()
    assert house.read(house.thread(case_id))[1:] == [SAYS[said]]
    assert house.sms.texts == [] and house.owner(case_id) is None


def test_an_edit_does_not_reach_the_person_and_is_said_so(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    nour.edits(nour.says("Bonjour", thread), "Bonsoir")
    house.work()
    assert house.sms.texts == ["Bonjour"]
    assert house.read(thread)[1:] == [SAYS["edited"]]


def test_other_bots_and_the_application_itself_are_not_heard(
    house: Group, nour: Member, telegram: FakeTelegram
) -> None:
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    Member(house.chat, telegram, 5550300, is_bot=True).says("Publicité", thread)
    nour.sends(thread, forum_topic_edited={"name": "Un autre nom"})
    nour.sends(None, new_chat_title="Chefs de projet")
    nour.says("Entre nous", 424242)
    house.work()
    assert len(house.read(thread)) == 1 and house.read(None) == [] and house.sms.texts == []


def test_in_the_general_thread_a_sentence_is_said_once_an_hour(house: Group, nour: Member) -> None:
    for text in ("Bonjour", "Il y a quelqu'un ?"):
        nour.says(text, None)
    house.work()
    assert house.read(None) == [SAYS["general"]]
    assert house.sms.texts == []


def test_a_note_stays_among_leads(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    nour.says("# Rappeler jeudi", house.thread(case_id))
    house.work()
    assert house.sms.texts == [] and house.owner(case_id) is None
    with house.database.reading() as session:
        assert session.get_one(Case, case_id).entries[-1].detail == {"text": "Rappeler jeudi"}


def test_who_said_stop_is_not_written_to_and_the_lead_knows(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    with house.database.transaction() as session:
        session.scalars(select(Address)).one().stopped_at = house.at
    nour.says("Bonjour", house.thread(case_id))
    house.work()
    assert house.sms.texts == []
    assert house.read(house.thread(case_id))[1:] == [SAYS["unreachable"]]


def test_a_lead_s_message_that_does_not_arrive_is_told(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    house.sms.failures = [outbox.SendRefused("no such number")]
    nour.says("Bonjour", house.thread(case_id))
    house.work()
    assert house.read(house.thread(case_id))[-1] == SAYS["undelivered"]
