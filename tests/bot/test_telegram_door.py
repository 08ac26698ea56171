"""What Telegram brings is stored once before it is acknowledged; what it did not bring is not."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from bot.channels.telegram_shapes import reference
from bot.channels.telegram_updates import words
from bot.conversations.jobs import Job
from bot.conversations.models import Contact, Message
from bot.queue import claim
from bot.telegram import webhook_secret
from bot.web_telegram import MAX_BODY, PATH
from db.session import Database
from tests.bot.site import Server, count
from tests.bot.telegram_house import SITE, TelegramHouse
from tests.fake_telegram import Failure, FakeTelegram, Resident
from tests.fake_telegram.people import inline_buttons


@pytest.fixture
def house(database: Database, telegram: FakeTelegram, now: datetime) -> Iterator[TelegramHouse]:
    house = TelegramHouse(database, telegram, now)
    assert house.telegram is not None
    secret = webhook_secret(telegram.token)
    telegram.webhook = {"url": f"{SITE}{PATH}", "secret_token": secret}
    server = Server(house)  # type: ignore[arg-type]
    telegram.deliver_to = server.url
    yield house
    server.stop()
    house.telegram.close()


@pytest.fixture
def samia(telegram: FakeTelegram, house: TelegramHouse) -> Resident:
    return Resident(telegram)


TEXT = {"update_id": 1, "message": {"message_id": 1, "date": 1_795_420_800, "chat": {"id": 5, "type": "private"},
        "from": {"id": 5, "is_bot": False, "first_name": "A"}, "text": "Bonjour"}}  # fmt: skip


def test_a_message_is_stored_before_it_is_acknowledged(house: TelegramHouse, samia: Resident) -> None:
    update = samia.says("Bonjour")
    (message,) = house.stored()
    assert (message.text, message.channel, message.status) == ("Bonjour", "telegram", "pending")
    assert message.provider_id == f"7000001:{update['update_id']}"
    assert house.counted.submitted == [message.conversation_id]


@pytest.mark.parametrize("secret", [None, "", "wrong", "é", "x" * 64])
def test_without_the_secret_nothing_is_stored(house: TelegramHouse, telegram: FakeTelegram, secret: str | None) -> None:
    assert telegram.post(TEXT, secret) == 403
    assert telegram.post(TEXT, webhook_secret(telegram.token).upper()) == 403
    assert telegram.post(TEXT, webhook_secret("another token")) == 403
    assert count(house.database, Message) == count(house.database, Contact) == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"not json", 400),
        (b"[1]", 400),
        (b"[" * 5000, 400),
        (b"\xff\xfe", 400),
        (b"{}", 200),
        (b'{"update_id": 1, "message": {"text": "a"}}', 200),
        (b'{"update_id": 1, "message": [1]}', 200),
        (json.dumps({"a": "b" * MAX_BODY}).encode(), 413),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_update_is_refused_or_dropped(
    house: TelegramHouse, telegram: FakeTelegram, body: bytes, status: int
) -> None:
    assert telegram.post(body, webhook_secret(telegram.token)) == status
    assert count(house.database, Message) == 0


def test_a_redelivered_update_changes_nothing(house: TelegramHouse, samia: Resident) -> None:
    update = samia.says("Bonjour")
    assert samia.telegram.bring(update) == 200
    assert len(house.stored()) == 1


def test_updates_that_race_with_themselves_are_stored_once(house: TelegramHouse, samia: Resident) -> None:
    update = samia.says("Bonjour")
    again = [{**update, "update_id": 500 + number % 3} for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(samia.telegram.bring, again)) == {200}
    assert sorted(message.provider_id for message in house.stored()[1:]) == [f"7000001:{id}" for id in (500, 501, 502)]
    assert count(house.database, Contact) == 1


def test_updates_in_another_order_all_count(house: TelegramHouse, samia: Resident) -> None:
    updates = [samia.says(text) for text in ("un", "deux")]
    late = {**updates[0], "update_id": updates[0]["update_id"] - 7}
    assert samia.telegram.bring(late) == 200
    assert [message.text for message in house.stored()] == ["un", "deux", "un"]


def test_what_a_person_changes_in_their_text_is_said_anew(house: TelegramHouse, samia: Resident) -> None:
    samia.says("Lile")
    samia.edits("Lille")
    assert [message.text for message in house.stored()] == ["Lile", "Lille"]


def test_a_database_that_is_away_lets_telegram_come_back(
    house: TelegramHouse, samia: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    update = samia.says("Bonjour")
    again = {**update, "update_id": 12}

    def away() -> Any:
        raise OperationalError("SELECT 1", {}, Exception("away"))

    with monkeypatch.context() as patch:
        patch.setattr(house.database, "transaction", away)
        assert samia.telegram.bring(again) == 503
    assert samia.telegram.bring(again) == 200
    assert len(house.stored()) == 2


def test_the_code_of_a_poster_stays_with_the_person(house: TelegramHouse, samia: Resident) -> None:
    samia.says("/start BUS-ROUBAIX_12")
    (message,) = house.stored()
    assert (message.content["payload"], message.content["referral"]) == ("/greet", "BUS-ROUBAIX_12")
    with house.database.reading() as session:
        assert session.scalars(select(Contact.referral)).one() == "BUS-ROUBAIX_12"


# Buttons


def offered(house: TelegramHouse, person: Resident, *titles: str) -> dict[str, Any]:
    """A message with buttons on somebody's screen, as the channel sends it."""
    person.says("Bonjour")
    message_id = house.says(int(person.chat.id), "Lequel ?", *titles)
    rows = [[{"text": title, "callback_data": reference(message_id, rank)}] for rank, title in enumerate(titles)]
    telegram = person.telegram
    return telegram.add(person.chat, telegram.bot, text="Lequel ?", reply_markup={"inline_keyboard": rows})


