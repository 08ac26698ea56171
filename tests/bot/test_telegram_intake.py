"""How updates reach us: registered with Telegram, or fetched, and never forgotten before they are stored."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from bot.channels import telegram_intake
from bot.channels.telegram_api import BotApi
from bot.channels.telegram_intake import Intake, Webhook
from bot.channels.telegram_updates import words
from tests.fake_telegram import Failure, FakeTelegram, Resident

WEBHOOK = Webhook("https://allervers.example.org/webhooks/telegram", "s" * 64)


class Shelf:
    """Stores updates, but for those it is told to drop once."""

    def __init__(self, telegram: FakeTelegram) -> None:
        self.changed = telegram.changed
        self.stored: list[int] = []
        self.failing: list[Exception] = []

    def take(self, update: Mapping[str, Any]) -> None:
        with self.changed:
            if self.failing:
                raise self.failing.pop(0)
            self.stored.append(update["update_id"])
            self.changed.notify_all()


@pytest.fixture
def shelf(telegram: FakeTelegram) -> Shelf:
    return Shelf(telegram)


@pytest.fixture(autouse=True)
def rested(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody rests for long."""
    monkeypatch.setattr(telegram_intake, "FIRST_REST", 0.01)


@pytest.fixture
def polling(telegram: FakeTelegram, shelf: Shelf) -> Iterator[Intake]:
    api = BotApi(telegram.token, telegram.url)
    intake = Intake(api, shelf, None)
    yield intake
    intake.stop()
    api.close()


@pytest.fixture
def called(telegram: FakeTelegram, shelf: Shelf) -> Iterator[Intake]:
    api = BotApi(telegram.token, telegram.url)
    intake = Intake(api, shelf, WEBHOOK)
    yield intake
    intake.stop()
    api.close()


def test_with_an_address_telegram_is_told_where_to_call(called: Intake, telegram: FakeTelegram) -> None:
    called.start()
    telegram.wait_for(lambda: telegram.commands, "the menu, which comes last")
    assert telegram.webhook == {
        "url": WEBHOOK.url,
        "secret_token": WEBHOOK.secret,
        "allowed_updates": ["message", "edited_message", "callback_query", "my_chat_member"],
    }
    assert not telegram.called("getUpdates")
    shown = {command["command"]: command["description"] for command in telegram.commands}
    assert set(shown) == set(words()["commands"]) - {"start"}


def test_registering_is_tried_until_it_works(
    called: Intake, telegram: FakeTelegram, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    telegram.fail("setMyCommands", Failure(drop=True))
    telegram.fail("setWebhook", Failure(500))
    called.start()
    telegram.wait_for(lambda: telegram.webhook["url"], "the webhook")
    assert telegram.token not in caplog.text


def test_without_an_address_updates_are_fetched(polling: Intake, telegram: FakeTelegram, shelf: Shelf) -> None:
    telegram.webhook = {"url": "https://elsewhere.example.org"}
    samia = Resident(telegram)
    polling.start()
    telegram.wait_for(lambda: telegram.called("getUpdates"), "the first question")
    updates = [samia.says(text)["update_id"] for text in ("un", "deux", "trois")]
    telegram.wait_for(lambda: len(shelf.stored) == 3, "three updates")
    assert shelf.stored == updates
    telegram.wait_for(lambda: not telegram.updates, "the last one to be confirmed")
    assert telegram.called("getUpdates")[0]["allowed_updates"] == list(telegram_intake.KINDS)


@pytest.mark.parametrize("failure", [Failure(400, "Bad Request: BOT_COMMAND_INVALID"), Failure(500)])
def test_no_message_waits_for_the_menu_of_commands(
    polling: Intake, telegram: FakeTelegram, shelf: Shelf, failure: Failure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telegram_intake, "LONGEST_REST", 0.0)
    telegram.fail("setMyCommands", *[failure] * 3)
    Resident(telegram).says("Bonjour")
    polling.start()
    telegram.wait_for(lambda: shelf.stored, "the update")
    telegram.failures.clear()
    Resident(telegram).says("Merci")  # the next time updates are asked for, the menu is tried again
    telegram.wait_for(lambda: telegram.commands, "the menu")


def test_a_refused_menu_leaves_the_address_registered(called: Intake, telegram: FakeTelegram) -> None:
    telegram.fail("setMyCommands", *[Failure(400, "Bad Request: BOT_COMMAND_INVALID")] * 3)
    called.start()
    telegram.wait_for(lambda: telegram.webhook["url"], "the webhook")


def test_an_update_is_confirmed_only_once_it_is_stored(polling: Intake, telegram: FakeTelegram, shelf: Shelf) -> None:
    samia = Resident(telegram)
    updates = [samia.says(text)["update_id"] for text in ("un", "deux")]
    shelf.failing = [RuntimeError("the database is away")] * 2
    polling.start()
    telegram.wait_for(lambda: len(shelf.stored) == 2, "both updates")
    assert shelf.stored == updates
    asked = [call.get("offset") for call in telegram.called("getUpdates")]
    assert [offset for offset in asked if offset is None] == [None] * 3
    assert updates[1] not in asked or asked.index(updates[1]) > 2


def test_whatever_happens_to_the_line_it_is_taken_up_again(
    polling: Intake, telegram: FakeTelegram, shelf: Shelf
) -> None:
    telegram.fail("getUpdates", Failure(409, "Conflict: terminated by other getUpdates request"), Failure(drop=True))
    telegram.fail("getUpdates", Failure(502, "Bad Gateway"), Failure.flood(0))
    polling.start()
    samia = Resident(telegram)
    samia.says("Bonjour")
    telegram.wait_for(lambda: shelf.stored, "the update")


def test_stopping_does_not_wait_for_telegram(polling: Intake, telegram: FakeTelegram) -> None:
    polling.start()
    telegram.wait_for(lambda: telegram.called("getUpdates"), "the question")
    polling.stop(seconds=5)
    assert not polling._thread.is_alive()
