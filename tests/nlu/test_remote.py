"""A Rasa server as an engine: what it answers becomes an Understanding, and what it should not answer an error."""

from collections.abc import Iterator
from typing import Any

import pytest

from nlu.errors import RemoteError
from nlu.remote import MAX_BYTES, RasaServer
from nlu.understanding import Entity, Intent
from tests.nlu import rasa_server
from tests.nlu.rasa_server import TOKEN, nobody, rasa_answer, serving

SECRET = "ma mère a le 06 39 98 00 01"


@pytest.fixture
def server() -> Iterator[rasa_server.RasaServer]:
    with serving() as server:
        yield server


def client(url: str, token: str | None = TOKEN, timeout: float = 5.0) -> RasaServer:
    return RasaServer(url, token, "out_of_scope", timeout)


def test_an_answer_is_understood(server: rasa_server.RasaServer) -> None:
    understood = client(server.url).parse("bonjour")
    assert understood.text == "bonjour"
    assert understood.intent == Intent("greet", 0.75)
    assert understood.ranking == (Intent("greet", 0.75), Intent("thanks", 0.25))
    assert server.asked == ["bonjour"]


@pytest.mark.parametrize("url", ["{}", "{}/"])
def test_the_address_may_end_with_a_slash(server: rasa_server.RasaServer, url: str) -> None:
    assert client(url.format(server.url)).parse("bonjour").intent.name == "greet"


def test_entities_stand_where_the_person_wrote_them(server: rasa_server.RasaServer) -> None:
    found = {"entity": "sector", "start": 10, "end": 18, "value": "coiffure", "extractor": "DIETClassifier"}
    server.answer = lambda text: {**rasa_answer(text), "entities": [{**found, "confidence_entity": 0.5}]}
    understood = client(server.url).parse("  un salon  coiffeur \n")
    assert understood.entities == (Entity("sector", 12, 20, "coiffure", "coiffeur", "DIETClassifier", 0.5),)


@pytest.mark.parametrize("text", ["", "  ", "é🛸\u202e", "\ud800", "\x00", "x" * 20_000])
def test_any_text_can_be_asked(server: rasa_server.RasaServer, text: str) -> None:
    assert client(server.url).parse(text).text == text
    assert server.asked == [text]


def test_rasas_fallback_has_our_name(server: rasa_server.RasaServer) -> None:
    doubt = {"name": "nlu_fallback", "confidence": 0.7}
    server.answer = lambda text: {**rasa_answer(text), "intent": doubt, "intent_ranking": [doubt]}
    assert client(server.url).parse("hm").ranking == (Intent("out_of_scope", 0.7),)


def test_the_intent_comes_first_whatever_the_ranking(server: rasa_server.RasaServer) -> None:
    server.answer = lambda text: {**rasa_answer(text), "intent": {"name": "thanks", "confidence": 7}}
    ranking = client(server.url).parse("merci").ranking
    assert ranking == (Intent("thanks", 1.0), Intent("greet", 0.75))


def test_a_ranking_may_be_missing(server: rasa_server.RasaServer) -> None:
    server.answer = lambda text: {"text": text, "intent": {"name": "greet", "confidence": 1.0}, "entities": []}
    assert client(server.url).parse("cc").ranking == (Intent("greet", 1.0),)


def entity(**changed: Any) -> dict[str, Any]:
    return {"entity": "sector", "start": 0, "end": 2, "value": "x", "extractor": "E", **changed}


GARBAGE: list[Any] = [
    b"",
    b"not json",
    b"\xff\xfe",
    b"[]",
    b"null",
    b"[" * 100_000,
    {},
    {"intent": None},
    {"intent": {"name": None, "confidence": 0.0}},
    {"intent": {"name": 3, "confidence": 0.5}},
    {"intent": {"name": "greet"}},
    {"intent": {"name": "greet", "confidence": "sure"}},
    {"intent": {"name": "greet", "confidence": float("nan")}},
    {"intent": {"name": "greet", "confidence": 10**400}},
    {"intent_ranking": [1]},
    {"intent_ranking": 1},
    {"text": "something else"},
    {"text": None},
    {"entities": None},
    {"entities": [3]},
    {"entities": [entity(start=-1)]},
    {"entities": [entity(end=2000)]},
    {"entities": [entity(start=2, end=1)]},
    {"entities": [entity(start="a")]},
    {"entities": [entity(start=0.5)]},
    {"entities": [entity(entity=None)]},
    {"entities": [entity(confidence_entity="sure")]},
    {"entities": [{"entity": "sector", "start": 0, "end": 2}]},
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda garbage: str(garbage)[:40])
def test_garbage_is_an_error_that_quotes_nobody(server: rasa_server.RasaServer, garbage: Any) -> None:
    bare = garbage == {}
    server.answer = lambda text: garbage if bare or isinstance(garbage, bytes) else {**rasa_answer(text), **garbage}
    with pytest.raises(RemoteError) as caught:
        client(server.url).parse(SECRET)
    assert SECRET not in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert caught.value.__cause__ is None


def test_an_endless_answer_is_cut(server: rasa_server.RasaServer) -> None:
    server.answer = lambda text: b" " * (MAX_BYTES + 1)
    with pytest.raises(RemoteError, match="without end"):
        client(server.url).parse("bonjour")


@pytest.mark.parametrize("token", [None, "a wrong one"])
def test_a_wrong_token_is_named(server: rasa_server.RasaServer, token: str | None) -> None:
    with pytest.raises(RemoteError, match=r"401 \(is the token right\?\)"):
        client(server.url, token).parse("bonjour")
    assert not server.asked


@pytest.mark.parametrize("status", [204, 301, 404, 500])
def test_a_refusal_is_an_error(server: rasa_server.RasaServer, status: int) -> None:
    server.status = status
    with pytest.raises(RemoteError, match=str(status)):
        client(server.url).parse("bonjour")


def test_a_server_that_thinks_too_long_is_left(server: rasa_server.RasaServer) -> None:
    server.hold.clear()
    with pytest.raises(RemoteError, match=r"no answer within 0\.05 s"):
        client(server.url, timeout=0.05).parse("bonjour")


def test_a_server_that_is_not_there_is_said(server: rasa_server.RasaServer) -> None:
    with pytest.raises(RemoteError, match="cannot be reached"):
        client(nobody()).parse("bonjour")
