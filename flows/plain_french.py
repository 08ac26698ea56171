"""What makes a French sentence hard to read, by the rules of plain_french.yml."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

RULES = Path(__file__).parent / "plain_french.yml"

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")
_WORD = re.compile(r"\{\w+\}|[\w€%]+(?:['’-][\w]+)*")
_QUOTED = re.compile(r"« ?[^»]* ?»")
_ACRONYM = re.compile(r"\b[A-Z][A-Z0-9]+\b")
_PASSIVE = re.compile(
    r"\b(?:est|sont|sera|seront|soit|soient|(?:a|ont|avoir) été|être)\s+(?:\w+\s)?\w+(?:é|i|u|is|it)e?s? par\b"
)


@dataclass(frozen=True)
class Fault:
    """What is wrong with a text, and how to mend it."""

    what: str
    cure: str


@dataclass(frozen=True)
class Rules:
    """plain_french.yml, read once."""

    max_words: int
    max_sentences: int
    max_screen_lines: int
    screen_width: int
    max_sms_segments: int
    max_more_segments: int
    hard_words: Mapping[str, str]
    known_acronyms: frozenset[str]
    verdicts: tuple[str, ...]
    always_human: tuple[str, ...]
    languages: tuple[str, ...]
    most_asked: tuple[str, ...]


@cache
def rules() -> Rules:
    """The rules of the house."""
    read = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    lists = {key: tuple(read[key]) for key in ("verdicts", "always_human", "languages", "most_asked")}
    return Rules(**{**read, **lists, "known_acronyms": frozenset(read["known_acronyms"])})


def faults(line: str) -> Iterator[Fault]:
    """Everything that makes one line hard: long, several ideas, hard words, passives, a verdict."""
    sentences = [sentence for sentence in _SENTENCE_END.split(line) if sentence]
    if len(sentences) > rules().max_sentences or ";" in line:
        yield Fault("holds several ideas", "write one idea a line")
    for sentence in sentences:
        words = len(_WORD.findall(sentence))
        if words > rules().max_words:
            yield Fault(f"has a sentence of {words} words", f"cut it: {rules().max_words} words at most")
    for hard, simple in rules().hard_words.items():
        if re.search(rf"\b{re.escape(hard)}(?![\w-])", line, re.IGNORECASE):
            yield Fault(f"says “{hard}”", f"write “{simple}”")
    if _PASSIVE.search(line):
        yield Fault("is in the passive voice", "say who does what")
    for verdict in rules().verdicts:
        if re.search(verdict, line, re.IGNORECASE):
            yield Fault("says yes or no on a right", "say what it depends on and who decides")


def unexplained(lines: tuple[str, ...]) -> list[str]:
    """The acronyms that nothing in these lines explains: `CFE : …`, `CFE (…)`, `… (CFE)` or `CFE, c'est …`."""
    said = _QUOTED.sub("", "\n".join(lines))
    met = dict.fromkeys(_ACRONYM.findall(said))
    return [acronym for acronym in met if acronym not in rules().known_acronyms and not _explained(acronym, said)]


def _explained(acronym: str, said: str) -> bool:
    return bool(
        re.search(
            rf"\b{acronym}\b(?: pro)? ?(?:[:(]|, (?:c'est|un|une|le|la)\b|est |veut dire)|\([^)]*\b{acronym}\b[^)]*\)",
            said,
        )
    )
