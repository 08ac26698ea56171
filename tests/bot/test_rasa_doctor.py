"""The doctor and a Rasa server."""

import pytest

from bot.commands.doctor_rasa import examine
from bot.commands.findings import FAILS, OK
from bot.settings import Settings
from nlu.understanding import Intent, Understanding
from tests.nlu.rasa_server import TOKEN, nobody, serving


def findings(url: str | None, token: str = TOKEN) -> list[tuple[str, str]]:
    settings = Settings.model_validate({"nlu_url": url, "nlu_token": token})
    return [(finding.state, finding.words) for finding in examine(settings)]


def test_nothing_is_said_of_a_rasa_that_nobody_wants() -> None:
    assert findings(None) == []


def test_a_server_that_reads_is_well() -> None:
    with serving() as server:
        assert findings(server.url) == [(OK, "reads “bonjour” as greet")]


def test_a_wrong_token_and_an_empty_place_are_named_with_the_cure() -> None:
    with serving() as server:
        [(state, words)] = findings(server.url, "wrong")
    assert state == FAILS
    assert words.startswith("refuses with 401 (is the token right?); the embedded engine reads meanwhile; look at")
    [(state, words)] = findings(nobody())
    assert state == FAILS
    assert words.startswith("cannot be reached")


@pytest.mark.parametrize("host", ["rasa.invalid", "192.0.2.1"])
def test_messages_do_not_travel_in_the_clear(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.commands.doctor_rasa.RasaServer", lambda url, token, timeout: _Silent())
    assert "in the clear" in findings(f"http://{host}:5005")[0][1]
    assert len(findings(f"https://{host}")) == 1
    assert all("in the clear" not in words for _, words in findings(f"https://{host}"))


class _Silent:
    """Reads nothing but greetings, and reaches nobody."""

    def parse(self, text: str) -> Understanding:
        return Understanding(text, Intent("greet", 1.0))
