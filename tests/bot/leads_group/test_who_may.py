"""Nobody acts in the leads' group who may not."""

import pytest
from sqlalchemy import select

from bot.channels.telegram_thread_shapes import words
from bot.conversations import lead_links
from bot.conversations.case_models import Case
from bot.conversations.models import Message
from db.session import Database
from directory.models import Lead
from tests.bot.leads_group.group import COLLEAGUE, MINE, NATIONAL, OTHER_GROUP, SAYS, Group, answered, linked
from tests.fake_telegram import FakeTelegram, Member, Resident
from tests.fake_telegram.people import inline_buttons


def test_a_member_nobody_knows_gets_a_sentence_and_nothing_happens(house: Group, telegram: FakeTelegram) -> None:
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    stranger = Member(house.chat, telegram, 5550199)
    stranger.says("Bonjour", thread)
    said = answered(telegram, stranger.taps("Prendre le relais", thread))
    assert (said["text"], said["show_alert"]) == (SAYS["unlinked"], "true")
    assert "06" not in answered(telegram, stranger.taps("Son numéro", thread))["text"]
    house.work()
    assert house.read(thread)[1:] == [SAYS["unlinked"]]
    assert house.sms.texts == [] and house.owner(case_id) is None


def test_a_lead_acts_in_their_territory_only(house: Group, nour: Member) -> None:
    telegram, colleague = nour.telegram, linked(house, COLLEAGUE, 5550101)
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    colleague.says("Bonjour", thread)
    for title in ("Prendre le relais", "Son numéro", "Clore"):
        assert answered(telegram, colleague.taps(title, thread))["text"] == SAYS["not_yours"]
    house.work()
    assert house.read(thread)[1:] == [SAYS["not_yours"]]
    assert house.sms.texts == [] and house.owner(case_id) is None
    linked(house, NATIONAL, 5550102).says("Bonjour de la coordination", thread)
    nour.says("Moi aussi", thread)
    house.work()
    assert house.sms.texts == ["Bonjour de la coordination"]
    assert house.read(thread)[-1] == SAYS["other_speaker"]


def test_a_lead_who_left_acts_no_more(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    with house.database.transaction() as session:
        session.get_one(Lead, MINE).active = False
    nour.says("Bonjour", house.thread(case_id))
    house.work()
    assert house.sms.texts == []


def test_a_number_is_shown_to_who_asks_and_never_written(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    said = answered(nour.telegram, nour.taps("Son numéro", house.thread(case_id)))
    assert said["show_alert"] and "06 39 98 00 01" in said["text"].replace("\u00a0", " ")
    house.work()
    assert not any("39" in text for text in house.read(house.thread(case_id)))


@pytest.mark.parametrize("data", ["c:1:forget", "c:999:take", "m:1:0", "x", "c:1:close:done"])
def test_a_forged_button_does_nothing(house: Group, nour: Member, data: str) -> None:
    case_id = house.opens()
    house.work()
    head = next(each for each in house.chat.messages if inline_buttons(each))
    answered(nour.telegram, nour.touches(data, head))
    with house.database.reading() as session:
        assert session.get_one(Case, case_id).closed_at is None
    assert house.owner(case_id) is None


def test_another_group_is_nobody_s_desk(house: Group, nour: Member, telegram: FakeTelegram) -> None:
    case_id = house.opens()
    house.work()
    elsewhere = telegram.group(OTHER_GROUP)
    spy = Member(elsewhere, telegram, 5550100)
    spy.says("Bonjour", house.thread(case_id))
    spy.says("Bonjour", None)
    head = next(each for each in house.chat.messages if inline_buttons(each))
    assert answered(telegram, spy.touches(f"c:{case_id}:take", head | {"chat": elsewhere.as_json()}))
    house.work()
    assert house.owner(case_id) is None and house.sms.texts == []
    assert all(each["from"]["id"] != house.bot_id for each in elsewhere.messages)


def test_an_account_is_linked_by_a_code_typed_in_private(house: Group, telegram: FakeTelegram) -> None:
    nour = Resident(telegram, 5550100, "Nour")
    with house.database.transaction() as session:
        code = lead_links.issue(session, MINE, house.clock())
    nour.says("relais-ABCDEFGH")
    nour.waits_for(words()["links"]["wrong"])
    update = nour.says(f"/start {code.lower()}")
    nour.waits_for(words()["links"]["linked"])
    telegram.bring(update)
    Resident(telegram, 5550101, "Alix").says(code)
    with house.database.reading() as session:
        assert lead_links.lead_behind(session, "5550100") == MINE
        assert lead_links.lead_behind(session, "5550101") is None
        assert session.scalars(select(Message)).all() == [], "a code is no resident's message"


def test_a_code_ends_with_its_time_with_another_and_with_the_link(database: Database, house: Group) -> None:
    now = house.clock()
    with database.transaction() as session:
        first, second = lead_links.issue(session, MINE, now), lead_links.issue(session, MINE, now)
        assert lead_links.redeem(session, "1", first, now) is None
        assert lead_links.redeem(session, "1", second, now + lead_links.LASTS) is None
        assert lead_links.redeem(session, "1", second, now) == MINE
        assert lead_links.redeem(session, "2", second, now) is None
        assert lead_links.redeem(session, "2", lead_links.issue(session, MINE, now), now) == MINE
        assert lead_links.lead_behind(session, "1") is None, "one account a lead"
        assert lead_links.redeem(session, "2", lead_links.issue(session, NATIONAL, now), now) == NATIONAL
        assert lead_links.link_of(session, MINE) is None, "one lead an account"
        lead_links.unlink(session, NATIONAL)
        assert lead_links.lead_behind(session, "2") is None
