"""Adds labelled sentences to training data, where a person would write them: at the end of their intent."""

import re
from collections.abc import Iterable
from pathlib import Path

from nlu.errors import DataError
from nlu.training import find_files

_SECTION = re.compile(r"- (\w+):\s*(\S.*?)\s*$")
_BULLET = re.compile(r"(\s+)- ")
_SIGNS = str.maketrans("[]", "()")  # brackets would mark an entity


def add_example(data: Path | Iterable[Path], intent: str, text: str) -> Path:
    """Writes one example at the end of an intent's first section; gives the file. Raises `DataError`."""
    for path in find_files(data):
        lines = path.read_text(encoding="utf-8").split("\n")
        last = _last_example(lines, intent)
        if last is not None:
            indent = _BULLET.match(lines[last])
            line = f"{indent[1] if indent else '    '}- {' '.join(text.translate(_SIGNS).split())}"
            path.write_text("\n".join([*lines[: last + 1], line, *lines[last + 1 :]]), encoding="utf-8")
            return path
    raise DataError(str(data), f"no section is called {intent}", f"Write `- intent: {intent}` with an example first")


def _last_example(lines: list[str], intent: str) -> int | None:
    """The line of an intent's last example."""
    inside, last = False, None
    for number, line in enumerate(lines):
        section = _SECTION.match(line)
        if section:
            if inside:
                break
            inside = section[1] == "intent" and section[2] == intent
        elif inside and _BULLET.match(line):
            last = number
    return last
