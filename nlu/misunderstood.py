"""A file of messages to label, as `allervers knowledge gaps --json` writes it: nobody can be recognised in it.

One JSON object a line: `text`, and `guesses`, the likeliest intents; whatever else a line says is left as it is.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from nlu.errors import DataError

CURE = "Write it with: allervers knowledge gaps --json > FILE"


class Misunderstood(NamedTuple):
    """A message, what it was taken for, and the line it stands on."""

    text: str
    guesses: tuple[str, ...]
    line: str


def read_misunderstood(path: Path) -> list[Misunderstood]:
    """The messages of a file in their order; raises DataError naming the line, OSError."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [_entry(path, number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def keep(path: Path, entries: Iterable[Misunderstood]) -> None:
    """Leaves these messages only."""
    path.write_text("".join(f"{entry.line}\n" for entry in entries), encoding="utf-8")


def _entry(path: Path, number: int, line: str) -> Misunderstood:
    try:
        found: Mapping[str, Any] = json.loads(line)
        return Misunderstood(str(found["text"]), tuple(map(str, found["guesses"])), line)
    except (ValueError, LookupError, TypeError):
        raise DataError(f"{path}:{number}", "no message to label", CURE) from None
