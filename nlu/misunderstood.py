"""The log of misunderstood messages: texts alone, what identifies a person masked, to be labelled by hand.

One JSON object a line: `text`, and `guesses`, the likeliest intents. No contact, no channel, no hour.
"""

import json
import logging
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from nlu.understanding import Understanding

log = logging.getLogger(__name__)

MASKED = frozenset({"phone", "email", "postcode", "commune", "qpv", "date", "time"})
LEAST = 0.5  # confidence under which a message counts as misunderstood
FEWEST = 3  # words: a word or two is an answer, and often a name
LONGEST = 300  # characters: longer, people tell their story
GUESSES = 3

_NUMBER = re.compile(r"\d{3,}")
# Words that come before a name, in the languages people write.
_NAMED = re.compile(
    r"(?i)\b(m['’ ]?appel+e|mon nom est|mon pr[eé]nom est|moi c['’ ]?est|my name is|me llamo|me chamo|ad[ıi]m|"
    r"m\.|mme|monsieur|madame)\s+(\w[\w’'-]*)(\s+[A-ZÀ-Ý][\w’'-]*)?"
)


class Misunderstood(NamedTuple):
    """A message and what it was taken for."""

    text: str
    guesses: tuple[str, ...]


class MisunderstoodLog:
    """A file of messages to label. Threads may share it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def watching(self, parse: Callable[[str], Understanding], fallback: str) -> Callable[[str], Understanding]:
        """The same reading, of which what was not understood is noted."""

        def watched(text: str) -> Understanding:
            understanding = parse(text)
            try:
                self.note(understanding, fallback)
            except OSError as error:  # no conversation stops for the sake of a log
                log.warning("misunderstood messages cannot be kept: %s", error.strerror)
            return understanding

        return watched

    def note(self, understanding: Understanding, fallback: str) -> None:
        """Keeps what a message said when it was not understood."""
        best = understanding.intent
        understood = best.name != fallback and best.confidence >= LEAST
        if understood or not _tells_something(understanding.text):
            return
        guesses = [intent.name for intent in understanding.ranking[:GUESSES]]
        line = json.dumps({"text": masked(understanding), "guesses": guesses}, ensure_ascii=False)
        with self._lock:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")

    def read(self) -> list[Misunderstood]:
        """The messages, each once, the oldest first."""
        if not self._path.is_file():
            return []
        entries = map(json.loads, self._path.read_text(encoding="utf-8").splitlines())
        return list(dict.fromkeys(Misunderstood(entry["text"], tuple(entry["guesses"])) for entry in entries))

    def keep(self, entries: Iterable[Misunderstood]) -> None:
        """Leaves these entries only."""
        lines = [json.dumps(entry._asdict(), ensure_ascii=False) for entry in entries]
        with self._lock:
            self._path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _tells_something(text: str) -> bool:
    """False for what is too short, too long, or written like a name."""
    words = text.split()
    return len(words) >= FEWEST and len(text) <= LONGEST and not all(word[0].isupper() for word in words)


def masked(understanding: Understanding) -> str:
    """The text without places, days, numbers to call and names said as such."""
    text = understanding.text
    for entity in sorted(understanding.entities, key=lambda one: -one.start):
        if entity.entity in MASKED:
            text = f"{text[: entity.start]}{_stars(entity.text)}{text[entity.end :]}"
    text = _NAMED.sub(r"\1 ***", text)
    return " ".join(_NUMBER.sub(lambda number: _stars(number[0]), text).split())


def _stars(hidden: Sequence[str]) -> str:
    return "*" * min(len(hidden), 3)
