"""`make load`: signed webhooks at a steady rate on loopback, how soon they are acknowledged and answered. Bounded.

Messages leave on a timetable of their own, whether the service keeps up or not, and count from their planned time.
With --kill, the server is killed (-9) several times meanwhile: nothing acknowledged may stay without an answer, and
no more replies may arrive twice than there were requests on the wire.
"""

import argparse
import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psutil

import db.crypto
from bot.telegram import webhook_secret
from tests.bench.databases import KINDS, fresh
from tests.bench.serving import KEY, prepare, sentences
from tests.bench.timing import percentile
from tests.load import residents
from tests.load.processes import BOT_TOKEN, Processes
from tests.load.provider import Provider

CONNECTIONS = 32  # of the providers, to our webhooks
TELEGRAM_SHARE = 0.05  # Telegram lets a bot say thirty things a second, whatever it hears
PATIENCE = 60.0  # seconds for what is left to be answered once the last message was sent
PAUSE = 5.0  # seconds between two messages of one person, at least


@dataclass
class Sent:
    """One message: when it was due, when it was acknowledged (None: not yet)."""

    delivery: residents.Delivery
    due: float
    acknowledged: float | None = None


@dataclass
class Load:
    """A run: `rate` messages a second for `seconds`."""

    rate: float
    seconds: float
    port: int
    sent: list[Sent] = field(default_factory=list)

    def plan(self, secret: str, seed: int) -> None:
        """Who writes what: enough people that nobody writes twice within PAUSE."""
        chance, said = random.Random(seed), sentences()
        people = int(self.rate * PAUSE) + 1
        for number in range(int(self.rate * self.seconds)):
            person, text = number % people, chance.choice(said)
            on_telegram = person < people * TELEGRAM_SHARE
            delivery = residents.telegram(person, text, secret) if on_telegram else residents.sms(person, text)
            self.sent.append(Sent(delivery, number / self.rate))

    async def run(self) -> None:
        """Sends everything at its time; a request that is not acknowledged is made again, as providers do."""
        queue: asyncio.Queue[Sent | None] = asyncio.Queue()
        started = time.perf_counter() + 0.2
        posting = [asyncio.create_task(self._post(queue)) for _ in range(CONNECTIONS)]
        for message in self.sent:
            message.due += started
            await asyncio.sleep(max(0.0, message.due - time.perf_counter()))
            queue.put_nowait(message)
        for _ in posting:
            queue.put_nowait(None)
        await asyncio.gather(*posting)

    async def _post(self, queue: "asyncio.Queue[Sent | None]") -> None:
        connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while (message := await queue.get()) is not None:
            while message.acknowledged is None:
                try:
                    connection = connection or await asyncio.open_connection("127.0.0.1", self.port)
                    if await asyncio.wait_for(_exchange(*connection, message.delivery.request), 10):
                        message.acknowledged = time.perf_counter()
                        break
                except (OSError, EOFError, TimeoutError, ValueError):
                    connection = None
                await asyncio.sleep(0.1)
        if connection is not None:
            connection[1].close()


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bool:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    await reader.readexactly(length)
    return b" 20" in head.split(b"\r\n", 1)[0]


def answered_after(sent: Sequence[Sent], provider: Provider) -> list[float | None]:
    """Seconds from each message to the first reply its writer got between it and their next one; None without."""
    following: dict[str, float] = {}
    found: list[float | None] = []
    for message in reversed(sent):
        until = following.get(message.delivery.address, float("inf"))
        replies = provider.replies[message.delivery.address]
        found.append(next((at - message.due for at, _ in replies if message.due <= at < until), None))
        following[message.delivery.address] = message.due
    return found[::-1]


async def measure(url: str, arguments: argparse.Namespace) -> None:
    """One run against one database."""
    async with Provider() as provider:
        processes = Processes(url, provider.url, workers=arguments.workers)
        try:
            await asyncio.to_thread(processes.start)
            for rate in arguments.rate:
                await run(Load(rate, arguments.seconds, processes.port), provider, processes, arguments.kill)
        finally:
            await asyncio.to_thread(processes.stop)


async def run(load: Load, provider: Provider, processes: Processes, kills: int) -> None:
    """One rate."""
    db.crypto.use_keys([KEY])
    load.plan(webhook_secret(BOT_TOKEN), seed=int(load.rate))
    provider.replies.clear()
    killing = asyncio.create_task(processes.kill(kills, load.seconds))
    used = processes.processor_seconds()
    await load.run()
    await killing
    await _settle(load.sent, provider)
    report(load, provider, kills, processes.processor_seconds() - used)


async def _settle(sent: Sequence[Sent], provider: Provider) -> None:
    """Waits until nobody who wrote is left without an answer, or patience is over."""
    limit = time.perf_counter() + PATIENCE
    last = {message.delivery.address: message.due for message in sent}
    while time.perf_counter() < limit:
        if all(provider.replies[who] and provider.replies[who][-1][0] > due for who, due in last.items()):
            await asyncio.sleep(1.0)
            return
        await asyncio.sleep(0.2)


def report(load: Load, provider: Provider, kills: int, processor: float) -> None:
    """Prints one line per figure."""
    acknowledged = [1000 * (each.acknowledged - each.due) for each in load.sent if each.acknowledged is not None]
    waits = answered_after(load.sent, provider)
    late = [each for each in waits if each is not None]
    last = {message.delivery.address: message.due for message in load.sent}
    lost = sum(1 for who, due in last.items() if not any(at > due for at, _ in provider.replies[who]))
    print(f"  {load.rate:.0f} messages/s for {load.seconds:.0f} s, {len(load.sent)} messages")
    soon = percentile(acknowledged, 0.5), percentile(acknowledged, 0.99)
    print(f"    acknowledged, p50 / p99        {soon[0]:8.1f} / {soon[1]:.1f} ms")
    if late:
        print(f"    first reply, p50 / p99         {percentile(late, 0.5):8.2f} / {percentile(late, 0.99):.2f} s")
        within = sum(1 for each in waits if each is not None and each < 1)
        print(f"    answered within a second       {100 * within / len(waits):8.1f} %")
    print(f"    processor time a message       {1000 * processor / len(load.sent):8.1f} ms")
    print(f"    people left without an answer  {lost:8d}")
    if kills:
        twice = sum(
            count - 1 for replies in provider.replies.values() for count in Counter(t for _, t in replies).values()
        )
        print(f"    killed {kills} times; replies with the words of an earlier one {twice}", flush=True)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--only", choices=KINDS, help="one database instead of both")
    parser.add_argument("--rate", type=float, nargs="+", default=[20.0, 50.0, 200.0], help="messages a second")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of each run")
    parser.add_argument("--workers", type=int, default=0, help="worker processes beside the server (PostgreSQL)")
    parser.add_argument("--kill", type=int, default=0, help="kill -9 the server so many times in each run")
    arguments = parser.parse_args()
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {psutil.cpu_count()} cores")
    print(f"load average before: {' '.join(f'{each:.1f}' for each in psutil.getloadavg())}", flush=True)
    for kind in [arguments.only] if arguments.only else KINDS:
        print(kind, flush=True)
        with fresh(kind) as url, suppress(KeyboardInterrupt):
            prepare(url)
            asyncio.run(measure(url, arguments))


if __name__ == "__main__":
    main()
