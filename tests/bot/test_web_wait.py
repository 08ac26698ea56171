"""The web phone shows what was said, as soon as it is committed, and only that."""

import threading
import time
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels import web_log
from bot.conversations import consent
from bot.conversations.models import Contact, Conversation, Message
from tests.bot.site import Browser, House, add, until_answered, wait_for_listener


def test_a_long_poll_wakes_when_the_bell_rings(house: House, browser: Browser) -> None:
    browser.say("Bonjour")
    known = ",".join(str(message["id"]) for message in until_answered(browser))
    got: list[Any] = []
    thread = threading.Thread(target=lambda: got.extend(browser.read(known=known, wait=20)))
    thread.start()
    wait_for_listener(house.channel.bell)
    conversation_id = house.turns.submitted[0]
    add(house, text="Encore là ?")
    house.channel.bell.ring(conversation_id)
    thread.join(10)  # half of what it would wait for
    assert [message["text"] for message in got] == ["Encore là ?"]


def test_a_long_poll_sees_what_another_process_commits(house: House, browser: Browser) -> None:
    browser.say("Bonjour")
    known = ",".join(str(message["id"]) for message in until_answered(browser))
    got: list[Any] = []
    thread = threading.Thread(target=lambda: got.extend(browser.read(known=known, wait=20)))
    thread.start()
    wait_for_listener(house.channel.bell)
    add(house, text="Je suis votre conseillère", author="lead", owner_epoch=None)
    thread.join(10)
    assert [(message["author"], message["text"]) for message in got] == [("lead", "Je suis votre conseillère")]


def test_who_erased_everything_and_writes_again_is_answered_at_once(house: House, browser: Browser) -> None:
    browser.say("Bonjour")
    known = ",".join(str(message["id"]) for message in until_answered(browser))
    got: list[Any] = []

    def read_twice() -> None:
        while len(got) < 2:
            got.extend(browser.read(known=",".join([known, *(str(message["id"]) for message in got)]), wait=20))

    thread = threading.Thread(target=read_twice)
    thread.start()
    wait_for_listener(house.channel.bell)
    with house.database.transaction() as session:
        consent.erase(session, session.scalars(select(Contact)).one(), house.now)
    browser.say("Me revoilà")
    thread.join(10)
    assert [message["text"] for message in got] == ["Me revoilà", "Reçu : Me revoilà"]


def test_a_poll_ends_when_its_time_passed(browser: Browser) -> None:
    browser.say("Bonjour")
    known = ",".join(str(message["id"]) for message in until_answered(browser))
    begun = time.monotonic()
    assert browser.read(known=known, wait=1) == []
    assert time.monotonic() - begun > 0.9


def test_a_message_that_commits_after_its_successor_is_not_missed(house: House, browser: Browser) -> None:
    browser.say("Bonjour")
    held = until_answered(browser)
    slower = add(house, text="Je suis lente")
    faster = add(house, text="Je suis rapide")
    known = ",".join(str(id) for id in (held[0]["id"], held[1]["id"], faster))
    assert [message["id"] for message in browser.read(known=known)] == [slower]


def test_replies_of_a_former_speaker_die_and_what_was_shown_stays(house: House, browser: Browser) -> None:
    browser.say("Bonjour")
    until_answered(browser)
    add(house, text="Trop tard")
    last_word = add(house, text="Vous êtes désinscrit", last_word=True)
    with house.database.transaction() as session:
        conversation = session.scalars(select(Conversation)).one()
        conversation.owner_lead_id, conversation.owner_epoch = 7, conversation.owner_epoch + 1
    lead = add(house, text="Bonjour, je prends le relais", author="lead")
    answer = browser.get("/phone/messages").json
    assert answer["speaker"] == "lead"
    assert [message["text"] for message in answer["messages"]][1:] == [
        "Reçu : Bonjour",
        "Vous êtes désinscrit",
        "Bonjour, je prends le relais",
    ]
    assert [message["id"] for message in answer["messages"]][2:] == [last_word, lead]
    with house.database.reading() as session:
        assert session.scalar(select(Message.status).where(Message.author == "bot", Message.id == last_word - 1)) == (
            "dropped"
        )


def test_erased_and_dropped_messages_are_not_shown(house: House, browser: Browser) -> None:
    browser.say("Bonjour")
    until_answered(browser)
    add(house, text="jamais envoyé", status="dropped")
    add(house, text=None)
    assert len(browser.read()) == 2


def test_a_page_that_opens_gets_the_end_of_a_long_conversation(
    house: House, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.say("Bonjour")
    first = until_answered(browser)[0]["id"]
    ids = [add(house, text=f"n° {number}", status="delivered") for number in range(5)]
    monkeypatch.setattr(web_log, "LIMIT", 3)
    assert [message["id"] for message in browser.read()] == ids[-3:]
    assert [message["id"] for message in browser.read(after=first + 1)] == ids[:3]
