"""The phone's page, its errors and its calendar files speak the language of the conversation."""

import json
import re
from datetime import timedelta

from sqlalchemy import update

from bot.calendar_files import calendar_text
from bot.conversations.models import Contact
from bot.site_words import SiteWords
from bot.web_pages import Pages
from db.session import Database
from tests.bot.appointments import add_directory, book
from tests.bot.people import arrive
from tests.bot.site import Browser, House, until_answered


def speak(database: Database, language: str) -> None:
    """The only person is answered in a language from now on."""
    with database.transaction() as session:
        session.execute(update(Contact).values(language=language))


def test_the_page_follows_the_conversation(browser: Browser, house: House) -> None:
    assert '<html lang="fr" dir="ltr">' in browser.get("/").text
    browser.say("hello")
    until_answered(browser)
    assert browser.get("/phone/messages").json["language"] == "fr"
    speak(house.database, "ar")
    assert browser.get("/phone/messages").json["language"] == "ar"
    page = browser.get("/").text
    assert '<html lang="ar" dir="rtl">' in page
    assert SiteWords().said("ar")["page"]["send"] in page
    script = json.loads(re.findall(r'id="words"[^>]*>(.*?)</script>', page)[0])
    assert script["errors"]["too_large"] == SiteWords().said("ar")["errors.too_large"]["text"]


def test_what_phones_keep_is_asked_again_once_a_fact_in_it_changes() -> None:
    facts: dict[str, object] = {"operator": "La maison", "human_phone": None, "sounds": False}
    version = re.compile(r'data-version="(\w+)"')
    pages = [Pages(each).html("phone.html").body for each in (facts, facts, {**facts, "operator": "Le bus"})]
    first, again, other = (version.findall(bytes(page).decode()) for page in pages)
    assert first == again != other


def test_a_language_without_words_is_shown_in_french(browser: Browser, house: House) -> None:
    browser.say("hello")
    until_answered(browser)
    speak(house.database, "xx")
    assert browser.get("/phone/messages").json["language"] == "fr"
    assert '<html lang="fr"' in browser.get("/").text


def test_an_open_page_fetches_its_words_once(passer_by: Browser) -> None:
    answer = passer_by.get("/phone/words/tr")
    words = SiteWords().said("tr")
    assert "immutable" in answer.headers["cache-control"]
    assert (answer.json["language"], answer.json["direction"]) == ("tr", "ltr")
    assert answer.json["page"]["send"] == words["page"]["send"]
    assert answer.json["errors"]["too_large"] == words["errors.too_large"]["text"]
    assert "{" not in "".join(answer.json["page"].values())
    assert passer_by.get("/phone/words/xx").status == 404


def test_wrong_addresses_are_told_in_the_language_of_the_browser(passer_by: Browser) -> None:
    missing = passer_by.get("/nowhere", **{"accept-language": "es-ES,es"})
    assert missing.status == 404
    assert "Esta página no existe" in missing.text
    assert "no existe" in passer_by.get("/rdv/none.ics", **{"accept-language": "es"}).text


def test_a_calendar_file_is_in_the_language_of_its_person(house: House) -> None:
    with house.database.transaction() as session:
        add_directory(session)
        contact = arrive(session, house.now).contact
        contact.language = "tr"
        theirs = book(session, contact.id, house.now + timedelta(days=1)).reference
        nobodys = book(session, None, house.now + timedelta(days=2)).reference
    with house.database.reading() as session:
        said = [(calendar_text(session, reference) or b"").decode() for reference in (theirs, nobodys)]
    for text, language in zip(said, ("tr", "fr"), strict=True):
        unfolded = text.replace("\r\n ", "").replace("\\", "")
        assert f"SUMMARY:{SiteWords().said(language)['calendar']['summary']}" in unfolded
