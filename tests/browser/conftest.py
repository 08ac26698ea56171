"""A real browser on a real server. Without Chromium these tests are skipped, and say how to get it."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bot.conversations.models import Message
from db.session import Database
from tests.bot.site import House, Server
from tests.databases import SqliteTemplate

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 360, "height": 640}

REPLIES: dict[str, list[dict[str, Any]]] = {
    "Bonjour": [
        {"text": "Bonjour, je suis un robot."},
        {
            "text": "Que voulez-vous faire ?\nVous pouvez toucher un bouton.",
            "choices": [
                {"title": "Trouver un lieu près de chez moi", "payload": "/find_place"},
                {"title": "Oui", "payload": "/affirm"},
                {"title": "Parler à quelqu'un de mon quartier, dès que possible", "payload": "/human"},
            ],
        },
    ],
    "Oui": [
        {
            "text": "Voir https://example.org/a(b)?c=<d>. Ou le 06 39 98 00 12, Siret 12306399800123."
            " Vos données : /confidentialite.",
            "attachments": [
                {"kind": "location", "lat": 50.5, "lon": 3.25, "title": "Maison du projet"},
                {"kind": "calendar", "url": "/agenda/a.ics", "title": "Mardi à 9 h"},
                {"kind": "link", "url": "javascript:alert(1)", "title": "Piège"},
            ],
        }
    ],
    "<img src=x onerror=alert(1)>": [{"text": "<b>gras</b> & <script>alert(2)</script>"}],
    "Combien ?": [
        {
            "text": "Jusqu'à 83 600 € par an ; 25 % ensuite.\nÇa va ?\nSource : Urssaf.\nEn savoir plus : https://example.org"
        }
    ],
    "Quelqu’un ?": [{"text": "Oui, je prends le relais.", "author": "lead"}],
    "Longtemps": [{"text": "Motextrêmementlongsansespace" * 20 + "\nfin"}],
}


def reply(message: Message) -> list[dict[str, Any]]:
    """What the stand-in says to each message; positions and anything else are repeated."""
    if message.content and message.content.get("location"):
        return [{"text": "Position : {lat} {lon}".format(**message.content["location"])}]
    return REPLIES.get(message.text or "", [{"text": f"Reçu : {message.text}"}])


@pytest.fixture(scope="module")  # not longer: while it is open, other tests of the process have no asyncio loop
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no Chromium on this machine; the cure: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def house(sqlite_template: SqliteTemplate, tmp_path: Any) -> Iterator[House]:
    with sqlite_template.copy(tmp_path) as url:
        house = House(Database(url), datetime.now(UTC), reply)
        yield house
        house.turns.close()
        house.database.close()


@pytest.fixture
def server(house: House) -> Iterator[Server]:
    server = Server(house)
    yield server
    server.stop()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport=PHONE, locale="fr-FR")  # type: ignore[arg-type]
    context.set_default_timeout(8000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, server: Server) -> Iterator[Page]:
    """The phone, opened. Any script error and any request to another site fails the test."""
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: faults.append(dialog.message))
    page.on("request", lambda asked: None if asked.url.startswith(server.url) else faults.append(asked.url))
    page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
    page.goto(server.url)
    yield page
    assert not faults
