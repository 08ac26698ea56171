"""The site's pages: light, closed to other sites, in French down to the errors unless asked otherwise."""

import re
from pathlib import Path

import bot
from bot.channels.web import WebChannel
from bot.settings import Settings
from bot.web_pages import Pages
from tests.bot.site import Browser

ROOT = Path(bot.__file__).parent


PAGES = ["/", "/confidentialite", "/healthz", "/readyz", "/static/phone.css", "/nulle-part", "/phone/messages"]


def test_every_answer_carries_the_security_headers(passer_by: Browser) -> None:
    for path in PAGES:
        headers = passer_by.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"], path
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "geolocation=(self)" in headers["permissions-policy"]


def test_wrong_addresses_have_a_small_french_page(passer_by: Browser) -> None:
    for path in ("/nulle-part", "/static/nulle-part.js", "/static/../../settings.py"):
        missing = passer_by.get(path)
        assert missing.status == 404
        assert "Cette page n’existe pas" in missing.text
        assert 'lang="fr"' in missing.text
    assert passer_by.post("/").status == 405
    assert passer_by.request("DELETE", "/phone/messages", None, {}).json["error"] == "bad_method"


def test_the_page_asks_nothing_of_other_sites_and_is_light(passer_by: Browser) -> None:
    page = passer_by.get("/")
    assert page.status == 200
    parts = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)
    assert len(set(parts)) == 3
    files = [passer_by.get(part) for part in set(parts)]
    assert all("immutable" in file.headers["cache-control"] for file in files)
    assert len(page.body) + sum(len(file.body) for file in files) < 44_000
    for text in (page.text, *(file.text for file in files)):
        assert not re.search(r'(src=|<link[^>]+href=|url\(|@import|fetch\()\s*["\']?(https?:)?//', text)
    assert not re.search(r"<script(?![^>]*(src=|application/json))|\son\w+=|\sstyle=|<style", page.text)


def test_what_the_pages_weigh_on_the_wire(passer_by: Browser) -> None:
    total = sum(
        len(passer_by.get(path, **{"accept-encoding": "gzip"}).body)
        for path in ("/", "/static/phone.css", "/static/phone.js", "/static/icon.svg")
    )
    assert total < 16_000


def test_the_script_never_makes_markup_of_content() -> None:
    script = (ROOT / "static" / "phone.js").read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", script)


def test_the_privacy_notice_names_who_is_responsible(passer_by: Browser) -> None:
    settings = Settings()
    text = passer_by.get("/confidentialite").text
    assert settings.operator_name in text
    assert f"{settings.retention_days} jours" in text
    for word in ("SUPPRIMER", "MES DONNÉES", "STOP", "HUMAIN", "CNIL"):
        assert word in text


def test_every_refusal_the_code_makes_has_words() -> None:
    sources = [*ROOT.glob("web*.py"), *(ROOT / "channels").glob("web*.py")]
    used = {
        code
        for source in sources
        for code in re.findall(r'(?:Problem|BadRequest|problem)\((?:request, )?"(\w+)"', source.read_text("utf-8"))
    }
    written = Pages({}).errors
    assert used <= set(written)
    for words in written.values():
        assert words["title"]
        assert words["text"]
        assert words["status"] >= 400


def test_the_channel_describes_itself() -> None:
    channel = WebChannel()
    assert (channel.name, channel.variant) == ("web", "web")
