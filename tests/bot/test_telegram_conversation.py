"""A whole conversation by Telegram, over HTTP on both sides: the real service before the fake Telegram."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.app import Services, create_app
from bot.channels import voice
from bot.conversations.models import Address, Contact, Message
from bot.settings import Settings
from directory.models import Booking
from nlu.understanding import Intent, Understanding
from tests.bot.site import Server
from tests.conftest import NOW
from tests.databases import SqliteTemplate
from tests.directory.builders import add_lead, add_permanence, add_place
from tests.fake_telegram import Failure, FakeTelegram, Resident
from tests.fake_telegram.people import inline_buttons
from tests.fakes.voice import OPUS, StandIn, sound_of

FASTER = 10  # than the clock on the wall: nobody waits a second here
SITE = "https://allervers.example.org"


ACRE = "C'est quoi l'ACRE ?"


class Meanings:
    """An understanding of the few texts that are written here: what it means is not what this is about."""

    def parse(self, text: str) -> Understanding:
        name = {"Bonjour": "greet", "Je voudrais prendre rendez-vous": "book_appointment", ACRE: "faq/acre"}.get(
            text, "out_of_scope"
        )
        return Understanding(text, Intent(name, 0.9), (Intent(name, 0.9),))


class Service:
    """`allervers serve`, in threads of the test."""

    def __init__(self, settings: Settings) -> None:
        started = time.monotonic()
        self.services = Services(settings, lambda: NOW + timedelta(seconds=FASTER * (time.monotonic() - started)))
        self.services.understanding = Meanings()  # type: ignore[assignment]
        self.settings = settings
        self.channel = self.services.web

    def app(self) -> Any:
        return create_app(self.services)


@contextmanager
def served(telegram: FakeTelegram, url: str, folder: Path, **more: Any) -> Iterator[Services]:
    """A service at work; its threads live as long as this."""
    settings = Settings.model_validate(
        {"secret_key": "test key", "database_url": url, "data_dir": folder, "telegram_token": telegram.token,
         "telegram_api_url": telegram.url, **more}
    )  # fmt: skip
    service = Service(settings)
    with service.services.database.transaction() as session:
        lead = add_lead(session, "here", ("commune", "11069"))
        add_permanence(session, lead, add_place(session, "here"), weekday=1, start=9, end=12)
    telegram.now = lambda: int(service.services.clock().timestamp())
    server = Server(service, lifespan="on")  # type: ignore[arg-type]
    telegram.deliver_to = server.url
    try:
        yield service.services
    finally:
        server.stop()


@pytest.fixture
def empty(sqlite_template: SqliteTemplate, tmp_path: Path) -> Iterator[str]:
    with sqlite_template.copy(tmp_path) as url:
        yield url


def test_from_start_to_a_booking(telegram: FakeTelegram, empty: str, tmp_path: Path) -> None:
    samia = Resident(telegram)
    with served(telegram, empty, tmp_path, public_url=SITE) as services:
        telegram.wait_for(lambda: telegram.webhook["url"], "the webhook")
        samia.says("/start MARCHE-11")
        samia.waits_for("Je suis un robot")
        samia.waits_for_button("Prendre rendez-vous")
        telegram.fail("sendMessage", Failure.flood(1))
        samia.taps("Prendre rendez-vous")
        samia.waits_for("Dans quelle ville")
        asked = telegram.called("sendMessage")[-1]["reply_markup"]["keyboard"]
        assert asked[0][0]["request_location"] is True
        samia.shares_place(43.2129, 2.3491)
        samia.waits_for("prochains créneaux")
        samia.waits_for_button("mar. 24 nov. 9 h")
        samia.taps("mar. 24 nov. 9 h")
        samia.waits_for("prénom")
        samia.says("Samia")
        samia.waits_for("C'est réservé")
        telegram.wait_for(lambda: any("document" in each for each in samia.received), "the calendar file")
        telegram.wait_for(lambda: len(telegram.answered) == 2, "both taps to be answered")
        sent = next(each for each in samia.received if "document" in each)["document"]
        assert b"BEGIN:VEVENT" in telegram.files[sent["file_id"]]
        retired = [message for message in samia.received if inline_buttons(message)]
        assert not any("mar. 24 nov." in button["text"] for message in retired for button in inline_buttons(message))
        with services.database.reading() as session:
            assert session.scalars(select(Booking.status)).all() == ["booked"]
            assert session.scalars(select(Contact.referral)).all() == ["MARCHE-11"]
            assert set(session.scalars(select(Message.status))) <= {"handled", "queued", "sent"}


def test_where_telegram_cannot_call_we_ask(telegram: FakeTelegram, empty: str, tmp_path: Path) -> None:
    samia = Resident(telegram)
    with served(telegram, empty, tmp_path) as services:
        telegram.wait_for(lambda: telegram.called("getUpdates"), "a question")
        samia.says("Bonjour")
        samia.waits_for("Je suis un robot")
        samia.sends(sticker={"width": 1, "height": 1, "is_animated": False, "is_video": False, "type": "regular",
                             "file_id": "s", "file_unique_id": "s", "emoji": "🐸"})  # fmt: skip
        samia.waits_for("Je ne lis que le texte")
        samia.blocks()

        def blocked() -> bool:
            with services.database.reading() as session:
                return session.scalars(select(Address.blocked_at)).one() is not None

        telegram.wait_for(blocked, "the block to be noted")


class Transcriber:
    """A speech server, that says what it is told or fails."""

    def __init__(self) -> None:
        self.said: str | None = None
        self.heard: list[bytes] = []
        self._server = HTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(transcriber) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                transcriber.heard.append(self.rfile.read(int(self.headers["content-length"])))
                said = transcriber.said
                expected = self.path == "/v1/audio/transcriptions" and self.headers["authorization"] == "Bearer key"
                self.send_response(200 if said is not None and expected else 500)
                self.end_headers()
                self.wfile.write(f'{{"text": "{said}"}}'.encode())

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@pytest.fixture
def transcriber() -> Iterator[Transcriber]:
    transcriber = Transcriber()
    yield transcriber
    transcriber.close()


def test_a_voice_message_is_read_where_somebody_listens(
    telegram: FakeTelegram, empty: str, tmp_path: Path, transcriber: Transcriber
) -> None:
    samia = Resident(telegram)
    listening = {"speech_url": transcriber.url, "speech_key": "key"}
    with served(telegram, empty, tmp_path, public_url=SITE, **listening) as services:
        telegram.wait_for(lambda: telegram.webhook["url"], "the webhook")
        transcriber.said = "Je voudrais prendre rendez-vous"
        samia.speaks(b"OggS-a-voice")
        samia.waits_for("Dans quelle ville")
        assert b"OggS-a-voice" in transcriber.heard[0]
        with services.database.reading() as session:
            (first,) = session.scalars(select(Message).where(Message.direction == "in"))
            assert first.text == "Je voudrais prendre rendez-vous"
        transcriber.said = None
        samia.speaks(b"OggS-another")
        samia.waits_for("Je ne peux pas écouter les messages vocaux")
        telegram.fail("getFile", Failure(400, "Bad Request: file is too big"))
        samia.speaks(b"OggS-a-third")
        telegram.wait_for(lambda: sum("messages vocaux" in each for each in samia.reads) == 2, "the words, again")
        assert len(transcriber.heard) == 2


def test_an_answer_is_listened_to(
    telegram: FakeTelegram, empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samia = Resident(telegram)
    program = StandIn(tmp_path, "espeak-ng", sound_of())
    monkeypatch.setattr(voice, "ENCODER", str(StandIn(tmp_path, "opusenc", OPUS).path))
    with served(telegram, empty, tmp_path, public_url=SITE, voice_program=str(program.path)) as services:
        telegram.wait_for(lambda: telegram.webhook["url"], "the webhook")
        samia.says(ACRE)
        samia.waits_for_button("🔊 Écouter")
        telegram.fail("sendVoice", Failure.flood(1))
        samia.taps("🔊 Écouter")
        telegram.wait_for(lambda: any("voice" in each for each in samia.received), "the sound")
        heard = samia.received[-1]
        assert telegram.files[heard["voice"]["file_id"]] == OPUS
        assert heard["caption"].startswith("Voici ma réponse")
        assert "En savoir plus" in [button["text"] for button in inline_buttons(heard)]
        assert b"Acre : " in program.given
        assert "Acre" not in program.asked

        def all_sent() -> bool:
            with services.database.reading() as session:
                return set(session.scalars(select(Message.status).where(Message.direction == "out"))) == {"sent"}

        telegram.wait_for(all_sent, "the sound to be settled")
