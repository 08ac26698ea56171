"""No one else's eyes, as an operator runs it: what `allervers serve` writes on its terminal names nobody."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bot.site import Browser
from tests.databases import SqliteTemplate
from tests.promises.test_9_no_one_elses_eyes import NAME, PHONE, SAID, leaks
from tests.understanding import CHECKOUT, KEPT, understanding


@dataclass
class Served:
    """A service of its own process, and what it wrote on its terminal."""

    process: "subprocess.Popen[str]"
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def end(self) -> tuple[str, str]:
        """Asks it to stop; what it wrote."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=20)


@pytest.fixture
def served(tmp_path: Path, sqlite_template: SqliteTemplate) -> Iterator[Served]:
    """`allervers serve` over an empty database, with the understanding trained already."""
    understanding()
    (tmp_path / "nlu").symlink_to(KEPT)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    with sqlite_template.copy(tmp_path) as url:
        ours = {"ALLERVERS_DATABASE_URL": url, "ALLERVERS_DATA_DIR": str(tmp_path)}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ALLERVERS_")} | ours
    command = [sys.executable, "-c", "from bot.cli import main; main()", "serve", "--port", str(port)]
    process = subprocess.Popen(
        command, env=environment, cwd=CHECKOUT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    yield Served(process, port)
    if process.poll() is None:
        process.kill()
        process.communicate()


def test_the_terminal_of_the_service_names_nobody(served: Served) -> None:
    browser = Browser(served)  # type: ignore[arg-type]
    limit = time.monotonic() + 60
    while True:
        try:
            if browser.get("/readyz").status == 200:
                break
        except OSError:
            assert time.monotonic() < limit and served.process.poll() is None, served.end()
            time.sleep(0.1)
    answers = [browser.say(text) for text in (SAID, f"je m'appelle {NAME}", f"mon numero {PHONE}", "humain")]
    broken = browser.post("/phone/messages", f'{{"id": "{SAID}", "text": "{NAME}"'.encode())
    missing = browser.get(f"/rdv/{PHONE}.ics")
    assert [answer.status for answer in answers] == [202] * 4
    assert (broken.status, missing.status) == (400, 404)
    limit = time.monotonic() + 30
    while not any("transmis" in message["text"] for message in browser.read()):
        assert time.monotonic() < limit
        time.sleep(0.1)
    out, err = served.end()
    assert "allervers: http" in err
    assert "handoff" not in out
    assert not leaks(out + err)
