"""The demonstration is started for real, played on its page, and stopped."""

import json
import re
import time
import urllib.request
from collections.abc import Iterator
from html import unescape
from urllib.parse import urlencode

import pytest

from tests.demo_channels.demo import Demo, demo
from tests.understanding import understanding

PATIENCE = 30.0  # seconds; the service takes its first turns


class Player:
    """Somebody on the page, without a browser."""

    def __init__(self, url: str) -> None:
        self.url = url

    def does(self, act: str, **form: str) -> None:
        """Sends a form of the page."""
        body, headers = urlencode(form).encode(), {"origin": self.url}
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/{act}", body, headers)).close()

    def taps(self, screen: str, title: str) -> None:
        """Touches the lowest button that says this."""
        forms = re.findall(r'<form method="post" action="/(\w+/\w+)">(.*?)</form>', self._drawn(screen), re.S)
        act, form = [each for each in forms if title in unescape(each[1])][-1]
        fields = re.findall(r'name="(\w+)" value="([^"]*)"', form)
        self.does(act, **{name: unescape(value) for name, value in fields})

    def reads(self, screen: str, text: str) -> str:
        """The screen, once it says this."""
        limit = time.monotonic() + PATIENCE
        while text not in (drawn := unescape(self._drawn(screen))):
            assert time.monotonic() < limit, f"{text!r} is not on the screen {screen}: {drawn}"
            time.sleep(0.05)
        return drawn

    def _drawn(self, screen: str) -> str:
        with urllib.request.urlopen(f"{self.url}/changes") as answer:
            return str(json.loads(answer.read())["screens"][screen])


@pytest.fixture(scope="module")
def running() -> Iterator[Demo]:
    understanding()  # trained once for all processes: the service finds it
    with demo(price=0.1) as running:
        yield running


@pytest.fixture
def player(running: Demo) -> Player:
    return Player(running.url)


def test_everybody_is_played_on_one_page(running: Demo, player: Player) -> None:
    player.does("sms/say", text="c quoi l'acre")
    assert re.search(r"\d SMS · GSM-7 · \d+ septets · 0,\d00 €", player.reads("sms", "Acre"))

    player.does("whatsapp/say", text="bonjour")
    player.reads("whatsapp", "<summary>Choisir</summary>")
    player.taps("whatsapp", "Trouver un lieu")
    player.reads("whatsapp", "Dans quelle ville")

    player.does("telegram/say", text="/start")
    player.reads("telegram", "Prendre rendez-vous")
    player.taps("telegram", "Prendre rendez-vous")
    player.reads("telegram", "Envoyer ma position")
    player.taps("telegram", "Envoyer ma position")
    player.reads("telegram", "D'autres créneaux")
    player.taps("telegram", "Bastide")
    player.reads("telegram", "Passer")
    player.taps("telegram", "Passer")
    booked = player.reads("telegram", "rendez-vous.ics")
    assert "Sur une carte" in booked
    (file,) = re.findall(r'href="(/files/[^"]+)"', booked)
    with urllib.request.urlopen(player.url + file) as calendar:
        assert calendar.read().startswith(b"BEGIN:VCALENDAR")

    player.does("sms/say", text="je veux parler à quelqu'un")
    thread = re.findall(r'name="thread" value="(\d+)"', player.reads("team", "Répondre à la personne"))[0]
    player.does("team/say", thread=thread, text="Bonjour, c'est votre conseillère.")
    player.reads("sms", "Bonjour, c'est votre conseillère.")
    assert running.world.telegram.webhook["secret_token"]


def test_another_site_plays_nobody(player: Player) -> None:
    request = urllib.request.Request(f"{player.url}/sms/say", b"text=STOP", {"origin": "https://example.org"})
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(request)
