"""The web phone speaks HTTP: nothing lost, nothing twice, words for every refusal."""

import json
import logging
import re
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

import bot
from bot.channels import web_log
from bot.channels.web import WebChannel, sign, token_of
from bot.channels.web_bell import Bell
from bot.conversations import consent
from bot.conversations.models import Contact, Conversation, Message
from bot.settings import Settings
from bot.web_guard import Rate
from bot.web_pages import Pages
from db.session import Database
from tests.bot.site import Browser, House, Server, outgoing
from tests.conftest import NOW
from tests.databases import SqliteTemplate

ROOT = Path(bot.__file__).parent


@pytest.fixture
def house(database: Database, now: datetime) -> House:
    return House(database, now)


@pytest.fixture
def server(house: House) -> Iterator[Server]:
    server = Server(house)
    yield server
    server.stop()
    house.turns.close()


@pytest.fixture
def browser(server: Server) -> Browser:
    return Browser(server)


@pytest.fixture(scope="module")
def shared(
    sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory, keys: None
) -> Iterator[tuple[House, Server]]:
    """One server for all the tests that store nothing."""
    with sqlite_template.copy(tmp_path_factory.mktemp("web")) as url:
        house = House(Database(url), NOW)
        server = Server(house)
        yield house, server
        server.stop()
        house.turns.close()
        house.database.close()


