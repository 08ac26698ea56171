"""The real server as a process of its own, and residents who write to it over HTTP."""

import http.client
import json
import os
import random
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

import db.crypto
from bot.channels import web
from bot.web_phone import COOKIE
from nlu.training import read

KEY = "bench key"
COMMAND = str(Path(sys.executable).with_name("allervers"))
ROOT = Path(__file__).parents[2]
DATA = ROOT / "var" / "bench"  # keeps the trained model from one run to the next
HELDOUT = Path(__file__).parents[1] / "nlu" / "heldout.yml"
LEAVING = frozenset({"stop_messages", "delete_my_data"})
TURNS = 10
"""Messages of one resident; a phone may send twelve at once before it must slow down."""


@dataclass(frozen=True)
class Server:
    """Where it listens and which process it is."""

    port: int
    process: psutil.Process

    def processor_seconds(self) -> float:
        """Processor time it has used."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def rss_mb(self) -> float:
        """Memory it holds."""
        return float(self.process.memory_info().rss) / 2**20


def sentences() -> list[str]:
    """What people write, but for the words that end a conversation."""
    return [example.text for example in read(HELDOUT).examples if example.intent not in LEAVING]


def prepare(url: str) -> None:
    """Tables, the demonstration territory, and a trained model in the cache."""
    subprocess.run([COMMAND, "demo"], env=_environment(url), check=True, stdout=subprocess.DEVNULL)


@contextmanager
def serving(url: str) -> Iterator[Server]:
    """`allervers serve`, ready."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [COMMAND, "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=_environment(url), stderr=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield Server(port, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait(30)


def _environment(url: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ALLERVERS_")}
    return kept | {
        "ALLERVERS_DATABASE_URL": url,
        "ALLERVERS_SECRET_KEY": KEY,
        "ALLERVERS_DATA_DIR": str(DATA),
    }


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + 120
    while time.monotonic() < limit:
        assert process.poll() is None, "the server did not start; try `allervers serve` by hand"
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the server was not ready after two minutes")


def talk(server: Server, residents: int, seconds: float, seed: int) -> tuple[list[float], float]:
    """Milliseconds of each turn, from the request that says something to the answer, and turns a second."""
    db.crypto.use_keys([KEY])
    said = sentences()
    deadline = time.perf_counter() + seconds

    def live(number: int) -> list[float]:
        chance, found = random.Random(f"{seed}/{number}"), []
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        while time.perf_counter() < deadline:
            found += _conversation(connection, chance.sample(said, TURNS), deadline)
        connection.close()
        return found

    with ThreadPoolExecutor(residents) as threads:
        started = time.perf_counter()
        turns = [each for found in threads.map(live, range(residents)) for each in found]
        return turns, len(turns) / (time.perf_counter() - started)


def _conversation(connection: http.client.HTTPConnection, texts: Sequence[str], deadline: float) -> list[float]:
    """Somebody new says those things, each once the former is answered."""
    headers = {
        "origin": f"http://127.0.0.1:{connection.port}",
        "content-type": "application/json",
        "cookie": f"{COOKIE}={web.sign(web.new_token())}",
    }
    found = []
    for text in texts:
        started = time.perf_counter()
        if started > deadline:
            break
        connection.request("POST", "/phone/messages", json.dumps({"id": str(uuid.uuid4()), "text": text}), headers)
        response = connection.getresponse()
        body = response.read()
        assert response.status == 202, body
        after = json.loads(body)["message_id"]
        messages: list[object] = []
        while not messages:  # a long poll may come back with nothing
            connection.request("GET", f"/phone/messages?after={after}&wait=20", headers=headers)
            messages = json.loads(connection.getresponse().read())["messages"]
        found.append((time.perf_counter() - started) * 1000)
    return found
