"""A case has a thread: what is written there reaches the person, what they say is read there."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from bot.channels.telegram_thread_shapes import words
from bot.conversations import cases
from bot.conversations.case_models import Case
from bot.conversations.notifications import moment
from directory import bookings
from tests.bot.appointments import add_place, book
from tests.bot.leads_group.group import (
    MINE,
    TAPS,
    Group,
    answered,
)
from tests.bot.telegram_house import SITE
from tests.fake_telegram import Failure, FakeTelegram, Member
from tests.fake_telegram.people import inline_buttons


def test_a_handoff_opens_a_thread_that_says_what_is_needed_and_no_number(house: Group) -> None:
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    assert house.chat.topics == {thread: {"name": f"Samia · dossier {case_id}", "open": True}}
    (head,) = house.read(thread)
    assert "Samia, dossier" in head and "un food truck" in head and f"{SITE}/desk/cases/{case_id}" in head
    assert "Benali" not in head and "06" not in head and "+33" not in head
    assert house.buttons(thread) == [words()["buttons"][name] for name in ("take", "phone", "close")]
    house.work(60)
    assert len(house.chat.messages) == 1


def test_answers_nobody_can_read_do_not_fill_the_group_nor_hold_back_what_follows(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    nour.taps("Prendre le relais", thread)
    house.work()
    right, nour.telegram.now = nour.telegram.now, lambda: 1_795_420_800_000  # dates in milliseconds
    for text in ("un", "deux", "trois"):
        house.hears(text)
        house.work(600)
    assert house.read(thread)[1:] == ["Samia : un", "Samia : deux", "Samia : trois"]
    nour.telegram.now = right
    house.hears("quatre")
    house.work(600)
    assert house.read(thread)[1:] == ["Samia : un", "Samia : deux", "Samia : trois", "Samia : quatre"]


def test_a_head_whose_id_nobody_could_read_is_written_once_and_anew_when_it_changes(house: Group, nour: Member) -> None:
    right, nour.telegram.now = nour.telegram.now, lambda: 1_795_420_800_000
    case_id = house.opens()
    for _ in range(4):
        house.work(600)
    assert (len(house.chat.topics), len(house.chat.messages)) == (1, 1)
    nour.telegram.now = right
    nour.says("Bonjour", house.thread(case_id))
    house.work()
    assert house.sms.texts == ["Bonjour"]
    assert "a la parole" in house.read(house.thread(case_id))[-1]


def test_a_booking_is_read_at_the_head_as_long_as_it_stands(house: Group) -> None:
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    with house.database.transaction() as session:
        add_place(session, MINE)
        case = session.get_one(Case, case_id)
        booking = book(session, case.contact_id, house.at + timedelta(days=3))
        booking_id, said = booking.id, f"Rendez-vous : {moment(booking)}, Mairie annexe."
        change(session, case, "booked", house.at)
    house.work(60)
    assert said in house.read(thread)[0]
    with house.database.transaction() as session:
        bookings.cancel(session, booking_id, house.at, "resident")
        change(session, session.get_one(Case, case_id), "cancelled", house.at)
    house.work(60)
    assert "Rendez-vous" not in house.read(thread)[0]
    assert len(house.chat.messages) == 1


def change(session: Session, case: Case, kind: str, at: datetime) -> None:
    cases.open_or_update(
        session, contact_id=case.contact_id, conversation_id=case.conversation_id, reason="appointment", now=at,
        entry_kind=kind, lead_id=MINE,
    )  # fmt: skip


def test_what_a_lead_writes_reaches_the_person_on_their_channel(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    update = nour.says("Bonjour, je vous appelle demain.", thread)
    assert nour.telegram.bring(update) == 200
    house.work()
    assert house.sms.texts == ["Bonjour, je vous appelle demain."]
    assert house.owner(case_id) == MINE
    assert house.buttons(thread)[0] == words()["buttons"]["back"]
    written = next(each for each in house.chat.messages if each["message_id"] == update["message"]["message_id"])
    assert written["signs"] == [words()["signs"]["passed"]]


def test_a_lead_s_update_that_races_with_itself_is_said_once(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    update = nour.says("Bonjour", thread)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(nour.telegram.bring, [update] * 6)) == {200}
    house.work()
    assert house.sms.texts == ["Bonjour"]


def test_while_a_lead_speaks_the_bot_is_silent_and_the_thread_hears(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    house.hears("Avant le relais", payload="/help")
    before = len(house.sms.texts)
    nour.taps("Prendre le relais", thread)
    house.work()
    said_before = len(house.sms.texts)
    assert said_before >= before
    for text in ("un", "deux", "trois"):
        house.hears(text)
    house.hears("", kind="location", location={"lat": 43.2, "lon": 2.3})
    house.work()
    assert len(house.sms.texts) == said_before
    told = house.read(thread)[1:]
    assert told == ["Samia : un\n\nSamia : deux\n\nSamia : trois\n\nSamia : [position envoyée]"]
    house.hears("quatre")
    house.work()
    assert house.read(thread)[2:] == ["Samia : quatre"]


def test_many_long_lines_are_joined_as_far_as_they_fit(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    nour.taps("Prendre le relais", thread)
    house.work()
    for number in range(5):
        house.hears(f"{number}" * 1500)
    house.hears("mot " * 1500)
    house.work()
    told = house.read(thread)[1:]
    assert [text.count("Samia :") for text in told[:3]] == [2, 2, 1]
    assert "".join(told).count("mot") == 1500


def test_buttons_take_and_give_back_and_twice_is_harmless(house: Group, nour: Member) -> None:
    telegram = nour.telegram
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    head = dict(next(each for each in house.chat.messages if inline_buttons(each)))
    data = inline_buttons(head)[0]["callback_data"]
    for _ in range(2):
        assert answered(telegram, nour.touches(data, head))["text"] == TAPS["taken"]
    house.work()
    assert house.owner(case_id) == MINE
    with house.database.reading() as session:
        assert [entry.kind for entry in session.get_one(Case, case_id).entries].count("taken") == 1
    assert house.buttons(thread)[0] == words()["buttons"]["back"]
    assert "Chef·fe de projet 1 a la parole" in house.read(thread)[0]
    assert answered(telegram, nour.taps("Rendre la main", thread))["text"] == TAPS["given_back"]
    house.work()
    assert house.owner(case_id) is None
    assert house.buttons(thread)[0] == words()["buttons"]["take"]


def test_closing_asks_what_became_of_it_then_closes_the_thread(house: Group, nour: Member) -> None:
    telegram = nour.telegram
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    nour.taps("Clore", thread)
    telegram.wait_for(lambda: "Laisser ouvert" in house.buttons(thread), "the outcomes")
    nour.taps("Laisser ouvert", thread)
    telegram.wait_for(lambda: "Clore…" in house.buttons(thread), "the buttons again")
    nour.taps("Clore", thread)
    telegram.wait_for(lambda: "Laisser ouvert" in house.buttons(thread), "the outcomes again")
    assert answered(telegram, nour.taps("Création lancée", thread))["text"] == TAPS["closed"]
    house.work()
    assert house.buttons(thread) == []
    assert "Dossier clos : Création lancée." in house.read(thread)[0]
    assert not house.chat.topics[thread]["open"]
    nour.says("Encore un mot", thread)
    house.chat.topics[thread]["open"] = True
    house.work()
    assert house.sms.texts == []
    again = house.opens()
    house.work()
    assert house.thread(again) == thread
    assert house.chat.topics[thread]["open"]
    assert f"dossier {again}" in house.read(thread)[-1]


def test_a_person_who_comes_back_finds_their_thread_open_again(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    with house.database.transaction() as session:
        cases.close(session, case_id, MINE, "created", house.at)
    house.work()
    assert not house.chat.topics[thread]["open"]
    again = house.opens()
    house.work()
    assert house.thread(again) == thread and house.chat.topics[thread]["open"]
    old = next(each for each in house.chat.messages if f"dossier {case_id}" in each.get("text", ""))
    said = answered(nour.telegram, nour.touches(f"c:{case_id}:take", old))
    assert said["text"] == TAPS["former"]
    assert house.owner(again) is None


@pytest.mark.parametrize("gone", ["thread", "head", "closed"])
def test_what_somebody_deleted_or_closed_is_made_again_and_nothing_is_lost(
    house: Group, nour: Member, gone: str
) -> None:
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    nour.taps("Prendre le relais", thread)
    house.work()
    if gone == "thread":
        del house.chat.topics[thread]
    elif gone == "closed":
        house.chat.topics[thread]["open"] = False
    else:
        house.chat.messages.clear()
    house.hears("Vous êtes là ?")
    with house.database.transaction() as session:
        cases.give_back(session, case_id, MINE, house.at)
    for seconds in (0, 10, 60):
        house.work(seconds)
    now_at = house.thread(case_id)
    assert (now_at == thread) == (gone != "thread")
    assert house.read(now_at).count("Samia : Vous êtes là ?") == 1
    assert house.buttons(now_at).count(words()["buttons"]["take"]) == 1
    assert house.chat.topics[now_at]["open"]


@pytest.mark.parametrize("failure", [Failure.flood(7), Failure(500), Failure(drop=True), Failure(403, "Forbidden")])
def test_a_telegram_that_refuses_is_asked_again(house: Group, telegram: FakeTelegram, failure: Failure) -> None:
    case_id = house.opens()
    telegram.fail("createForumTopic", failure)
    house.work()
    assert house.chat.topics == {}
    house.work(10)
    assert len(house.chat.topics) == 1
    assert len(house.read(house.thread(case_id))) == 1
