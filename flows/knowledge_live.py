"""Answers that follow their files: an edit is said at the next question, a broken one is not said at all."""

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from time import monotonic

from flows.engine.errors import AuthoringError
from flows.knowledge_base import Content, Knowledge
from flows.knowledge_reader import KNOWLEDGE, files_of, load_knowledge

log = logging.getLogger(__name__)

PATIENCE = 1.0  # seconds between two looks at the files


class LiveKnowledge(Knowledge):
    """What the files say. While they cannot be read, what they said last; raises AuthoringError at the start only."""

    def __init__(self, folder: Path = KNOWLEDGE, clock: Callable[[], float] = monotonic) -> None:
        self._folder = folder
        self._clock = clock
        self._lock = Lock()
        self._read_at = clock()
        self._stamps = self._look()
        fresh = load_knowledge(folder).content
        super().__init__(fresh.topics, fresh.facts, fresh.stale)

    @property
    def content(self) -> Content:
        """What is known now; one thread reads what changed, the others go on with what was."""
        if self._clock() - self._read_at >= PATIENCE and self._lock.acquire(blocking=False):
            try:
                self._refresh()
            finally:
                self._lock.release()
        return self._content

    def _refresh(self) -> None:
        self._read_at = self._clock()
        stamps = self._look()
        if stamps == self._stamps:
            return
        self._stamps = stamps
        try:
            self._content = load_knowledge(self._folder).content
        except AuthoringError as error:
            for problem in error.problems:
                log.error("answers stay as they were: %s", problem)
        else:
            log.warning("answers were read again")

    def _look(self) -> tuple[tuple[str, int, int], ...]:
        """What changes when a file is written: its name, its size, its time."""
        seen = []
        for path in files_of(self._folder):
            try:
                status = path.stat()
            except FileNotFoundError:  # an editor replaces the file just now
                continue
            seen.append((path.name, status.st_size, status.st_mtime_ns))
        return tuple(seen)
