"""What the web phone cannot take is refused with words; what breaks shows nothing."""

import json
import logging
import uuid

import pytest

import db.session
from bot.channels import web_log
from bot.web_guard import Rate
from db.session import Database
from tests.bot.site import Browser, House

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


def test_not_ready_when_sqlite_s_disk_is_nearly_full(
    database: Database, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.session, "LEAST_FREE", 10**18)
    assert browser.get("/readyz").status == (503 if database.dialect == "sqlite" else 200)
    assert browser.get("/healthz").status == 200


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

    monkeypatch.setattr(web_log, "read_page", fail)
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
