"""The service as it runs in production, on a database that is thrown away: prepared here, served by a process."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime
from http.client import HTTPConnection
from importlib.metadata import entry_points
from pathlib import Path

from sqlalchemy import select, update

import db.crypto
from bot.commands.operate import DEMO
from bot.conversations import lead_links
from db.migrate import upgrade
from db.session import Database
from directory.exchange import load_demo
from directory.models import Lead, Place
from tests.fake_telegram import FakeTelegram
from tests.fakes.twilio import ACCOUNT, NUMBER, TOKEN, WHATSAPP_NUMBER, FakeTwilio

ROOT = Path(__file__).parents[2]
KEY = "key of the demonstration"
GROUP = -1005550001
FIRST_MEMBER = 5_560_000
"""Members of the leads' group: the id of their account is this and their lead's id."""
PATIENCE = 600.0  # seconds; the first start of a clone learns what texts mean


class Service:
    """One `allervers serve`. `site`: where it is; `public_url`: the address it is told, which webhooks are signed for.

    That one is https, since Telegram calls no other: both providers are ours, and come by http to the same port.
    """

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.site, self.public_url = f"http://127.0.0.1:{self.port}", f"https://127.0.0.1:{self.port}"
        self._url = f"sqlite:///{folder / 'demo.db'}"
        self._process: subprocess.Popen[bytes] | None = None
        self.accounts: list[tuple[str, str]] = []

    def prepare(self) -> None:
        """Tables, the demonstration territory, accounts for the desk, and leads known in the group."""
        db.crypto.use_keys([KEY])
        upgrade(self._url)
        self.database = Database(self._url)
        now = datetime.now(UTC)
        with self.database.transaction() as session:
            load_demo(session)
            session.flush()
            # Known by their town alone, hence without a pin on a map: nobody could see what one looks like.
            session.execute(update(Place).values(precision="address"))
            for entry_point in entry_points(group=DEMO):
                self.accounts += entry_point.load()(session, now)
            for lead_id in session.scalars(select(Lead.id)).all():
                code = lead_links.issue(session, lead_id, now)
                lead_links.redeem(session, str(FIRST_MEMBER + lead_id), code, now)

    def start(self, telegram: FakeTelegram, twilio: FakeTwilio) -> None:
        """Starts it, and waits until it answers and has told Telegram its address."""
        command = [sys.executable, "-c", "from bot.cli import main; main()", "serve", "--port", str(self.port)]
        self._process = subprocess.Popen(command, cwd=ROOT, env=self._environment(telegram, twilio))
        limit = time.monotonic() + PATIENCE
        while not (telegram.webhook["url"] and self._is_ready()):
            assert self._process.poll() is None, "the service did not start: it says why above"
            assert time.monotonic() < limit, "the service is not ready"
            time.sleep(0.05)

    def stop(self) -> None:
        """Ends it, and lets the database go."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
        if "database" in self.__dict__:
            self.database.close()

    def _environment(self, telegram: FakeTelegram, twilio: FakeTwilio) -> Mapping[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ALLERVERS_")}
        return kept | {
            "ALLERVERS_DATABASE_URL": self._url,
            "ALLERVERS_SECRET_KEY": KEY,
            "ALLERVERS_DATA_DIR": str(ROOT / "var"),
            "ALLERVERS_PUBLIC_URL": self.public_url,
            "ALLERVERS_TELEGRAM_TOKEN": telegram.token,
            "ALLERVERS_TELEGRAM_API_URL": telegram.url,
            "ALLERVERS_TELEGRAM_USERNAME": str(telegram.bot["username"]),
            "ALLERVERS_TELEGRAM_LEADS_CHAT": str(GROUP),
            "ALLERVERS_TWILIO_ACCOUNT_SID": ACCOUNT,
            "ALLERVERS_TWILIO_AUTH_TOKEN": TOKEN,
            "ALLERVERS_TWILIO_API_URL": twilio.url,
            "ALLERVERS_SMS_FROM": NUMBER,
            "ALLERVERS_WHATSAPP_FROM": WHATSAPP_NUMBER,
        }

    def _is_ready(self) -> bool:
        with suppress(OSError), closing(HTTPConnection("127.0.0.1", self.port, timeout=5)) as connection:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        return False
