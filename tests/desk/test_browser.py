"""The desk in a real browser: what is being typed stays, what is new arrives, nothing overflows."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import uvicorn
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import delete, select
from starlette.applications import Starlette
from starlette.routing import Mount

from bot.conversations.models import Conversation
from desk.app import create_app
from desk.models import DeskSession
from tests.desk.world import START, Wiring, World, book, one_database, open_case, person, say
from tests.serving import Quick, Serving

pytestmark = [pytest.mark.browser, one_database]

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture
def port(wiring: Wiring) -> Iterator[int]:
    """A real server on a loopback port."""
    app = Starlette(routes=[Mount("/desk", create_app(wiring))])
    serving = Serving(Quick(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", lifespan="off")))
    yield serving.port
    serving.stop(at_once=True)


@pytest.fixture
def open_page() -> Iterator[Callable[[int], Page]]:
    """Pages of a Chromium, by width."""
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield lambda width: browser.new_page(viewport={"width": width, "height": 740}, locale="fr-FR")
        browser.close()


def log_in(page: Page, address: str, password: str, landing: str | None = None) -> None:
    page.goto(address)
    page.fill("#login", "south")
    page.fill("#password", password)
    page.keyboard.press("Enter")
    page.wait_for_url(landing or address)


def test_a_case_on_a_small_phone(wiring: Wiring, world: World, port: int, open_page: Callable[[int], Page]) -> None:
    with wiring.database.transaction() as session:
        conversation = person(session, "+33639980001", "Marie-Antoinette-Bernadette de la Très-Longue-Rue")
        say(session, conversation, "resident", "bonjour " + "trèslongmot" * 20, START)
        case_id = open_case(session, conversation, world.leads["south"], urgent=True).id
        book(session, world, "south", conversation, START + timedelta(days=1))
    page = open_page(360)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    root = f"http://127.0.0.1:{port}/desk"
    log_in(page, f"{root}/", world.passwords["south"])
    for path in ("/", "/bookings", "/bookings/1/cancel", "/closed", f"/cases/{case_id}"):
        page.goto(root + path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        small = "[...document.querySelectorAll('button, .button')].filter(e => e.offsetParent && e.offsetHeight < 44)"
        assert page.evaluate(f"{small}.map(e => e.textContent)") == [], path

    page.clock.install()
    page.goto(f"{root}/cases/{case_id}")
    page.fill("#text", "Bonjour, je")
    page.focus("#text")
    with wiring.database.transaction() as session:
        say(session, session.scalars(select(Conversation)).one(), "resident", "vous êtes là ?", START)
    page.clock.run_for(6_000)
    page.wait_for_selector("text=vous êtes là ?")
    assert page.input_value("#text") == "Bonjour, je"
    assert page.evaluate("document.activeElement.id") == "text"
    assert page.locator("[role=log] > li").count() == 2

    page.fill("#text", "Bonjour, je vous appelle.")
    page.click("text=Envoyer")
    page.wait_for_selector("text=Votre message part")
    page.wait_for_selector("text=Vous avez la parole")
    assert complaints == []


def test_a_link_in_an_email_opens_the_case(
    wiring: Wiring, world: World, port: int, open_page: Callable[[int], Page]
) -> None:
    page = open_page(1280)
    address = f"http://127.0.0.1:{port}/desk/bookings?on=2026-11-24"
    log_in(page, address, world.passwords["south"])
    # Another site, as the browser sees it: the cookie stays at home on the first step.
    page.route(
        "http://mail.example/", lambda route: route.fulfill(body=f'<a href="{address}">x</a>', content_type="text/html")
    )
    page.goto("http://mail.example/")
    page.click("a")
    page.wait_for_selector("h1:has-text('Mardi 24 novembre')")


def test_what_was_typed_waits_behind_the_login(
    wiring: Wiring, world: World, port: int, open_page: Callable[[int], Page]
) -> None:
    with wiring.database.transaction() as session:
        case_id = open_case(session, person(session, "+33639980001"), world.leads["south"]).id
    page = open_page(360)
    address = f"http://127.0.0.1:{port}/desk/cases/{case_id}"
    log_in(page, address, world.passwords["south"])
    page.fill("#text", "Dix minutes de réflexion")
    with wiring.database.transaction() as session:
        session.execute(delete(DeskSession))
    page.click("text=Envoyer")
    page.click("text=Se connecter")
    log_in(page, page.url, world.passwords["south"], address)
    assert page.input_value("#text") == "Dix minutes de réflexion"
    page.click("text=Envoyer")
    page.wait_for_selector("text=Votre message part")
    page.goto(address)
    assert page.input_value("#text") == ""
