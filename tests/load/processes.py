"""The service as it runs in production: a server, and workers beside it, which can be killed and come back."""

import asyncio
import http.client
import os
import random
import socket
import subprocess
import time
from contextlib import suppress

import psutil

from tests.bench.serving import COMMAND, DATA, KEY
from tests.load.residents import ACCOUNT, AUTH_TOKEN, NUMBER, PUBLIC_URL

BOT_TOKEN = "1:load"
UNLIMITED = "100000"  # messages a second: it is us that is measured, not a provider's patience


class Processes:
    """A server and `workers` beside it, which send to that provider."""

    def __init__(self, url: str, provider: str, workers: int) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ALLERVERS_")}
        self._environment = kept | {
            "ALLERVERS_DATABASE_URL": url,
            "ALLERVERS_SECRET_KEY": KEY,
            "ALLERVERS_DATA_DIR": str(DATA),
            "ALLERVERS_PUBLIC_URL": PUBLIC_URL,
            "ALLERVERS_TWILIO_ACCOUNT_SID": ACCOUNT,
            "ALLERVERS_TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "ALLERVERS_TWILIO_API_URL": provider,
            "ALLERVERS_SMS_FROM": NUMBER,
            "ALLERVERS_SMS_PER_SECOND": UNLIMITED,
            "ALLERVERS_TELEGRAM_TOKEN": BOT_TOKEN,
            "ALLERVERS_TELEGRAM_API_URL": provider,
        }
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._workers = workers
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Starts them all, and waits until the server answers."""
        server = self._start("serve", "--port", str(self.port))
        self._running = [server, *(self._start("worker") for _ in range(self._workers))]
        self._wait()

    def stop(self) -> None:
        """Ends them all."""
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.wait(30)

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([COMMAND, *words], env=self._environment, stderr=subprocess.DEVNULL)

    def _wait(self) -> None:
        limit = time.monotonic() + 120
        while time.monotonic() < limit:
            with suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return
            time.sleep(0.05)
        raise AssertionError("the server was not ready after two minutes")

    def processor_seconds(self) -> float:
        """Processor time of all the processes that run."""
        times = [psutil.Process(process.pid).cpu_times() for process in self._running]
        return sum(each.user + each.system for each in times)

    async def kill(self, times: int, seconds: float) -> int:
        """Kills one process or another (-9), evenly spread over that time, and starts it again."""
        chance = random.Random(times)
        for _ in range(times):
            await asyncio.sleep(seconds / (times + 1))
            number = chance.randrange(len(self._running))
            words = ("serve", "--port", str(self.port)) if number == 0 else ("worker",)
            self._running[number].kill()
            self._running[number].wait()
            self._running[number] = self._start(*words)
        return times
