"""The sound of a message on the web phone: whole or by pieces, for the person it was shown to and nobody else."""

import logging
from collections.abc import Iterator
from datetime import datetime

import pytest

from bot.channels import voice
from bot.conversations import consent
from bot.conversations.models import Contact, Conversation
from bot.sounds import Sounds
from db.session import Database
from tests.bot.site import Browser, House, Server, add, until_answered
from tests.fakes.voice import FakeVoice, sound_of


@pytest.fixture
def aloud() -> FakeVoice:
    return FakeVoice()


@pytest.fixture
def talking(
    database: Database, now: datetime, aloud: FakeVoice, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[House, Server]]:
    monkeypatch.setattr(voice, "ENCODER", "no-such-encoder")
    house = House(database, now, sounds=Sounds(aloud))
    server = Server(house)
    yield house, server
    server.stop()
    house.turns.close()


def sound(browser: Browser, message_id: int, more: str = "", **headers: str) -> tuple[int, bytes]:
    """What the page's player is given."""
    answer = browser.get(f"/phone/messages/{message_id}/audio{more}", **headers)
    return answer.status, answer.body


def answered(browser: Browser, text: str = "Bonjour") -> int:
    """The id of the answer to a message."""
    browser.say(text)
    return int(until_answered(browser)[-1]["id"])


def test_an_answer_is_heard_whole_and_by_pieces(talking: tuple[House, Server], aloud: FakeVoice) -> None:
    browser = Browser(talking[1])
    message_id = answered(browser)
    whole = browser.get(f"/phone/messages/{message_id}/audio?light")
    assert (whole.status, whole.body, whole.headers["content-type"]) == (200, sound_of(), "audio/wav")
    assert whole.headers["cache-control"].startswith("private")
    assert "default-src 'self'" in whole.headers["content-security-policy"]  # a page of ours may play what is ours
    assert sound(browser, message_id, range="bytes=0-1") == (206, b"RI")
    assert sound(browser, message_id, range="bytes=4-") == (206, sound_of()[4:])
    assert sound(browser, message_id, range="bytes=9999999-")[0] == 416
    assert sound(browser, message_id, range="words=1-2") == (200, sound_of())
    assert aloud.said == [("fr", "Reçu : Bonjour.")]
    assert "/static/listen.js" in browser.get("/").text


def test_nobody_hears_what_was_said_to_another(talking: tuple[House, Server], aloud: FakeVoice) -> None:
    house, server = talking
    samia, other, nobody = Browser(server), Browser(server), Browser(server)
    message_id = answered(samia)
    not_shown = add(house, text="Pas encore lu")
    of_a_lead = add(house, text="Je prends le relais", author="lead", owner_epoch=None)
    samia.read()
    before = add(house, text="Trop tard", owner_epoch=7)  # computed before the speaker changed: never shown
    samia.read()
    theirs = answered(other, "Salut")
    assert sound(samia, not_shown)[0] == 200
    aloud.said.clear()
    for browser, wanted in (
        (other, message_id), (nobody, message_id), (samia, theirs), (samia, before), (samia, of_a_lead),
        (samia, message_id - 1), (samia, 10**25), (samia, 999_999),
    ):  # fmt: skip
        assert sound(browser, wanted)[0] == 404
    nobody.cookie = f"{samia.cookie}x"
    assert sound(nobody, message_id)[0] == 404
    assert aloud.said == []


def test_what_was_erased_is_not_said(talking: tuple[House, Server]) -> None:
    house, server = talking
    browser = Browser(server)
    message_id = answered(browser)
    with house.database.transaction() as session:
        contact = session.get_one(Contact, session.get_one(Conversation, house.turns.submitted[0]).contact_id)
        consent.erase(session, contact, house.now)
    assert sound(browser, message_id)[0] == 404


def test_a_voice_that_fails_has_words_and_tells_no_log(
    talking: tuple[House, Server], aloud: FakeVoice, caplog: pytest.LogCaptureFixture
) -> None:
    browser = Browser(talking[1])
    message_id = answered(browser, "péplum")
    aloud.fails = True
    with caplog.at_level(logging.DEBUG):
        answer = browser.get(f"/phone/messages/{message_id}/audio")
    assert (answer.status, answer.json["error"]) == (500, "not_said")
    assert "hoarse" in caplog.text
    assert "péplum" not in caplog.text


def test_a_phone_that_asks_without_end_waits(talking: tuple[House, Server]) -> None:
    browser = Browser(talking[1])
    message_id = answered(browser)
    answers = [browser.get(f"/phone/messages/{message_id}/audio") for _ in range(40)]
    assert [each.status for each in answers[:30]] == [200] * 30
    refused = [each for each in answers if each.status == 429]
    assert refused
    assert int(refused[0].headers["retry-after"]) > 0


def test_without_a_voice_nothing_is_offered(house: House, browser: Browser) -> None:
    message_id = answered(browser)
    assert sound(browser, message_id)[0] == 404
    assert "listen" not in browser.get("/").text
