"""A lead links their Telegram account from the desk."""

import re

from pydantic import SecretStr

from bot.conversations import lead_links
from tests.desk.world import START, Browser, Wiring, World, one_database

pytestmark = one_database


def shown_code(page: str) -> str | None:
    found = re.search(r"<code>(relais-[A-Z0-9]{8})</code>", page)
    return found[1] if found else None


def with_telegram(wiring: Wiring) -> None:
    wiring.settings.telegram_token, wiring.settings.telegram_username = SecretStr("7000001:x"), "allervers_bot"


def test_a_code_is_shown_to_its_lead_and_links_them(wiring: Wiring, world: World, south: Browser) -> None:
    with_telegram(wiring)
    assert "Aucun compte Telegram" in south.get("/telegram")[1]
    assert south.submit("/telegram", "/telegram/code") == (303, "/desk/telegram?fait=code")
    page = south.get("/telegram")[1]
    code = shown_code(page)
    assert code is not None and f"https://t.me/allervers_bot?start={code}" in page
    with wiring.database.transaction() as session:
        assert lead_links.redeem(session, "5550100", code, START) == world.leads["south"]
    page = south.get("/telegram")[1]
    assert shown_code(page) is None and "est relié depuis" in page
    south.submit("/telegram", "/telegram/unlink")
    with wiring.database.reading() as session:
        assert lead_links.lead_behind(session, "5550100") is None


def test_a_code_that_is_over_is_not_shown(wiring: Wiring, world: World, south: Browser) -> None:
    with_telegram(wiring)
    south.submit("/telegram", "/telegram/code")
    wiring.now += lead_links.LASTS
    assert shown_code(south.get("/telegram")[1]) is None


def test_without_telegram_the_page_says_so(wiring: Wiring, world: World, south: Browser) -> None:
    assert "pas encore réglé" in south.get("/telegram")[1]