def taps(house: TelegramHouse) -> list[tuple[str, str]]:
    return [(m.content["payload"], m.text or "") for m in house.stored() if m.content["kind"] == "choice"]


def test_a_tap_is_its_choice_and_the_button_stops_turning(house: TelegramHouse, samia: Resident) -> None:
    message = offered(house, samia, "Oui", "Non")
    update = samia.taps("Non")
    assert taps(house) == [("/non", "Non")]
    telegram = samia.telegram
    telegram.wait_for(lambda: update["callback_query"]["id"] in telegram.answered, "the answer to the tap")
    assert "text" not in telegram.answered[update["callback_query"]["id"]]
    telegram.wait_for(lambda: not inline_buttons(message), "the buttons to go")


def test_a_double_tap_acts_once_and_says_so(house: TelegramHouse, samia: Resident) -> None:
    message = offered(house, samia, "Oui", "Non")
    data = inline_buttons(message)[0]["callback_data"]
    shown = dict(message)
    updates = [samia.touches(data, shown) for _ in range(2)]
    assert taps(house) == [("/oui", "Oui")]
    telegram, again = samia.telegram, updates[1]["callback_query"]["id"]
    telegram.wait_for(lambda: again in telegram.answered, "an answer")
    assert telegram.answered[again]["text"] == words()["already_tapped"]


def test_taps_that_race_act_once(house: TelegramHouse, samia: Resident) -> None:
    message = offered(house, samia, "Oui")
    data = inline_buttons(message)[0]["callback_data"]
    shown = dict(message)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: samia.touches(data, shown), range(8)))
    assert taps(house) == [("/oui", "Oui")]


def test_a_tap_redelivered_under_another_number_acts_once(house: TelegramHouse, samia: Resident) -> None:
    offered(house, samia, "Oui")
    update = samia.taps("Oui")
    assert samia.telegram.bring({**update, "update_id": 4}) == 200
    assert len(taps(house)) == 1


def test_a_button_offered_to_somebody_else_is_not_theirs(house: TelegramHouse, samia: Resident) -> None:
    message = offered(house, samia, "Oui")
    karim = Resident(samia.telegram, 5550002, "Karim")
    karim.says("Bonjour")
    karim.touches(inline_buttons(message)[0]["callback_data"], message | {"chat": karim.chat.as_json()})
    assert taps(house) == [("/help", "")]


@pytest.mark.parametrize("data", ["", "x", "/delete_my_data", "m:1:0", "m:{}:9", "m:999999999999999999:0", "m:1:-1"])
def test_a_forged_button_leads_to_the_menu(house: TelegramHouse, samia: Resident, data: str) -> None:
    message = offered(house, samia, "Oui")
    ours = inline_buttons(message)[0]["callback_data"].split(":")[1]
    samia.touches(data.format(ours), message)
    assert taps(house) == [("/help", "")]


