"""A small grammar engine: words become symbols, rules are regular expressions over symbols, both are data.

"mardi 14h30" reads `W1 N14 H N30`; a rule `{clock}` then finds the time. Unknown words read `_`. Named
groups of a rule are what it found; `set:` adds constants.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from nlu.folding import fold

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TOKEN = re.compile(r"\d+|[^\W\d_]+|[/:.,+€%@-]")
_SILENT = re.compile(r"(?<=[^\W\d_])[.'-]|[.'-](?=[^\W\d_])")  # hyphens and apostrophes beside a letter
_LONGEST = 5
_LONGEST_NUMBER = 4


@dataclass(frozen=True, slots=True)
class Symbol:
    """What a word or a phrase stands for, and where it is in the text."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern over symbols and the constants it adds."""

    pattern: re.Pattern[str]
    constants: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Find:
    """One match: offsets in the text, and what the groups and constants say."""

    start: int
    end: int
    groups: Mapping[str, Any]


class Grammar:
    """Words and rules read from YAML (`words`, `macros`, `rules`; `trim` is what a find sheds in front)."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._symbols: dict[tuple[str, ...], str] = {}
        for symbol, spellings in content["words"].items():
            for spelling in str(spelling_list(spellings)).split("|"):
                self._symbols[tuple(_TOKEN.findall(_SILENT.sub(" ", fold(spelling))))] = str(symbol)
        self._trim = frozenset(content.get("trim", ()))
        macros = content.get("macros", {})
        self.rules = tuple(Rule(_compile(rule["match"], macros), rule.get("set", {})) for rule in content["rules"])

    @classmethod
    def load(cls, path: Path) -> "Grammar":
        return cls(yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER))  # noqa: S506

    def symbols(self, folded: str) -> list[Symbol]:
        """The folded text as symbols; the longest known phrase wins."""
        tokens = list(_TOKEN.finditer(_SILENT.sub(" ", folded)))
        symbols: list[Symbol] = []
        position = 0
        while position < len(tokens):
            for length in range(min(_LONGEST, len(tokens) - position), 0, -1):
                run = tokens[position : position + length]
                name = self._symbols.get(tuple(token[0] for token in run))
                if name is None and length == 1:
                    name = _default(run[0][0])
                if name is not None:
                    symbols.append(Symbol(name, run[0].start(), run[-1].end()))
                    position += length
                    break
        return symbols

    def find(self, folded: str) -> Iterator[Find]:
        """All finds, in the order of the rules; a later rule never touches what an earlier one took."""
        symbols = self.symbols(folded)
        stream = "".join(f"{symbol.name} " for symbol in symbols)
        starts = [0]
        for symbol in symbols:
            starts.append(starts[-1] + len(symbol.name) + 1)
        taken: set[int] = set()
        for rule in self.rules:
            for match in rule.pattern.finditer(stream):
                first = bisect_right(starts, match.start()) - 1
                last = bisect_right(starts, match.end() - 1) - 1
                if match.end() == match.start() or not taken.isdisjoint(range(first, last + 1)):
                    continue
                taken.update(range(first, last + 1))
                while symbols[first].name in self._trim and first < last:
                    first += 1
                groups = {name: value for name, value in match.groupdict().items() if value is not None}
                yield Find(symbols[first].start, symbols[last].end, {**rule.constants, **groups})


def spelling_list(spellings: Any) -> str:
    """The spellings of a symbol, however YAML gave them, joined by bars."""
    return "|".join(map(str, spellings)) if isinstance(spellings, list) else str(spellings)


@cache
def load_grammar(name: str) -> Grammar:
    """A grammar of this folder, read once: it never changes while the process runs."""
    return Grammar.load(Path(__file__).with_name(name))


def _default(token: str) -> str:
    if token.isdigit():
        return f"N{token}" if len(token) <= _LONGEST_NUMBER else "_"
    return "_" if token[0].isalpha() else token


def _compile(pattern: str, macros: Mapping[str, str]) -> re.Pattern[str]:
    """Puts the macros in; every symbol of a pattern is followed by its space, and matches start at one."""
    for _ in range(3):  # macros may use macros
        for name, text in macros.items():
            pattern = pattern.replace("{" + name + "}", f"(?:{text})")
    return re.compile(rf"(?<!\S)(?:{pattern})")
