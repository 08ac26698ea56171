"""`make bench`: how fast the service is beside the machine it runs on, on both databases. Bounded: under four minutes.

Prints a table. Everything that depends on the disk is measured beside the disk itself, in the same run and in turns,
so that a slow or busy machine is not taken for a slow programme, nor a fast one for a fast programme.
"""

import argparse
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import psutil

from bot import process
from db.session import Database
from directory.geography import gazetteer
from nlu.cache import PACKAGE, load_or_train
from tests.bench import lookups, serving
from tests.bench.bare import commits_per_second
from tests.bench.databases import KINDS, fresh, tuples_written
from tests.bench.timing import median, percentile

RESIDENTS = 8  # at once; as many threads write in the bare measure
ROUNDS = 3  # of bare, then turns, then bare...
TURN_SECONDS, BARE_SECONDS = 8.0, 2.0
ROWS = (1, 5, 2)
"""Rows that a turn's three commits write on average: the message; the answer; that it was shown."""


class Line(NamedTuple):
    """One line of the table."""

    what: str
    value: str
    aim: str = ""
    kept: bool | None = None


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", choices=KINDS, help="one database instead of both")
    parser.add_argument("--seconds", type=float, default=TURN_SECONDS, help="length of each of the three rounds")
    arguments = parser.parse_args()
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {psutil.cpu_count()} cores, Python {platform.python_version()}")
    print(f"load average before: {' '.join(f'{each:.1f}' for each in psutil.getloadavg())}", flush=True)
    for kind in [arguments.only] if arguments.only else KINDS:
        with fresh(kind) as url:
            show(kind, [*turns(url, arguments.seconds), *directory(url)])
    show("Understanding", understanding())


def turns(url: str, seconds: float) -> list[Line]:
    """Turns over HTTP, and bare commits between them."""
    serving.prepare(url)
    took: list[float] = []
    rates, bare, bare_whole = [], [], []
    with serving.serving(url) as server:
        serving.talk(server, RESIDENTS, 2.0, seed=0)  # warms caches and pools
        used = 0.0
        for number in range(1, ROUNDS + 1):
            bare.append(commits_per_second(url, [sum(ROWS)], RESIDENTS, BARE_SECONDS))
            bare_whole.append(commits_per_second(url, ROWS, RESIDENTS, BARE_SECONDS))
            written, before = tuples_written(url, settled=True), server.processor_seconds()
            found, rate = serving.talk(server, RESIDENTS, seconds, seed=number)
            used += server.processor_seconds() - before
            took += found
            rates.append(rate)
        memory = server.rss_mb()
        counted = tuples_written(url, settled=True)
    rate, cpu = median(rates), used / len(took) * 1000
    lines = [
        Line("turns", f"{rate:.0f} /s"),
        Line(
            "bare: a turn's rows in one commit",
            f"{median(bare):.0f} /s",
            "turns at least half",
            rate >= median(bare) / 2,
        ),
        Line("bare: the same in a turn's three commits", f"{median(bare_whole):.0f} /s"),
        Line("a turn, p50 / p95", f"{median(took):.0f} / {percentile(took, 0.95):.0f} ms"),
        Line("processor time of a turn", f"{cpu:.1f} ms"),
        Line("memory of the server", f"{memory:.0f} MB", "below 300 MB", memory < 300),
    ]
    if written is not None and counted is not None:
        lines.append(Line("rows written by a turn, as counted", f"{(counted - written) / len(found):.1f}"))
    return lines


def directory(url: str) -> list[Line]:
    """Looking up openings and places."""
    database = Database(url)
    lookups.fill(database)
    process.settle()  # as the server does
    lines = [
        timed("openings of a lead, 8 weeks", lookups.next_openings(database), 20),
        timed("openings of 400 places, 8 weeks", lookups.every_opening(database), 20),
        timed("nearest of 10,000 places", lookups.nearest(database), 20),
    ]
    database.close()
    return lines


def understanding() -> list[Line]:
    """Reading texts, one thread."""
    model = load_or_train(PACKAGE / "data", serving.DATA / "nlu", gazetteer().names())
    return [timed("reading a text", lookups.parse(model.engine()), 5)]


def timed(what: str, took: Sequence[float], aim: float | None) -> Line:
    """A line of milliseconds, whose p95 should be below the aim."""
    p95 = percentile(took, 0.95)
    value = f"{median(took):.1f} / {p95:.1f} ms"
    return (
        Line(f"{what}, p50 / p95", value)
        if aim is None
        else Line(f"{what}, p50 / p95", value, f"p95 below {aim} ms", p95 < aim)
    )


def show(title: str, lines: Sequence[Line]) -> None:
    """Prints a part of the table."""
    print(f"\n{title}")
    for line in lines:
        verdict = "" if line.kept is None else "yes" if line.kept else "NO"
        print(f"  {line.what:44} {line.value:>18}   {line.aim:24} {verdict}", flush=True)


if __name__ == "__main__":
    main()
