"""`/q/{code}`: light, plain, and open whatever happens."""

import gzip
import re
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from bot.posters.counts import UNKNOWN
from bot.posters.models import PosterOpening
from bot.site_words import SiteWords
from bot.web_guard import Rate
from bot.web_pages import STATIC
from db.session import Database
from directory import posters
from tests.bot.site import Browser, House
from tests.bot.test_posters import SETTINGS
from tests.directory.builders import add_stop

LIGHT = 30_000  # bytes, all included


@pytest.fixture
def house(house: House) -> House:
    house.settings = SETTINGS
    with house.database.transaction() as session:
        add_stop(session, "marche", date(2026, 11, 27), bus="Le bus <b>", label="place du Marché")
        posters.give_codes(session)
    return house


@pytest.fixture
def code(house: House) -> str:
    with house.database.reading() as session:
        return posters.meant(session, "marche").code


def openings(database: Database) -> dict[str, int]:
    with database.reading() as session:
        return {row.code: row.openings for row in session.scalars(select(PosterOpening))}


def test_every_way_is_offered_in_order(browser: Browser, code: str) -> None:
    page = browser.get(f"/q/{code}")
    assert page.status == 200
    links = re.findall(r'href="([^?"][^"]*)"', page.text.partition("<ul")[2])
    assert [link.replace("&amp;", "&") for link in links] == [
        f"https://t.me/allervers_bot?start={code}",
        f"sms:+33199000101?&body=Bonjour%20{code}",
        f"https://wa.me/33639980002?text=Bonjour%20{code}",
        f"/?r={code}",
        "tel:0199001234",
        "/confidentialite",
    ]


def test_the_place_and_its_next_dates_are_told(browser: Browser, code: str) -> None:
    text = browser.get(f"/q/{code.lower()}").text.replace("\u00a0", " ")
    assert '<h2 dir="auto">Le bus &lt;b&gt;</h2>' in text
    assert "place du Marché, Carcassonne" in text
    assert "vendredi 27 novembre" in text


def test_the_page_is_light_and_needs_no_script(browser: Browser, code: str) -> None:
    page = browser.get(f"/q/{code}")
    fetched = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    assert "<script" not in page.text
    assert len(page.body) + sum(len(browser.get(path).body) for path in fetched) < LIGHT
    assert len(gzip.compress(page.body)) < 2_000


def test_the_page_can_be_heard_and_reached(browser: Browser, code: str) -> None:
    text = browser.get(f"/q/{code}").text
    assert '<html lang="fr" dir="ltr">' in text
    assert re.findall(r"<(h\d)", text) == ["h1", "h2", "h2"]
    assert "<title>" in text
    assert 'aria-labelledby="ways"' in text
    style = (STATIC / "poster.css").read_text("utf-8")
    assert "min-height: 3.25rem" in style  # 52 px to touch
    assert ":focus-visible" in style


@pytest.mark.parametrize("colours", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("front", ["ink", "soft", "link", "bar-ink"])
def test_letters_stand_out(colours: int, front: str) -> None:
    style = (STATIC / "poster.css").read_text("utf-8")
    back = "bar" if front == "bar-ink" else "ground"
    themes = re.findall(r":root \{(.*?)\}", style)
    values = dict(re.findall(r"--([\w-]+): (#\w+)", themes[0])) | (
        dict(re.findall(r"--([\w-]+): (#\w+)", themes[1])) if colours else {}
    )
    light, dark = sorted((_luminance(values[name]) for name in (front, back)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(each * 2 for each in colour[1:])
    parts = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("odd", ["K9X9K", "nope", "x" * 300, "%3Cscript%3E", "a%00b", "%ED%A0%80"])
def test_an_unknown_code_opens_all_the_same(browser: Browser, house: House, odd: str) -> None:
    page = browser.get(f"/q/{odd}")
    assert page.status == 200
    assert "sms:+33199000101" in page.text
    assert "Le bus" not in page.text
    assert "<script" not in page.text
    assert openings(house.database) == {UNKNOWN: 1}


def test_openings_are_counted_by_day(browser: Browser, house: House, code: str, patient: None) -> None:
    for _ in range(3):
        browser.get(f"/q/{code}")
    browser.request("HEAD", f"/q/{code}", None, {})
    browser.get(f"/q/{code}?l=ar")  # a link of the page itself
    assert openings(house.database) == {code: 3}


def test_one_address_cannot_inflate_the_count(
    browser: Browser, house: House, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Rate, "wait", lambda *_: 1.0)
    assert browser.get(f"/q/{code}").status == 200
    assert openings(house.database) == {}


def test_the_page_does_without_the_database(
    browser: Browser, house: House, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> Callable[[], None]:
        raise OperationalError("SELECT", {}, Exception("away"))

    monkeypatch.setattr(posters, "find", away)
    page = browser.get(f"/q/{code}")
    assert (page.status, "sms:+33199000101" in page.text) == (200, True)


@pytest.mark.parametrize(
    ("accepted", "language", "day"),
    [
        ("fr-FR,fr;q=0.9,en;q=0.8", "fr", "vendredi 27 novembre"),
        ("", "fr", "vendredi 27 novembre"),
        ("ro-RO,ro;q=0.9", "fr", "vendredi 27 novembre"),
        ("en-GB,en;q=0.9,fr;q=0.5", "en", "Friday 27 November"),
        ("tr", "tr", "27 Kasım Cuma"),
        ("pt-BR,fr;q=0.3", "pt", "sexta-feira, 27 de novembro"),
        ("es", "es", "viernes 27 de noviembre"),
        ("ar-DZ,ar;q=0.9,fr;q=0.8", "ar", "الجمعة 27/11"),
    ],
)
def test_the_page_is_in_the_language_of_the_phone(
    browser: Browser, code: str, accepted: str, language: str, day: str
) -> None:
    page = browser.get(f"/q/{code}", **{"accept-language": accepted})
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in page.text
    assert day in page.text.replace("\u00a0", " ")
    assert SiteWords().said(language)["poster"]["ways"] in page.text
    assert len(page.body) < LIGHT


def test_another_language_is_a_tap_away(browser: Browser, code: str) -> None:
    page = browser.get(f"/q/{code}", **{"accept-language": "fr"})
    assert re.findall(r'lang="(\w+)" href="\?l=\1">', page.text) == ["en", "ar", "tr", "pt", "es"]
    assert '<html lang="tr"' in browser.get(f"/q/{code}?l=tr", **{"accept-language": "fr"}).text
    assert '<html lang="fr"' in browser.get(f"/q/{code}?l=xx", **{"accept-language": "fr"}).text
