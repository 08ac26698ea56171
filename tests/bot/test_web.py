"""The web phone keeps every message, once, for the person who wrote it."""

import json
import uuid

from sqlalchemy import select

from bot.channels.web import sign, token_of
from bot.conversations.models import Contact, Conversation, Message
from db.session import Database
from tests.bot.site import Browser, House, Server, add, count, until_answered


def test_a_message_is_stored_answered_and_shown_in_order(house: House, browser: Browser) -> None:
    sent = browser.say("Bonjour")
    assert sent.status == 202
    mine, reply = until_answered(browser)
    assert mine["id"] == sent.json["message_id"] < reply["id"]
    assert [mine["author"], reply["author"]] == ["resident", "bot"]
    assert reply["text"] == "Reçu : Bonjour"
    assert reply["choices"] == reply["attachments"] == []
    with house.database.reading() as session:
        assert session.get_one(Message, reply["id"]).status == "delivered"


def test_a_resent_message_is_stored_once_and_gets_the_same_answer(
    house: House, browser: Browser, database: Database
) -> None:
    message_id = str(uuid.uuid4())
    first = browser.say("Bonjour", id=message_id)
    again = browser.say("Bonjour", id=message_id.upper())
    assert again.status == 202
    assert again.json == first.json
    assert len(until_answered(browser)) == 2
    assert count(database, Contact) == 1


def test_the_first_message_resent_without_its_lost_cookie_finds_its_conversation(
    browser: Browser, database: Database
) -> None:
    message_id = str(uuid.uuid4())
    first = browser.say("Bonjour", id=message_id)
    browser.cookie = None
    assert browser.say("Bonjour", id=message_id).json == first.json
    assert browser.read()[0]["id"] == first.json["message_id"]
    assert count(database, Conversation) == 1


def test_the_same_id_on_two_phones_makes_two_messages(server: Server, database: Database) -> None:
    one, other = Browser(server), Browser(server)
    one.say("a")
    other.say("b")
    shared = str(uuid.uuid4())
    assert one.say("c", id=shared).json != other.say("d", id=shared).json
    assert {message["text"] for message in other.read() if message["author"] == "resident"} == {"b", "d"}


def test_no_cookie_before_the_first_message(browser: Browser) -> None:
    assert "set-cookie" not in browser.get("/").headers
    assert browser.get("/phone/messages?wait=20").json == {
        "messages": [],
        "conversation": False,
        "speaker": "bot",
    }
    cookie = browser.say("Bonjour").headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie


def test_the_cookie_is_secure_behind_https(browser: Browser) -> None:
    message = json.dumps({"id": str(uuid.uuid4()), "text": "Bonjour"}).encode()
    answer = browser.post("/phone/messages", message, x_forwarded_proto="https")
    assert "secure" in answer.headers["set-cookie"].lower()


def test_a_changed_cookie_opens_nothing(browser: Browser, database: Database) -> None:
    browser.say("Bonjour")
    cookie = browser.cookie or ""
    for changed in (cookie.upper(), "x" + cookie, cookie[:-1], cookie[1:], ".", "Ã©", "a.b.c", cookie + "."):
        browser.cookie = changed
        assert browser.read() == [], changed
    browser.say("Encore moi")
    assert count(database, Conversation) == 2
    assert "Bonjour" not in [message["text"] for message in browser.read()]


def test_a_signed_token_comes_back() -> None:
    assert token_of(sign("abc")) == "abc"
    assert token_of(None) is None


def test_forgetting_starts_a_new_conversation(browser: Browser, database: Database) -> None:
    browser.say("Bonjour")
    assert browser.post("/phone/forget").status == 204
    assert browser.cookie is None
    browser.say("Rebonjour")
    assert count(database, Conversation) == 2


def test_a_very_long_message_is_kept(browser: Browser) -> None:
    text = "é" * 20_000
    answer = browser.post(
        "/phone/messages", json.dumps({"id": str(uuid.uuid4()), "text": text}, ensure_ascii=False).encode()
    )
    assert answer.status == 202
    assert browser.read()[0]["text"] == text


def test_any_text_is_taken(browser: Browser) -> None:
    texts = ["a\x00b", "\ud83d seul", "السلام عليكم", "<script>alert(1)</script>", "👋🏽"]
    assert [browser.say(text).status for text in texts] == [202] * len(texts)
    mine = [message["text"] for message in until_answered(browser, 10) if message["author"] == "resident"]
    assert mine == ["ab", "? seul", *texts[2:]]


def test_a_tapped_choice_and_a_position_arrive_as_such(house: House, browser: Browser) -> None:
    browser.say(payload="/find_place", title="Trouver\nun lieu", referral="BUS-12")
    browser.say(location={"lat": 48.8566, "lon": 2})
    with house.database.reading() as session:
        choice, place = session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id))
        assert (choice.text, choice.content["payload"], choice.content["kind"]) == (
            "Trouver un lieu",
            "/find_place",
            "choice",
        )
        assert (place.content["location"], place.content["kind"]) == ({"lat": 48.8566, "lon": 2.0}, "location")
        assert session.scalars(select(Contact)).one().referral == "BUS-12"
    shown = [message for message in until_answered(browser, 4) if message["author"] == "resident"]
    assert shown[1]["attachments"] == [{"kind": "location", "lat": 48.8566, "lon": 2.0}]


def test_choices_and_attachments_reach_the_page(house: House, browser: Browser) -> None:
    choices = [{"title": "Oui", "payload": "/affirm"}]
    attachments = [{"kind": "calendar", "url": "/a.ics", "title": "Agenda"}]
    browser.say("Bonjour")
    until_answered(browser)
    add(house, text="Un rendez-vous ?", choices=choices, attachments=attachments)
    last = until_answered(browser, 3)[-1]
    assert (last["choices"], last["attachments"]) == (choices, attachments)
