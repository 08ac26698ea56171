"""Answers with their facts: a figure lives in a fact, a sentence names it, and an unsure or stale fact falls silent."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from flows.engine.errors import AuthoringError, Problem
from flows.sources import LineDict, LineList, display, read

KNOWLEDGE = Path(__file__).parent / "knowledge"
CERTAINTIES = ("official", "secondary", "older", "unsure")
_FACT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Source:
    """Where something is said. publisher: "official" or "secondary"."""

    id: str
    title: str
    url: str
    publisher: str


@dataclass(frozen=True)
class Fact:
    """One figure, exactly as shown, with where and when it was checked."""

    id: str
    value: str
    unit: str
    source: Source
    checked_on: date
    review_by: date
    certainty: str

    def may_show(self, on: date) -> bool:
        """True while the figure may be read by a resident: never when unsure, never past its review date."""
        return self.certainty != "unsure" and on <= self.review_by

    def show(self, to_check: str) -> str:
        """Value and unit, followed by `to_check` when the source is an older one."""
        shown = f"{self.value} {self.unit}".strip()
        return f"{shown} {to_check}".strip() if self.certainty == "older" else shown


@dataclass(frozen=True)
class Sentence:
    """One sentence: `text` may name facts, `otherwise` says it without them."""

    text: str
    otherwise: str
    facts: tuple[str, ...]


@dataclass(frozen=True)
class Topic:
    """Everything there is to say about one topic."""

    id: str
    title: str
    sms: tuple[Sentence, ...]
    full: tuple[Sentence, ...]
    read_title: str
    read_url: str
    sources: tuple[Source, ...]
    checked_on: date
    follow_ups: tuple[str, ...]
    offer: str
    file: str
    line: int


@dataclass(frozen=True)
class Answer:
    """A topic as it may be said on a given day."""

    topic: Topic
    full: tuple[str, ...]
    sms: str
    sources: tuple[Source, ...]
    checked_on: date  # the oldest check among what is said


class Knowledge:
    """Topics and facts, ready to answer."""

    def __init__(self, topics: Mapping[str, Topic], facts: Mapping[str, Fact]) -> None:
        self.topics = topics
        self.facts = facts

    def __contains__(self, topic: str) -> bool:
        return topic in self.topics

    def title(self, topic: str) -> str:
        """The short name of a topic, as a button shows it."""
        return self.topics[topic].title

    def answer(self, topic_id: str, on: date, to_check: str = "") -> Answer:
        """What may be said about a topic that day; raises KeyError for an unknown topic."""
        topic = self.topics[topic_id]
        used: list[Fact] = []
        full = tuple(line for sentence in topic.full if (line := self._say(sentence, on, to_check, used)))
        sms = " ".join(line for sentence in topic.sms if (line := self._say(sentence, on, to_check, used)))
        sources = tuple(dict.fromkeys([*(fact.source for fact in used), *topic.sources]))
        checked = min([topic.checked_on, *(fact.checked_on for fact in used)])
        return Answer(topic, full, sms, sources, checked)

    def _say(self, sentence: Sentence, on: date, to_check: str, used: list[Fact]) -> str:
        facts = [self.facts[name] for name in sentence.facts]
        if not all(fact.may_show(on) for fact in facts):
            return sentence.otherwise
        used += facts
        shown = {fact.id: fact.show(to_check) for fact in facts}
        said = _FACT.sub(lambda match: shown[match[1]], sentence.text)
        return said.replace(f"{to_check})", f"{to_check.strip('()')})") if to_check else said


def load_knowledge(folder: Path = KNOWLEDGE) -> Knowledge:
    """Every answer of a folder; raises AuthoringError with all faults, each with file, line and cure."""
    reader = _Reader()
    files = [(display(path), read(path)) for path in sorted(folder.glob("*.yml"))]
    for read_part in (reader.sources_of, reader.facts_of, reader.topics_of):
        for file, data in files:
            read_part(file, data)
    reader.check_follow_ups()
    if reader.problems:
        raise AuthoringError(reader.problems)
    return Knowledge(reader.topics, reader.facts)


class _Reader:
    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.sources: dict[str, Source] = {}
        self.facts: dict[str, Fact] = {}
        self.topics: dict[str, Topic] = {}

    def fault(self, file: str, line: int, what: str, cure: str) -> None:
        self.problems.append(Problem(file, line, what, cure))

    def sources_of(self, file: str, data: LineDict) -> None:
        for source_id, body, line in _entries(data, "sources"):
            source = Source(
                source_id, str(body.get("title") or ""), str(body.get("url") or ""), str(body.get("publisher") or "")
            )
            if not source.title or not source.url.startswith("https://"):
                self.fault(file, line, f"the source {source_id} lacks a title or an https address", "give both")
            if self.sources.setdefault(source_id, source) != source:
                self.fault(file, line, f"the source {source_id} differs in another file", "write it the same in both")

    def facts_of(self, file: str, data: LineDict) -> None:
        for fact_id, body, line in _entries(data, "facts"):
            source = self._source(file, body.get("source"), line)
            checked, review = self._date(file, body, "checked_on"), self._date(file, body, "review_by")
            certainty = str(body.get("certainty"))
            if certainty not in CERTAINTIES:
                self.fault(file, line, f"{fact_id} has no certainty", f"use one of {', '.join(CERTAINTIES)}")
            if not str(body.get("value") or ""):
                self.fault(file, line, f"{fact_id} has no value", 'write value: "…" as it is shown')
            if fact_id in self.facts:
                self.fault(file, line, f"the fact {fact_id} stands twice", "rename one of them")
            if source and checked and review:
                self.facts[fact_id] = Fact(
                    fact_id,
                    str(body.get("value", "")),
                    str(body.get("unit") or ""),
                    source,
                    checked,
                    review,
                    certainty,
                )

    def topics_of(self, file: str, data: LineDict) -> None:
        for topic_id, body, line in _entries(data, "answers"):
            if topic_id in self.topics:
                self.fault(file, line, f"{topic_id} is answered twice", "keep one")
            names = body.get("sources")
            sources = [
                source
                for name in (names if isinstance(names, LineList) else ())
                if (source := self._source(file, name, line))
            ]
            checked = self._date(file, body, "checked_on")
            page = body.get("read")
            page = page if isinstance(page, LineDict) else LineDict()
            if not sources or not checked or not page.get("url"):
                self.fault(file, line, f"{topic_id} lacks sources, checked_on or a page to read", "give all three")
                continue
            self.topics[topic_id] = Topic(
                id=topic_id,
                title=str(body.get("title") or topic_id),
                sms=self._sentences(file, body, "sms"),
                full=self._sentences(file, body, "full"),
                read_title=str(page.get("title") or page["url"]),
                read_url=str(page["url"]),
                sources=tuple(sources),
                checked_on=checked,
                follow_ups=tuple(body.get("follow_ups") or ()),
                offer=str(body.get("offer") or "human"),
                file=file,
                line=line,
            )

    def _sentences(self, file: str, body: LineDict, key: str) -> tuple[Sentence, ...]:
        entries = body.get(key)
        if not isinstance(entries, LineList) or not entries:
            self.fault(file, body.line_of(key), f"no {key} sentences", f"write a list under {key}:")
            return ()
        return tuple(self._sentence(file, entry, line) for entry, line in zip(entries, entries.item_lines, strict=True))

    def _sentence(self, file: str, entry: Any, line: int) -> Sentence:
        text = str(entry.get("text", "")) if isinstance(entry, LineDict) else str(entry)
        otherwise = str(entry.get("otherwise", "")) if isinstance(entry, LineDict) else text
        facts = tuple(_FACT.findall(text))
        for name in facts:
            if name not in self.facts:
                self.fault(file, line, f"no fact is called {name}", "define it under facts: or correct the name")
        if facts and (not isinstance(entry, LineDict) or "otherwise" not in entry):
            self.fault(file, line, "a sentence with a figure has no otherwise", "write how it reads without the figure")
        elif isinstance(entry, LineDict) and _FACT.search(otherwise):
            self.fault(file, line, "an otherwise names a fact", "write it without any figure")
        return Sentence(text, otherwise, facts)

    def _source(self, file: str, name: Any, line: int) -> Source | None:
        if name in self.sources:
            return self.sources[name]
        self.fault(file, line, f"no source is called {name}", "define it under sources: or correct the name")
        return None

    def _date(self, file: str, body: LineDict, key: str) -> date | None:
        value = body.get(key)
        if type(value) is date:
            return value
        self.fault(file, body.line_of(key), f"{key} is not a date: {value}", "write it as 2026-11-22")
        return None

    def check_follow_ups(self) -> None:
        """A follow-up must be a topic that is answered."""
        for topic in self.topics.values():
            for other in topic.follow_ups:
                if other not in self.topics:
                    self.fault(topic.file, topic.line, f"{topic.id} leads to {other}, unanswered", "name a known topic")


def _entries(data: LineDict, key: str) -> Iterable[tuple[str, LineDict, int]]:
    section = data.get(key)
    if isinstance(section, LineDict):
        for name, body in section.items():
            line = section.line_of(name)
            yield str(name), body if isinstance(body, LineDict) else LineDict(line), line
