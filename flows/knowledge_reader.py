"""Reads the answers of a folder: `group.yml` in French, `group.en.yml` beside it, `facts.en.yml` for units."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from flows.engine.errors import AuthoringError, Problem
from flows.knowledge_base import CERTAINTIES, FACT_NAME, Fact, Knowledge, Sentence, Source, Topic, Wording
from flows.plain_text import fold
from flows.sources import LineDict, LineList, display, is_said, read

KNOWLEDGE = Path(__file__).parent / "knowledge"
PUBLISHERS = ("official", "secondary")

_KEYS = {
    "answers": {"title", "sms", "full", "more", "read", "sources", "checked_on", "follow_ups", "offer", "named"}
    | {"part_of", "same_as", "of"},
    "facts": {"value", "unit", "source", "checked_on", "review_by", "certainty"},
    "sources": {"title", "url", "publisher"},
}
_COUNT = r"(?:deux|trois|quatre|cinq|six|sept|huit|neuf|dix|douze|quinze|vingt|trente|quarante|cinquante|cent|mille)"
_UNIT = r"(?:ans?|année|mois|semaine|jour|heure|euro|pour cent|fois)"
_FIGURE = re.compile(rf"\d|\b{_COUNT} {_UNIT}|\b(?:une?|demi) (?:an|mois|semaine|jour|heure|euro|année)\b")
_ORDINARY = re.compile(r"\b1re\b|\b1er\b|100 000 entrepreneurs|Quartiers 2030|un jour ou|un jour\b(?!s)")
"""Digits that are no figure of ours: ordinals, and names."""


def load_knowledge(folder: Path = KNOWLEDGE) -> Knowledge:
    """Every answer of a folder; raises AuthoringError with all faults, each with file, line and cure."""
    reader = _Reader()
    files: list[_File] = []
    for path in files_of(folder):
        try:
            files.append(_File(display(path), path.stem.partition(".")[2], read(path)))
        except AuthoringError as error:
            reader.problems += error.problems
    if reader.problems:  # what a file that cannot be read leaves unsaid is no fault of the others
        raise AuthoringError(reader.problems)
    for part in (reader.sources_of, reader.facts_of, reader.translated_facts_of, reader.topics_of):
        for file in files:
            part(file)
    for file in files:
        reader.translations_of(file)
    reader.check_links()
    if reader.problems:
        raise AuthoringError(reader.problems)
    return Knowledge(reader.topics, reader.facts, reader.stale)


@dataclass(frozen=True)
class _File:
    name: str
    language: str  # "" for the French text
    data: LineDict

    def entries(self, section: str) -> Iterator[tuple[str, LineDict, int]]:
        found = self.data.get(section)
        if isinstance(found, LineDict):
            for name, body in found.items():
                line = found.line_of(name)
                yield str(name), body if isinstance(body, LineDict) else LineDict(line), line


@dataclass
class _Reader:
    problems: list[Problem] = field(default_factory=list)
    stale: list[Problem] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    facts: dict[str, Fact] = field(default_factory=dict)
    topics: dict[str, Topic] = field(default_factory=dict)
    same: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    faulty: set[str] = field(default_factory=set)  # facts and topics left out for a fault of their own, told once

    def fault(self, file: _File, line: int, what: str, cure: str) -> None:
        self.problems.append(Problem(file.name, line, what, cure))

    def _keys(self, file: _File, section: str, name: str, body: LineDict) -> None:
        for key in set(body) - _KEYS[section]:
            what, cure = f"{name} has no key {key}", f"use {', '.join(sorted(_KEYS[section]))}"
            self.fault(file, body.line_of(key), what, cure)

    # Sources and facts

    def sources_of(self, file: _File) -> None:
        for source_id, body, line in file.entries("sources"):
            self._keys(file, "sources", source_id, body)
            words = {key: str(body.get(key) or "") for key in ("title", "url", "publisher")}
            if not words["title"] or not words["url"].startswith("https://"):
                self.fault(file, line, f"the source {source_id} lacks a title or an https address", "give both")
            if words["publisher"] not in PUBLISHERS:
                self.fault(file, line, f"the source {source_id} has no publisher", f"use {' or '.join(PUBLISHERS)}")
            if source_id in self.sources:
                self.fault(file, line, f"the source {source_id} stands twice", "keep one")
            self.sources[source_id] = Source(source_id, **words)

    def facts_of(self, file: _File) -> None:
        if file.language:
            return
        for fact_id, body, line in file.entries("facts"):
            self._keys(file, "facts", fact_id, body)
            source = self._source(file, body.get("source"), line)
            checked, review = self._date(file, body, "checked_on"), self._date(file, body, "review_by")
            certainty, value = str(body.get("certainty")), str(body.get("value") or "")
            if certainty not in CERTAINTIES:
                self.fault(file, line, f"{fact_id} has no certainty", f"use one of {', '.join(CERTAINTIES)}")
            if not value:
                self.fault(file, line, f"{fact_id} has no value", 'write value: "…" as it is shown')
            if fact_id in self.facts:
                self.fault(file, line, f"the fact {fact_id} stands twice", "rename one of them")
            if checked and review and review <= checked:
                self.fault(file, line, f"{fact_id} must be reviewed before it is checked", "give a later review_by")
            if source and checked and review:
                unit = str(body.get("unit") or "")
                self.facts[fact_id] = Fact(
                    fact_id, value, unit, source, checked, review, certainty, {}, file.name, line
                )
            else:
                self.faulty.add(fact_id)

    def translated_facts_of(self, file: _File) -> None:
        """Units once for all facts, and the values that are words: `of` is the French figure these say."""
        units, values = file.data.get("units") or LineDict(), file.data.get("values") or LineDict()
        if not file.language or not units:
            return
        for name, entry in values.items():
            fact = self.facts.get(name)
            if name in self.faulty:
                continue
            if fact is None:
                self.fault(file, values.line_of(name), f"no fact is called {name}", "correct the name")
            elif not isinstance(entry, LineDict) or set(entry) != {"of", "text"}:
                cure = f'write {{of: "{fact.figure}", text: "…"}}'
                self.fault(file, values.line_of(name), f"{name} does not say which figure it translates", cure)
            elif str(entry["of"]) != fact.figure:
                what = f"{name} in {file.language} translates another figure"
                self.stale.append(Problem(file.name, values.line_of(name), what, f'say of: "{fact.figure}" anew'))
        for fact in self.facts.values():
            if shown := _translated(fact, units, values):
                self.facts[fact.id] = replace(fact, translated={**fact.translated, file.language: shown})

    # Answers

    def topics_of(self, file: _File) -> None:
        if file.language:
            return
        for topic_id, body, line in file.entries("answers"):
            self._keys(file, "answers", topic_id, body)
            if topic_id in self.topics or topic_id in self.same:
                self.fault(file, line, f"{topic_id} is answered twice", "keep one")
            if "same_as" in body:
                self.same[topic_id] = (str(body["same_as"]), file.name, line)
            else:
                self._topic(file, topic_id, body, line)

    def _topic(self, file: _File, topic_id: str, body: LineDict, line: int) -> None:
        names = body.get("sources")
        sources = [
            source
            for name in (names if isinstance(names, LineList) else ())
            if (source := self._source(file, name, line))
        ]
        checked, page = self._date(file, body, "checked_on"), body.get("read")
        page = page if isinstance(page, LineDict) else LineDict()
        if not sources or not checked or not str(page.get("url") or "").startswith("https://"):
            self.fault(file, line, f"{topic_id} lacks sources, checked_on or a page to read", "give all three")
            self.faulty.add(topic_id)
            return
        self.topics[topic_id] = Topic(
            id=topic_id,
            french=self._wording(file, topic_id, body, line),
            read_title=str(page.get("title") or page["url"]),
            read_url=str(page["url"]),
            sources=tuple(sources),
            checked_on=checked,
            follow_ups=self._names(file, body, "follow_ups"),
            offer=str(body.get("offer") or "human"),
            named=tuple(fold(name) for name in self._names(file, body, "named")),
            part_of=self._names(file, body, "part_of"),
            file=file.name,
            line=line,
        )

    def translations_of(self, file: _File) -> None:
        """Words in another language, said only while they translate the French of today."""
        if not file.language:
            return
        for topic_id, body, line in file.entries("answers"):
            self._keys(file, "answers", topic_id, body)
            if topic_id in self.faulty:
                continue
            if topic_id not in self.topics:
                self.fault(file, line, f"{topic_id} is not answered in French", "correct the name")
                continue
            topic = self.topics[topic_id]
            words = self._wording(file, topic_id, body, line)
            for name in {name for sentence in words.sentences for name in sentence.facts}:
                fact = self.facts.get(name)
                if fact and file.language not in fact.translated:
                    what = f"{name} cannot be said in {file.language}"
                    self.fault(file, line, what, f"add its unit or value to facts.{file.language}.yml")
            if str(body.get("of")) != topic.french.fingerprint:
                what = f"{topic_id} in {file.language} translates another French text"
                cure = f"read both again, then write of: {topic.french.fingerprint}"
                self.stale.append(Problem(file.name, line, what, cure))
            else:
                self.topics[topic_id] = replace(topic, translations={**topic.translations, file.language: words})

    def _wording(self, file: _File, topic_id: str, body: LineDict, line: int) -> Wording:
        parts = {key: self._sentences(file, body, key) for key in ("sms", "full")}
        more = self._sentences(file, body, "more") if "more" in body else ()
        title = str(body.get("title") or topic_id)
        self._no_figure(file, line, title)
        return Wording(title, parts["sms"], parts["full"], more, file.name, line)

    def _sentences(self, file: _File, body: LineDict, key: str) -> tuple[Sentence, ...]:
        entries = body.get(key)
        if not isinstance(entries, LineList) or not entries:
            self.fault(file, body.line_of(key), f"no {key} sentences", f"write a list under {key}:")
            return ()
        return tuple(self._sentence(file, entry, line) for entry, line in zip(entries, entries.item_lines, strict=True))

    def _sentence(self, file: _File, entry: Any, line: int) -> Sentence:
        whole = isinstance(entry, LineDict)
        text = str(entry.get("text", "")) if whole else str(entry)
        otherwise = str(entry.get("otherwise", "")) if whole else text
        if not is_said(entry.get("text") if whole else entry):
            self.fault(file, line, "a sentence has no words", "write them, between quotes")
        facts = tuple(FACT_NAME.findall(text))
        for name in facts:
            if name not in self.facts.keys() | self.faulty:
                self.fault(file, line, f"no fact is called {name}", "define it under facts: or correct the name")
        if facts and (not whole or "otherwise" not in entry):
            self.fault(file, line, "a sentence with a figure has no otherwise", "write how it reads without the figure")
        elif whole and FACT_NAME.search(otherwise):
            self.fault(file, line, "an otherwise names a fact", "write it without any figure")
        if "{" in FACT_NAME.sub("", text + otherwise) or "}" in FACT_NAME.sub("", text + otherwise):
            self.fault(file, line, "a brace is left open", "write {name_of_a_fact}")
        self._no_figure(file, line, text, otherwise)
        return Sentence(text, otherwise, facts, line)

    def _no_figure(self, file: _File, line: int, *texts: str) -> None:
        for text in texts:
            typed = _FIGURE.search(_ORDINARY.sub("", FACT_NAME.sub("", text)))
            if typed:
                what = f"the figure “{typed[0]}” is typed in a text"
                self.fault(file, line, what, "make it a fact with its source, and name it in braces")

    def _source(self, file: _File, name: Any, line: int) -> Source | None:
        if isinstance(name, str) and name in self.sources:
            return self.sources[name]
        self.fault(file, line, f"no source is called {name}", "define it under sources: or correct the name")
        return None

    def _names(self, file: _File, body: LineDict, key: str) -> tuple[str, ...]:
        names = body.get(key) or LineList()
        if isinstance(names, LineList):
            return tuple(map(str, names))
        self.fault(file, body.line_of(key), f"{key} is no list", "write it as [one, two]")
        return ()

    def _date(self, file: _File, body: LineDict, key: str) -> date | None:
        value = body.get(key)
        if type(value) is date:
            return value
        self.fault(file, body.line_of(key), f"{key} is not a date: {value}", "write it as 2026-11-22")
        return None

    def check_links(self) -> None:
        """What a topic leads to is answered; what is the same as another topic is that topic."""
        for topic_id, (other, file, line) in self.same.items():
            if other in self.faulty:
                continue
            if other in self.topics:
                self.topics[topic_id] = replace(self.topics[other], id=topic_id, named=(), part_of=())
            else:
                self.problems.append(Problem(file, line, f"{topic_id} is {other}, unanswered", "name a known topic"))
        for topic in self.topics.values():
            for other in topic.follow_ups:
                if other not in self.topics.keys() | self.faulty:
                    what = f"{topic.id} leads to {other}, unanswered"
                    self.problems.append(Problem(topic.file, topic.line, what, "name a known topic"))


def _translated(fact: Fact, units: Mapping[str, str], values: Mapping[str, Any]) -> str:
    """The fact in another language; empty when nothing says how."""
    if fact.id in values:  # while the figure is another one, it is shown as in French: not understood beats untrue
        entry = values[fact.id]
        return str(entry["text"]) if isinstance(entry, LineDict) and entry.get("of") == fact.figure else fact.figure
    if fact.unit in units and not re.search(r"[^\W\d_]", fact.value):
        return f"{fact.value} {units[fact.unit]}".strip()
    return "" if fact.unit or re.search(r"[^\W\d_]", fact.value) else fact.value


def files_of(folder: Path) -> Iterable[Path]:
    """What the answers are written in."""
    return sorted(folder.glob("*.yml"))