def test_a_button_of_before_an_erasure_leads_to_the_menu(house: TelegramHouse, samia: Resident) -> None:
    message = offered(house, samia, "Oui")
    with house.database.transaction() as session:
        for row in session.scalars(select(Message).where(Message.direction == "out")):
            row.content = row.text = None
    samia.touches(inline_buttons(message)[0]["callback_data"], message)
    assert taps(house) == [("/help", "")]


def test_a_tap_counts_even_if_telegram_wants_no_answer_any_more(house: TelegramHouse, samia: Resident) -> None:
    offered(house, samia, "Oui")
    samia.telegram.fail("answerCallbackQuery", Failure(400, "Bad Request: query is too old"))
    samia.telegram.fail("editMessageReplyMarkup", Failure(drop=True))
    samia.taps("Oui")
    assert taps(house) == [("/oui", "Oui")]
    samia.telegram.wait_for(lambda: samia.telegram.called("editMessageReplyMarkup"), "both requests")


# Who is there


def test_whoever_blocks_us_is_left_alone_until_they_come_back(house: TelegramHouse, samia: Resident) -> None:
    samia.says("Bonjour")
    samia.telegram.now = lambda: int(house.clock().timestamp()) + 5
    samia.blocks()
    assert house.address().blocked_at == house.clock() + timedelta(seconds=5)
    samia.unblocks()
    assert house.address().blocked_at is None
    assert len(house.stored()) == 1


def test_an_old_block_that_arrives_late_changes_nothing(house: TelegramHouse, samia: Resident) -> None:
    samia.says("Bonjour")
    samia.telegram.now = lambda: int(house.clock().timestamp()) - 60
    samia.blocks()
    assert house.address().blocked_at is None


def test_an_old_return_does_not_undo_a_later_block(house: TelegramHouse, samia: Resident) -> None:
    samia.says("Bonjour")
    samia.telegram.now = lambda: int(house.clock().timestamp()) + 60
    samia.blocks()
    samia.telegram.now = lambda: int(house.clock().timestamp()) + 30
    samia.unblocks()
    assert house.address().blocked_at is not None


def test_somebody_unknown_who_blocks_us_stays_unknown(house: TelegramHouse, samia: Resident) -> None:
    samia.blocks()
    assert count(house.database, Contact) == 0


GROUP = -1005550009


def added(telegram: FakeTelegram, chat: int = GROUP) -> dict[str, Any]:
    group = telegram.group(chat)
    who = {"id": 5550001, "is_bot": False, "first_name": "Samia"}
    change = {"chat": group.as_json(), "from": who, "date": telegram.now(),
              "old_chat_member": {"user": telegram.bot, "status": "left"},
              "new_chat_member": {"user": telegram.bot, "status": "member"}}  # fmt: skip
    return telegram.emit(my_chat_member=change)


def greet(house: TelegramHouse, seconds: int = 0) -> None:
    """Does the jobs of this channel."""
    assert house.telegram is not None
    handlers = house.telegram.handlers()
    for job in claim(house.database, house.clock() + timedelta(seconds=seconds), 60, tuple(handlers), 10):
        handlers[job.kind](job)


def test_in_a_group_one_sentence_is_said_once(house: TelegramHouse, telegram: FakeTelegram) -> None:
    telegram.bring(added(telegram))
    telegram.fail("sendMessage", Failure.flood(3))
    greet(house)
    greet(house, 3)
    greet(house, 60)
    assert [message["text"] for message in telegram.chats[GROUP].messages] == [words()["in_a_group"]]
    assert count(house.database, Contact) == 0


def test_a_group_that_wants_us_no_more_is_not_asked_again(house: TelegramHouse, telegram: FakeTelegram) -> None:
    added(telegram)
    telegram.fail("sendMessage", Failure(403, "Forbidden: bot was kicked from the supergroup chat"))
    greet(house)
    with house.database.reading() as session:
        assert session.scalars(select(Job.outcome)).one() == "dropped"


def test_the_leads_group_is_told_nothing(database: Database, telegram: FakeTelegram, now: datetime) -> None:
    house = TelegramHouse(database, telegram, now, telegram_leads_chat=GROUP)
    assert house.telegram is not None
    house.telegram.door.take(added(telegram))
    house.telegram.close()
    assert count(database, Job) == 0