@pytest.fixture
def passer_by(shared: tuple[House, Server]) -> Iterator[Browser]:
    """Somebody who looks at pages or knocks in vain: nothing is stored."""
    house, server = shared
    yield Browser(server)
    assert count(house.database, Message) == 0


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody writes too fast."""
    monkeypatch.setattr(Rate, "wait", lambda *_: 0)


def count(database: Database, table: Any) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def add(house: House, **values: Any) -> int:
    """Writes an outgoing message into the only conversation, as another process would: no bell rings."""
    with house.database.transaction() as session:
        message = outgoing(session.scalars(select(Conversation)).one(), house.now, **values)
        session.add(message)
        session.flush()
        return message.id


def until_answered(browser: Browser, messages: int = 2) -> list[dict[str, Any]]:
    """Reads until the conversation holds that many messages."""
    held: dict[int, dict[str, Any]] = {}
    for _ in range(10):
        for message in browser.read(known=",".join(map(str, held)), wait=5):
            held[message["id"]] = message
        if len(held) >= messages:
            break
    return [held[id] for id in sorted(held)]


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


ELSEWHERE = [
    {"origin": "https://example.org"},
    {"origin": "null"},
    {"origin": ""},
    {"sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "same-site"},
]


def test_another_sites_page_is_refused(passer_by: Browser, patient: None) -> None:
    message = json.dumps({"id": str(uuid.uuid4()), "text": "Bonjour"}).encode()
    for path in ("/phone/messages", "/phone/forget"):
        for headers in ELSEWHERE:
            answer = passer_by.post(path, message, **headers)
            assert answer.status == 403, headers
            assert "l’assistant" in answer.json["message"]


def test_a_request_that_hides_where_it_comes_from_is_refused(passer_by: Browser) -> None:
    body = b'{"id": "00000000-0000-4000-8000-000000000000", "text": "a"}'
    answer = passer_by.request("POST", "/phone/messages", body, {"content-type": "application/json"})
    assert answer.status == 403


ID = '"id": "00000000-0000-4000-8000-000000000000"'


REFUSED = [
    ("{" + ID + ', "text": ""}', 400, "empty"),
    ("{" + ID + ', "text": " \\n\\t "}', 400, "empty"),
    ("{" + ID + "}", 400, "empty"),
    ("{" + ID + ', "text": 12}', 400, "empty"),
    ("{" + ID + ', "text": ["a"]}', 400, "empty"),
    ("not json", 400, "bad_json"),
    ("", 400, "bad_json"),
    ("[]", 400, "bad_json"),
    ("[" * 5000, 400, "bad_json"),
    ("\xff\xfe", 400, "bad_json"),
    ('{"text": "a"}', 400, "bad_id"),
    ('{"id": 1, "text": "a"}', 400, "bad_id"),
    ('{"id": "x", "text": "a"}', 400, "bad_id"),
    ("{" + ID + ', "payload": ""}', 400, "bad_choice"),
    ("{" + ID + ', "payload": {"a": 1}}', 400, "bad_choice"),
    ("{" + ID + ', "payload": "' + "a" * 256 + '"}', 400, "bad_choice"),
    ("{" + ID + ', "location": "Lille"}', 400, "bad_location"),
    ("{" + ID + ', "location": {"lat": 1}}', 400, "bad_location"),
    ("{" + ID + ', "location": {"lat": NaN, "lon": 1}}', 400, "bad_location"),
    ("{" + ID + ', "location": {"lat": 91, "lon": 1}}', 400, "bad_location"),
    ("{" + ID + ', "location": {"lat": true, "lon": 1}}', 400, "bad_location"),
    ("{" + ID + ', "location": {"lat": 1' + "0" * 400 + ', "lon": 1}}', 400, "bad_location"),
    ("{" + ID + ', "text": "' + "a" * 70_000 + '"}', 413, "too_large"),
]


def test_what_cannot_be_taken_is_refused_with_words(passer_by: Browser, patient: None) -> None:
    for body, status, code in REFUSED:
        answer = passer_by.post("/phone/messages", body.encode("latin-1"))
        assert (answer.status, answer.json["error"]) == (status, code), body[:100]
        assert answer.json["message"][-1] in ".!"


def test_a_form_of_another_site_cannot_pass_for_the_page(passer_by: Browser, patient: None) -> None:
    answer = passer_by.post("/phone/messages", b"{}", content_type="text/plain")
    assert (answer.status, answer.json["error"]) == (415, "bad_type")


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


def test_a_long_poll_wakes_when_the_bell_rings(house: House, browser: Browser) -> None:
    browser.say("Bonjour")
    known = ",".join(str(message["id"]) for message in until_answered(browser))
    got: list[Any] = []
    thread = threading.Thread(target=lambda: got.extend(browser.read(known=known, wait=20)))
    begun = time.monotonic()
    thread.start()
    wait_for_listener(house.channel.bell)
    conversation_id = house.turns.submitted[0]
    add(house, text="Encore là ?")
    house.channel.bell.ring(conversation_id)
    thread.join(10)
    assert [message["text"] for message in got] == ["Encore là ?"]
    assert time.monotonic() - begun < 5


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


def wait_for_listener(bell: Bell) -> None:
    limit = time.monotonic() + 5
    while not bell.waiting():
        assert time.monotonic() < limit
        time.sleep(0.005)


def test_a_poll_ends_when_its_time_passed(browser: Browser) -> None:
    browser.say("Bonjour")
    known = ",".join(str(message["id"]) for message in until_answered(browser))
    begun = time.monotonic()
    assert browser.read(known=known, wait=1) == []
    assert 0.9 < time.monotonic() - begun < 5


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


def test_a_database_that_is_gone_has_words(
    house: House, browser: Browser, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    browser.say("Bonjour")
    assert browser.get("/readyz").status == 200
    gone = Database("postgresql://127.0.0.1:9/none?connect_timeout=2")
    house.database = gone
    with caplog.at_level(logging.WARNING):
        answer = browser.say("Mon secret")
        ready = browser.get("/readyz").status
    house.database = database
    gone.close()
    assert (answer.status, answer.json["error"]) == (503, "unavailable")
    assert "gardé" in answer.json["message"]
    assert int(answer.headers["retry-after"]) >= 1
    assert ready == 503
    assert "secret" not in caplog.text


def test_an_unforeseen_error_shows_no_trace_and_logs_no_content(
    house: House, browser: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("Mon secret")

    monkeypatch.setattr(web_log, "find_conversation", fail)
    browser.say("Bonjour")
    with caplog.at_level(logging.INFO):
        answer = browser.get("/phone/messages")
    assert (answer.status, answer.json["error"]) == (500, "internal")
    assert "ValueError at fail" in caplog.text
    assert "secret" not in caplog.text + answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_who_writes_too_fast_is_asked_to_wait(browser: Browser) -> None:
    answers = [browser.say("a") for _ in range(14)]
    assert answers[0].status == 202
    assert answers[-1].status == 429
    assert "Attendez" in answers[-1].json["message"]
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_the_rate_refills_and_forgets_quiet_keys() -> None:
    rate = Rate(burst=2, per_second=0.5, keys=2)
    assert [rate.wait("a", 0), rate.wait("a", 0), rate.wait("a", 0)] == [0, 0, 2]
    assert rate.wait("a", 2) == 0
    assert rate.wait("b", 2) == rate.wait("c", 2) == rate.wait("a", 2) == 0


PAGES = ["/", "/confidentialite", "/healthz", "/readyz", "/static/phone.css", "/nulle-part", "/phone/messages"]


def test_every_answer_carries_the_security_headers(passer_by: Browser) -> None:
    for path in PAGES:
        headers = passer_by.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"], path
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "geolocation=(self)" in headers["permissions-policy"]


def test_wrong_addresses_have_a_small_french_page(passer_by: Browser) -> None:
    for path in ("/nulle-part", "/static/nulle-part.js", "/static/../../settings.py"):
        missing = passer_by.get(path)
        assert missing.status == 404
        assert "Cette page n’existe pas" in missing.text
        assert 'lang="fr"' in missing.text
    assert passer_by.post("/").status == 405
    assert passer_by.request("DELETE", "/phone/messages", None, {}).json["error"] == "bad_method"


def test_the_page_asks_nothing_of_other_sites_and_is_light(passer_by: Browser) -> None:
    page = passer_by.get("/")
    assert page.status == 200
    parts = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)
    assert len(set(parts)) == 3
    files = [passer_by.get(part) for part in set(parts)]
    assert all("immutable" in file.headers["cache-control"] for file in files)
    assert len(page.body) + sum(len(file.body) for file in files) < 40_000
    for text in (page.text, *(file.text for file in files)):
        assert not re.search(r'(src=|<link[^>]+href=|url\(|@import|fetch\()\s*["\']?(https?:)?//', text)
    assert not re.search(r"<script(?![^>]*(src=|application/json))|\son\w+=|\sstyle=|<style", page.text)


def test_what_the_pages_weigh_on_the_wire(passer_by: Browser) -> None:
    total = sum(
        len(passer_by.get(path, **{"accept-encoding": "gzip"}).body)
        for path in ("/", "/static/phone.css", "/static/phone.js", "/static/icon.svg")
    )
    assert total < 16_000


def test_the_script_never_makes_markup_of_content() -> None:
    script = (ROOT / "static" / "phone.js").read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", script)


def test_the_privacy_notice_names_who_is_responsible(passer_by: Browser) -> None:
    settings = Settings()
    text = passer_by.get("/confidentialite").text
    assert settings.operator_name in text
    assert f"{settings.retention_days} jours" in text
    for word in ("SUPPRIMER", "MES DONNÉES", "STOP", "HUMAIN", "CNIL"):
        assert word in text


def test_every_refusal_the_code_makes_has_words() -> None:
    sources = [*ROOT.glob("web*.py"), *(ROOT / "channels").glob("web*.py")]
    used = {
        code
        for source in sources
        for code in re.findall(r'(?:Problem|BadRequest|problem)\((?:request, )?"(\w+)"', source.read_text("utf-8"))
    }
    written = Pages({}).errors
    assert used <= set(written)
    for words in written.values():
        assert words["title"]
        assert words["text"]
        assert words["status"] >= 400


def test_the_channel_describes_itself() -> None:
    channel = WebChannel()
    assert (channel.name, channel.variant, channel.pushes) == ("web", "web", False)
