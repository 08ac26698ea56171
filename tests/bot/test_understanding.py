"""Rasa first, the embedded engine whenever Rasa does not answer."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from bot.app import Services
from bot.metrics import RASA, Metrics
from bot.settings import Settings
from bot.understanding import REST, RasaFirst
from nlu.errors import RemoteError
from nlu.remote import RasaServer
from nlu.understanding import Entity, Intent, Understanding
from tests.bot.listener import hear, idle
from tests.nlu.rasa_server import TOKEN, nobody, serving
from tests.understanding import understanding

INTENTS = frozenset({"greet", "thanks", "out_of_scope"})
TOWN = Entity("commune", 9, 13, {"insee_code": "62498", "name": "Lens"}, "lens", "CommuneExtractor")


def embedded(text: str) -> Understanding:
    """Always thanks, and a town in every long text."""
    return Understanding(text, Intent("thanks", 1.0), (Intent("thanks", 1.0),), (TOWN,) if len(text) > 12 else ())


class Rasa:
    """Answers greetings until it is `away`."""

    def __init__(self) -> None:
        self.away = False
        self.asked = 0
        self.meanwhile: Callable[[], object] = lambda: None
        self.intents = (Intent("greet", 0.75), Intent("thanks", 0.25))
        self.entities: tuple[Entity, ...] = ()

    def parse(self, text: str) -> Understanding:
        self.asked += 1
        self.meanwhile()
        if self.away:
            raise RemoteError("is away")
        return Understanding(text, self.intents[0], self.intents, self.entities)


class House:
    """Both engines, the counts, and a clock that stands still."""

    def __init__(self) -> None:
        self.now = 0.0
        self.rasa = Rasa()
        self.metrics = Metrics()
        self.both = RasaFirst(
            self.rasa.parse, embedded, INTENTS, lambda how: self.metrics.count(RASA, how), lambda: self.now
        )

    def says(self, text: str) -> str:
        return self.both.parse(text).intent.name

    def counts(self) -> dict[str, int]:
        return {how: self.metrics.of(RASA, how) for how in ("answered", "failed", "spared", "withheld")}


@pytest.fixture
def house() -> House:
    return House()


def test_rasa_says_what_is_meant(house: House) -> None:
    understood = house.both.parse("bonjour")
    assert understood.intent == Intent("greet", 0.75)
    assert understood.ranking == (Intent("greet", 0.75), Intent("thanks", 0.25))
    assert house.counts() == {"answered": 1, "failed": 0, "spared": 0, "withheld": 0}


def test_the_embedded_engine_answers_when_rasa_does_not(house: House) -> None:
    house.rasa.away = True
    assert house.says("bonjour") == "thanks"
    assert house.counts()["failed"] == 1


def test_a_server_that_failed_is_not_asked_at_each_message(house: House) -> None:
    house.rasa.away = True
    for _ in range(10):
        house.says("bonjour")
        house.now += 1
    assert house.rasa.asked == 1
    assert house.counts() == {"answered": 0, "failed": 1, "spared": 9, "withheld": 0}


def test_it_is_tried_again_by_one_message_at_a_time(house: House) -> None:
    house.rasa.away = True
    house.says("bonjour")
    house.now += REST
    house.rasa.meanwhile = lambda: house.rasa.asked < 5 and house.says("salut")  # while the other still waits
    house.says("bonjour")
    assert house.rasa.asked == 2
    assert house.counts()["spared"] == 1


def test_it_is_back_for_all_once_it_answered(house: House) -> None:
    house.rasa.away = True
    house.says("bonjour")
    house.rasa.away = False
    house.now += REST
    assert [house.says("bonjour") for _ in range(3)] == ["greet"] * 3
    assert house.counts()["answered"] == 3


def test_going_and_coming_back_are_one_line_each(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.rasa.away = True
    with caplog.at_level(logging.WARNING):
        for _ in range(4):
            house.says("mon secret")
            house.now += REST
        house.rasa.away = False
        for _ in range(4):
            house.says("mon secret")
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [
        "Rasa is away; the embedded engine reads alone, Rasa is tried every 30 s",
        "Rasa answers again",
    ]


def test_an_intent_that_flows_do_not_know_is_no_answer(house: House) -> None:
    house.rasa.intents = (Intent("order_pizza", 1.0),)
    assert house.says("bonjour") == "thanks"
    assert house.counts()["failed"] == 1


def test_unknown_runners_up_are_left_out(house: House) -> None:
    house.rasa.intents = (Intent("greet", 0.5), Intent("order_pizza", 0.4), Intent("thanks", 0.1))
    assert [intent.name for intent in house.both.parse("bonjour").ranking] == ["greet", "thanks"]


@pytest.mark.parametrize("text", ["/delete_my_data", '  /greet{"a": 1}', "/"])
def test_an_order_to_rasa_never_reaches_it(house: House, text: str) -> None:
    assert house.says(text) == "thanks"
    assert house.rasa.asked == 0
    assert house.counts()["withheld"] == 1


def test_entities_are_ours_and_rasas_beside_them(house: House) -> None:
    raw_town = Entity("commune", 7, 13, "a lens", "a lens", "DIETClassifier")
    trade = Entity("sector", 0, 6, "salons", "salons", "DIETClassifier")
    house.rasa.entities = (raw_town, trade)
    assert house.both.parse("salons a lens").entities == (trade, TOWN)


def test_through_a_server_that_comes_and_goes() -> None:
    now = 0.0
    with serving() as server:
        both = RasaFirst(RasaServer(server.url, TOKEN).parse, embedded, INTENTS, lambda how: None, lambda: now)
        assert both.parse("bonjour").intent.name == "greet"
        server.status = 503
        assert both.parse("bonjour").intent.name == "thanks"
        server.status = 200
        now += REST
        assert both.parse("bonjour").intent.name == "greet"
    gone = RasaFirst(RasaServer(nobody(), TOKEN).parse, embedded, INTENTS, lambda how: None)
    assert gone.parse("bonjour").intent.name == "thanks"


async def fetch(app: Starlette, path: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://site.test") as client:
        return await client.get(path)


def test_it_is_wired_by_settings_and_counted(tmp_path: Path) -> None:
    with serving() as server:
        given = {"nlu_url": server.url, "nlu_token": TOKEN, "secret_key": "test key", "data_dir": tmp_path}
        services = Services(Settings.model_validate(given))
        services.understanding = understanding()
        assert services.parse("je veux un rdv").intent == Intent("greet", 0.75)
        server.status = 500
        assert services.parse("je veux un rdv").intent.name == "book_appointment"
    told = asyncio.run(fetch(Starlette(routes=services.metrics.routes()), "/metrics"))
    assert told.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert f'{RASA}{{outcome="answered"}} 1\n{RASA}{{outcome="failed"}} 1\n' in told.text


def test_without_a_server_nothing_stands_between(tmp_path: Path) -> None:
    services = Services(Settings.model_validate({"secret_key": "test key", "data_dir": tmp_path}))
    services.understanding = understanding()
    assert services.parse == services.understanding.parse


@pytest.mark.parametrize("kind", ["date", "time", "commune"])
def test_a_value_that_nobody_made_concrete_fills_nothing(kind: str) -> None:
    text = "je veux un rdv à la saint-glinglin"
    raw = Entity(kind, 17, len(text), text[17:], text[17:], "DIETClassifier")
    meant = Intent("book_appointment", 1.0)
    assert hear(text, idle(), Understanding(text, meant, (meant,), (raw,))).lines == ["StartFlow book_appointment"]
