"""What this process counts, for a monitoring system: how many things happened, never to whom."""

from collections import Counter
from collections.abc import Mapping
from threading import Lock
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


class Counted(NamedTuple):
    """A counter: what it counts, and the label with every value it may have."""

    means: str
    label: str
    values: tuple[str, ...]


RASA = "allervers_rasa_messages_total"
COUNTED: Mapping[str, Counted] = {
    RASA: Counted(
        "Messages read while a Rasa server is configured; all but the answered were read by the embedded engine alone.",
        "outcome",
        ("answered", "failed", "spared", "withheld"),
    ),
}


class Metrics:
    """Counters of one process, from zero at its start. Threads may share them."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = Lock()

    def count(self, name: str, value: str) -> None:
        """One more of `name`, under a value of its label; both are in `COUNTED`."""
        assert value in COUNTED[name].values
        with self._lock:
            self._counts[name, value] += 1

    def of(self, name: str, value: str) -> int:
        """How many there were."""
        with self._lock:
            return self._counts[name, value]

    def text(self) -> str:
        """Every counter, in Prometheus' text format."""
        lines: list[str] = []
        for name, counted in COUNTED.items():
            lines += [f"# HELP {name} {counted.means}", f"# TYPE {name} counter"]
            lines += [f'{name}{{{counted.label}="{value}"}} {self.of(name, value)}' for value in counted.values]
        return "\n".join(lines) + "\n"

    def routes(self) -> list[Route]:
        """`/metrics`."""

        async def metrics(request: Request) -> Response:
            return Response(self.text(), media_type=PROMETHEUS)

        return [Route("/metrics", metrics)]
