"""`allervers doctor` says what keeps Telegram from working, and the cure."""

from typing import Any

import pytest

from bot.commands.doctor_telegram import examine
from bot.settings import Settings
from bot.telegram import webhook_url
from tests.fake_telegram import Failure, FakeTelegram

SITE = "https://allervers.example.org"
OURS = f"{SITE}/webhooks/telegram"


def found(telegram: FakeTelegram, **more: Any) -> list[tuple[str, str]]:
    """What the doctor says of each thing: its state and its words."""
    ours = {"telegram_token": telegram.token, "telegram_api_url": telegram.url, "public_url": SITE}
    ours["telegram_username"] = "allervers_bot"
    said = list(examine(Settings.model_validate(ours | more)))
    assert not any(telegram.token.partition(":")[2] in finding.words for finding in said)
    return [(finding.state, finding.words) for finding in said]


def test_without_a_token_telegram_is_off(telegram: FakeTelegram) -> None:
    ((state, words),) = found(telegram, telegram_token=None, telegram_username=None)
    assert state == "missing"
    assert "set ALLERVERS_TELEGRAM_TOKEN" in words


def test_without_a_token_no_poster_may_lead_there(telegram: FakeTelegram) -> None:
    state, words = found(telegram, telegram_token=None)[-1]
    assert state == "fails"
    assert "unset ALLERVERS_TELEGRAM_USERNAME, or set the token" in words


def test_a_bot_that_works(telegram: FakeTelegram) -> None:
    telegram.webhook = {"url": OURS}
    assert found(telegram) == [("ok", "@allervers_bot"), ("ok", OURS)]


@pytest.mark.parametrize(("printed", "state"), [(None, "missing"), ("another_bot", "fails"), ("Allervers_Bot", "ok")])
def test_posters_lead_to_this_bot(telegram: FakeTelegram, printed: str | None, state: str) -> None:
    found_state, words = found(telegram, telegram_username=printed)[0]
    assert found_state == state
    assert state == "ok" or "set ALLERVERS_TELEGRAM_USERNAME=allervers_bot" in words


def test_a_token_telegram_does_not_know(telegram: FakeTelegram) -> None:
    ((state, words),) = found(telegram, telegram_token="7000001:another")
    assert state == "fails"
    assert "copy it from @BotFather again" in words


@pytest.mark.parametrize("failure", [Failure(502), Failure(drop=True), Failure.flood(9)], ids=str)
def test_a_telegram_that_does_not_answer(telegram: FakeTelegram, failure: Failure) -> None:
    telegram.fail("getMe", failure)
    ((state, words),) = found(telegram)
    assert state == "fails"
    assert "does not answer" in words


WEBHOOKS: list[tuple[dict[str, Any], str | None, str, str]] = [
    ({"url": ""}, SITE, "missing", "go to nobody"),
    ({"url": "https://elsewhere.example.org"}, SITE, "missing", "start `allervers serve`, which registers it"),
    ({"url": OURS, "last_error_message": "Wrong response: 502 Bad Gateway"}, SITE, "ok", OURS),
    ({"url": ""}, None, "ok", "fetched"),
    ({"url": ""}, "http://127.0.0.1:8000", "ok", "fetched"),
    ({"url": OURS}, None, "missing", "takes them back"),
]


@pytest.mark.parametrize(("webhook", "site", "state", "words"), WEBHOOKS)
def test_where_updates_go(
    telegram: FakeTelegram, webhook: dict[str, Any], site: str | None, state: str, words: str
) -> None:
    telegram.webhook = webhook
    found_state, said = found(telegram, public_url=site)[-1]
    assert found_state == state
    assert words in said


def test_updates_that_wait_behind_an_error(telegram: FakeTelegram) -> None:
    telegram.webhook = {"url": OURS, "last_error_message": "Wrong response from the webhook: 403 Forbidden"}
    telegram.updates = [{"update_id": 1}, {"update_id": 2}]
    state, words = found(telegram)[-1]
    assert state == "fails"
    assert words.startswith("2 wait: Wrong response from the webhook: 403 Forbidden")


@pytest.mark.parametrize(
    ("public_url", "expected"),
    [(None, None), ("http://example.org", None), (SITE, OURS), (f"{SITE}/bot/", f"{SITE}/bot/webhooks/telegram")],
)
def test_where_telegram_is_asked_to_call(public_url: str | None, expected: str | None) -> None:
    assert webhook_url(Settings.model_validate({"public_url": public_url})) == expected


@pytest.mark.parametrize(
    ("rights", "forum", "state", "words"),
    [
        (("can_manage_topics", "can_delete_messages"), True, "ok", "-1005550001"),
        (("can_manage_topics",), True, "fails", "can_delete_messages"),
        ((), True, "fails", "can_manage_topics and can_delete_messages"),
        (("can_manage_topics", "can_delete_messages"), False, "fails", "no topics"),
        (None, True, "fails", "correct ALLERVERS_TELEGRAM_LEADS_CHAT"),
    ],
)
def test_the_leads_group(
    telegram: FakeTelegram, rights: tuple[str, ...] | None, forum: bool, state: str, words: str
) -> None:
    if rights is not None:
        group = telegram.group(-1005550001)
        group.rights, group.is_forum = rights, forum
    found_state, said = found(telegram, telegram_leads_chat=-1005550001)[-1]
    assert (found_state, words in said) == (state, True), said
