"""The phone in a real browser: by keyboard alone, on a small screen, through a server that dies."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import func, select, update

import bot.channels.voice
from bot.conversations.models import Contact, Message
from bot.site_words import SiteWords
from bot.sounds import Sounds
from tests.bot.site import House, Server
from tests.fakes.voice import FakeVoice

pytestmark = pytest.mark.browser

# Every visible button's size, and whether anything is wider than the screen.
SMALL_BUTTONS = """() => [...document.querySelectorAll("button")]
    .map(b => [b.textContent.trim() || b.id, b.getBoundingClientRect()])
    .filter(([, r]) => r.width && (r.height < 44 || r.width < 44))
    .map(([name, r]) => `${name}: ${r.width} x ${r.height}`)"""
TOO_WIDE = """() => [...document.querySelectorAll("body *")]
    .filter(e => !e.closest("svg") && e.getBoundingClientRect().right > innerWidth + 0.5)
    .map(e => e.tagName + "." + e.className)"""


def say(page: Page, text: str) -> None:
    page.get_by_label("Votre message").fill(text)
    page.keyboard.press("Enter")


def said(page: Page, author: str = "bot") -> list[str]:
    return page.locator(f".said.{author} .bubble").all_inner_texts()


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(TOO_WIDE) == []
    assert page.evaluate(SMALL_BUTTONS) == []


def tab_to(page: Page, name: str) -> None:
    """Presses Tab until the control of that name has the focus."""
    for _ in range(25):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "document.activeElement.getAttribute('aria-label') || document.activeElement.textContent.trim()"
        )
        if focused == name:
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
            return
    raise AssertionError(f"{name} is out of the keyboard's reach")


def test_a_conversation_by_keyboard_alone(page: Page, house: House) -> None:
    tab_to(page, "Bonjour")
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="Réponses proposées")).to_be_visible()
    expect(page.get_by_label("Votre message")).to_be_focused()
    page.evaluate("document.activeElement.blur()")
    tab_to(page, "Oui")
    page.keyboard.press("Space")
    expect(page.get_by_role("link", name="Maison du projet")).to_be_visible()
    expect(page.locator(".choices")).to_have_count(0)
    page.keyboard.type("première ligne")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("seconde")
    page.keyboard.press("Enter")
    expect(page.locator(".said.bot").last).to_contain_text("Reçu : première ligne\nseconde")
    tab_to(page, "Envoyer")
    tab_to(page, "Nouvelle conversation")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    with house.database.reading() as session:
        payloads = [
            row.content["payload"]
            for row in session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id))
        ]
    assert payloads == [None, "/affirm", None]


@pytest.mark.parametrize("width", [320, 360])
def test_nothing_overflows_and_buttons_are_large_on_a_small_screen(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 560})
    fits(page)
    page.get_by_role("button", name="Bonjour").click()
    expect(page.locator(".choices button")).to_have_count(3)
    fits(page)
    page.get_by_role("button", name="Oui").click()
    expect(page.locator(".extra")).to_have_count(2)
    say(page, "Longtemps")
    expect(page.locator(".said.bot").last).to_contain_text("fin")
    page.get_by_role("button", name="Nouvelle conversation").click()
    fits(page)
    page.goto(page.url + "confidentialite")
    fits(page)


@pytest.fixture
def voice(house: House, monkeypatch: pytest.MonkeyPatch) -> FakeVoice:
    """The phone reads aloud; named before the page, which asks whether it does."""
    monkeypatch.setattr(bot.channels.voice, "ENCODER", "no-such-encoder")
    voice = FakeVoice(frames=8000 * 60)
    house.sounds = Sounds(voice)
    return voice


def test_an_answer_is_listened_to_when_asked_and_stops_when_asked(voice: FakeVoice, page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 560})
    tab_to(page, "Bonjour")
    page.keyboard.press("Enter")
    listen = page.get_by_role("button", name="Écouter cette réponse")
    expect(listen).to_have_count(2)
    fits(page)
    assert voice.said == [], "nothing plays by itself"
    listen.first.focus()
    page.keyboard.press("Enter")
    stop = page.get_by_role("button", name="Arrêter cette réponse")
    expect(stop).to_be_focused()
    listen.last.click()  # the second answer, while the first plays
    expect(stop).to_have_count(1)
    expect(listen).to_have_count(1)
    page.keyboard.press("Enter")
    expect(listen).to_have_count(2)
    assert voice.said[0][1] == "Bonjour, je suis un robot."
    voice.fails = True
    say(page, "Oui")
    expect(listen).to_have_count(3)
    listen.last.click()
    expect(page.get_by_text("Le son n’est pas arrivé")).to_be_visible()
    expect(listen).to_have_count(3)
    say(page, "Quelqu’un ?")
    expect(page.locator(".said.lead")).to_have_count(1)
    expect(listen).to_have_count(3)


def test_without_a_voice_nothing_can_be_listened_to(page: Page) -> None:
    say(page, "Bonjour")
    expect(page.locator(".said.bot")).to_have_count(2)
    expect(page.get_by_role("button", name="Écouter")).to_have_count(0)


def test_content_is_text_and_links_are_safe(page: Page) -> None:
    say(page, "<img src=x onerror=alert(1)>")
    expect(page.locator(".said.bot p")).to_have_text("<b>gras</b> & <script>alert(2)</script>")
    say(page, "Oui")
    expect(page.locator(".extra")).to_have_count(2)
    links = page.locator(".said.bot a").evaluate_all("all => all.map(a => [a.getAttribute('href'), a.target])")
    assert links == [
        ["https://example.org/a(b)?c=", "_blank"],
        ["tel:0639980012", ""],
        ["/confidentialite", ""],
        ["https://www.openstreetmap.org/?mlat=50.5&mlon=3.25#map=17/50.5/3.25", "_blank"],
        ["/agenda/a.ics", ""],
    ]
    assert page.locator("#log img, #log script, #log b").count() == 0


def test_a_server_that_dies_and_returns_delivers_once(page: Page, house: House, server: Server) -> None:
    say(page, "avant")
    expect(page.locator(".said.bot")).to_have_count(1)
    server.stop()
    say(page, "pendant la panne")
    expect(page.locator(".said.unsent")).to_contain_text("Pas encore envoyé")
    house.channel.bell.closed = False
    again = Server(house, server.port)
    try:
        expect(page.locator(".said.bot").last).to_contain_text("Reçu : pendant la panne", timeout=15_000)
        expect(page.locator(".said.unsent")).to_have_count(0)
        assert said(page, "resident") == ["avant", "pendant la panne"]
        with house.database.reading() as session:
            assert session.scalar(select(func.count()).where(Message.direction == "in")) == 2
    finally:
        again.stop()


def test_what_is_not_sent_survives_a_reload(page: Page, context: BrowserContext, house: House) -> None:
    say(page, "avant")
    expect(page.locator(".said.bot")).to_have_count(1)
    page.route("**/phone/messages", lambda route: route.abort())
    say(page, "écrit sous le tunnel")
    expect(page.locator(".said.unsent")).to_have_count(1)
    page.unroute("**/phone/messages")
    page.reload()
    expect(page.locator(".said.bot").last).to_contain_text("Reçu : écrit sous le tunnel")
    assert said(page, "resident") == ["avant", "écrit sous le tunnel"]
    assert page.evaluate("localStorage.getItem('allervers.unsent')") == "[]"


def test_an_answer_lost_on_the_way_does_not_double_the_first_message(page: Page, house: House) -> None:
    losses = []

    def lose_once(route: object) -> None:
        if losses:
            route.continue_()  # type: ignore[attr-defined]
        else:
            losses.append(route.fetch())  # type: ignore[attr-defined]  # the server took it, the phone never knows
            route.abort()  # type: ignore[attr-defined]

    page.route("**/phone/messages", lose_once)
    say(page, "bonjour ?")
    expect(page.locator(".said.bot")).to_have_count(1)
    assert said(page, "resident") == ["bonjour ?"]
    with house.database.reading() as session:
        assert session.scalar(select(func.count()).where(Message.direction == "in")) == 1


def test_a_database_that_is_gone_keeps_the_message(page: Page, house: House) -> None:
    refusal = {"status": 503, "json": {"error": "unavailable", "message": "Le service est arrêté un moment."}}
    page.route("**/phone/messages", lambda route: route.fulfill(**refusal))  # type: ignore[arg-type]
    say(page, "Bonjour")
    expect(page.get_by_text("Le service est arrêté un moment.")).to_be_visible()
    page.unroute("**/phone/messages")
    expect(page.locator(".choices")).to_be_visible()


def test_a_refused_message_says_why_and_lets_the_next_pass(page: Page) -> None:
    words = "Ce message est trop long. Coupez-le en plusieurs messages."
    page.route(
        "**/phone/messages",
        lambda route: route.fulfill(status=413, json={"error": "too_large", "message": words}),
    )
    say(page, "a" * 500)
    expect(page.locator(".said.refused .meta")).to_have_text(words)
    page.unroute("**/phone/messages")
    say(page, "court")
    expect(page.locator(".said.bot")).to_contain_text("Reçu : court")


def test_the_position_is_sent_when_allowed_and_refusing_is_fine(page: Page, context: BrowserContext) -> None:
    page.get_by_role("button", name="Ma position").click()
    expect(page.get_by_text("ce n’est pas grave")).to_be_visible()
    context.grant_permissions(["geolocation"])
    context.set_geolocation({"latitude": 50.123456789, "longitude": 3.2})
    page.get_by_role("button", name="Ma position").click()
    expect(page.locator(".said.bot")).to_contain_text("Position : 50.1235 3.2")


def test_a_lead_is_distinguished_and_a_new_conversation_is_empty(page: Page) -> None:
    say(page, "Quelqu’un ?")
    expect(page.locator(".said.lead .who")).to_have_text("Conseiller·ère")
    page.get_by_role("button", name="Nouvelle conversation").click()
    page.get_by_role("button", name="Recommencer").click()
    expect(page.get_by_role("heading", name="Une idée ? Un projet ?")).to_be_visible()
    page.reload()
    assert page.locator(".said").count() == 0
    say(page, "Bonjour")
    expect(page.locator(".choices")).to_be_visible()
    assert said(page, "resident") == ["Bonjour"]


def test_the_log_is_announced_and_everything_has_a_name(page: Page) -> None:
    log = page.get_by_role("log", name="Conversation")
    expect(log).to_have_attribute("aria-live", "polite")
    assert page.locator("html").get_attribute("lang") == "fr"
    nameless = page.evaluate(
        "() => [...document.querySelectorAll('button, a, textarea')].filter(e => !(e.textContent.trim()"
        " || e.getAttribute('aria-label') || (e.labels && e.labels.length))).map(e => e.outerHTML)"
    )
    assert nameless == []
    expect(page.get_by_role("heading", level=1)).to_have_text("allervers")


def test_a_wide_screen_explains_itself(page: Page) -> None:
    expect(page.get_by_role("complementary")).to_be_hidden()
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.get_by_role("link", name="le bureau des chef·fes de projet")).to_have_attribute("href", "/desk")
    assert page.locator(".phone").bounding_box()["width"] < 450  # type: ignore[index]
    fits(page)


def test_sentences_stand_apart_and_numbers_hold_together(page: Page) -> None:
    say(page, "Combien ?")
    bubble = page.locator(".said.bot .bubble")
    expect(bubble).to_contain_text("En savoir plus")
    assert bubble.locator(".line").count() == 4
    assert bubble.locator(".line.quiet").count() == 2
    text = bubble.text_content()
    assert text is not None
    assert text.startswith(
        "Jusqu'à 83\u00a0600\u00a0€ par an\u00a0; 25\u00a0% ensuite.\nÇa va\u00a0?\nSource\u00a0: Urssaf.\n"
    )
    expect(bubble.get_by_role("link", name="https://example.org")).to_be_visible()


def test_the_page_speaks_the_language_of_the_conversation(voice: FakeVoice, page: Page, house: House) -> None:
    say(page, "Bonjour")
    expect(page.locator(".said.bot")).to_have_count(2)
    with house.database.transaction() as session:
        session.execute(update(Contact).values(language="ar"))
    say(page, "Oui")
    words = SiteWords().said("ar")
    expect(page.get_by_label(words["page"]["message"])).to_be_visible()
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["ar", "rtl"]
    expect(page.get_by_role("button", name=words["page"]["send"])).to_be_visible()
    expect(page.get_by_role("button", name=words["aloud"]["listen"])).to_have_count(3)
    expect(page.locator("#speaker")).to_have_text(words["script"]["robot"])
    mine, theirs = (page.locator(f".said.{author} .bubble").last.bounding_box() for author in ("resident", "bot"))
    assert mine is not None
    assert theirs is not None
    assert mine["x"] < theirs["x"], "from right to left, what they say stands on the left"
    for width in (320, 360, 900):
        page.set_viewport_size({"width": width, "height": 640})
        fits(page)
    page.set_viewport_size({"width": 360, "height": 640})
    page.reload()
    expect(page.get_by_label(words["page"]["message"])).to_be_visible()
    page.route("**/phone/messages", lambda route: route.fulfill(status=413, json={"error": "too_large"}))
    page.get_by_label(words["page"]["message"]).fill("trop long")
    page.keyboard.press("Enter")
    expect(page.locator(".said.refused .meta")).to_have_text(words["errors.too_large"]["text"])
    page.unroute("**/phone/messages")
    page.get_by_label(words["page"]["message"]).fill("x" * 4100)
    page.context.set_offline(True)
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_have_text(words["script"]["offline"])
