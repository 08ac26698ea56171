"""How far a training is, on a terminal."""

import sys
from collections.abc import Callable
from typing import TextIO

Progress = Callable[[str, int, int], None]  # stage, steps done, steps in all

WIDTH = 30


def silent(_stage: str, _done: int, _total: int) -> None:
    """Nobody watches."""


class Bar:
    """Draws one line a stage; nothing where the stream is not a terminal."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream

    def __call__(self, stage: str, done: int, total: int) -> None:
        if not self._stream.isatty():
            return
        full = WIDTH * done // max(total, 1)
        end = "\n" if done >= total else ""
        self._stream.write(f"\r{stage:<10} [{'#' * full}{'.' * (WIDTH - full)}] {100 * done // max(total, 1):3} %{end}")
        self._stream.flush()
