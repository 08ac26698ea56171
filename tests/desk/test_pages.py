"""Words and structure of the pages: French, labelled, in order, with a way on from every failure."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

import desk
from bot.conversations import cases, wording
from desk import words
from desk.app import GUARDED
from desk.door import Action
from tests.desk.world import START, Browser, Wiring, World, book, one_database, open_case, person, say

SOURCES = Path(desk.__file__).parent


class Outline(HTMLParser):
    """What a screen reader relies on."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.language: str | None = None
        self.headings: list[int] = []
        self.labels: set[str] = set()
        self.fields: list[str] = []
        self.ids: list[str] = []
        self.inside_label = False
        self.unnamed: list[dict[str, Any]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "html":
            self.language = values.get("lang")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "label":
            self.inside_label = "for" not in values
            self.labels.add(values.get("for") or "")
        if tag in ("input", "textarea", "select") and values.get("type") != "hidden" and not self.inside_label:
            self.fields.append(values.get("id") or "")
        if "id" in values:
            self.ids.append(values["id"] or "")
        assert not any(name.startswith("on") or name == "style" for name in values), values

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self.inside_label = False


@one_database
def test_pages_can_be_read_aloud(wiring: Wiring, world: World, south: Browser) -> None:
    with wiring.database.transaction() as session:
        conversation = person(session, "+33639980001")
        say(session, conversation, "resident", "bonjour", START)
        open_case(session, conversation, world.leads["south"], urgent=True)
        book(session, world, "south", conversation, START + timedelta(days=1))
        book(session, world, "south", conversation, START)
    paths = [item.path for item in GUARDED if not isinstance(item, Action) and "live" not in item.path]
    paths += ["/login?next=/", "/nowhere", "/bookings?on=2026-11-23"]
    for path in paths:
        if path.startswith("/login"):
            south.cookies.clear()
        outline = Outline(south.get(re.sub(r"\{\w+:int\}", "1", path))[1])
        assert outline.language == "fr", path
        assert outline.headings.count(1) == 1, path
        assert all(b - a <= 1 for a, b in zip([0, *outline.headings], outline.headings, strict=False) if b > a), path
        assert set(outline.fields) <= outline.labels, path
        assert "" not in outline.fields, path
        assert len(outline.ids) == len(set(outline.ids)), path


def test_every_code_has_words() -> None:
    assert set(cases.OUTCOMES) == set(words.WORDS["outcomes"])
    assert set(wording.labels()["reasons"]) <= set(words.WORDS["reasons"])
    source = "".join(path.read_text(encoding="utf-8") for path in SOURCES.glob("*.py"))
    codes = set(re.findall(r'(?:Refused|Absent)\("(\w+)"\)', source)) | {"stale", "credentials", "bad_date"}
    assert codes <= set(words.WORDS["problems"])
    for group in ("problems", "notices"):
        assert set(words.WORDS[group]) <= set(re.findall(r'"(\w+)"', source + str(words.WORDS))) | codes


def test_a_code_without_words_is_still_shown() -> None:
    assert words.label("reasons", "brand_new") == "Brand new"
    assert words.label("reasons", None) == ""


@one_database
def test_dates_are_said_in_french(wiring: Wiring) -> None:
    zone = wiring.settings.zone
    assert words.moment(START + timedelta(days=1, hours=5), START, zone) == "mardi 24 novembre à 14\xa0h"
    assert words.moment(START.replace(month=7, day=1, minute=5), START, zone) == "mercredi 1er juillet à 10\xa0h\xa005"
    assert words.day(START.date().replace(year=2027), START.date()) == "mardi 23 novembre 2027"
    said = [words.ago(START - timedelta(minutes=minutes), START) for minutes in (-5, 0, 1, 59, 60, 150, 1440, 4000)]
    assert [text.replace("\xa0", " ") for text in said] == [
        "à l’instant", "à l’instant", "1 minute", "59 minutes", "1 heure", "2 heures", "1 jour", "2 jours",
    ]  # fmt: skip
    assert words.phone("+33639980001") == "06\xa039\xa098\xa000\xa001"
    assert words.phone("+221700000000") == "+221700000000"


@contextmanager
def _away() -> Iterator[Any]:
    raise OperationalError("SELECT 1", {}, Exception("server closed the connection"))
    yield


@contextmanager
def _broken() -> Iterator[Any]:
    raise LookupError("secret details")
    yield


@one_database
def test_failures_have_words_and_give_back_what_was_typed(
    wiring: Wiring, world: World, south: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for failing, status, said in ((_away, 503, "se repose"), (_broken, 500, "panne de notre côté")):
        monkeypatch.setattr(wiring.database, "reading", failing)
        assert south.get("/")[0] == status
        answer, text = south.send("/cases/1/reply", {"text": "mon long texte"})
        assert answer == status
        assert said in text
        assert "mon long texte" in text
        assert "secret details" not in text
    assert "LookupError" in caplog.text
    assert "secret details" not in caplog.text
