"""Answers with their facts: a figure lives in a fact, a sentence names it, and an unsure or stale fact falls silent."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from flows.engine.errors import Problem
from flows.engine.language import FRENCH
from flows.plain_text import fingerprint, fold

MORE = "/plus"
"""After a topic's name: what is said about it beyond the first screen."""
CERTAINTIES = ("official", "secondary", "older", "unsure")
FACT_NAME = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Source:
    """Where something is said. publisher: "official" or "secondary"."""

    id: str
    title: str
    url: str
    publisher: str


@dataclass(frozen=True)
class Fact:
    """One figure, exactly as shown, with where and when it was checked. translated: as other languages show it."""

    id: str
    value: str
    unit: str
    source: Source
    checked_on: date
    review_by: date
    certainty: str
    translated: Mapping[str, str] = field(default_factory=dict, hash=False)
    file: str = ""
    line: int = 0

    def may_show(self, on: date) -> bool:
        """True while the figure may be read by a resident: never when unsure, never past its review date."""
        return self.certainty != "unsure" and on <= self.review_by

    @property
    def figure(self) -> str:
        """The value with its unit, in French."""
        return f"{self.value} {self.unit}".strip()

    def show(self, to_check: str, language: str = FRENCH) -> str:
        """Value and unit, followed by `to_check` when the source is an older one."""
        shown = self.translated.get(language) or self.figure
        return f"{shown} {to_check}".strip() if self.certainty == "older" else shown


@dataclass(frozen=True)
class Sentence:
    """One sentence: `text` may name facts, `otherwise` says it without them."""

    text: str
    otherwise: str
    facts: tuple[str, ...]
    line: int = 0


@dataclass(frozen=True)
class Wording:
    """A topic in one language: by SMS, on a screen, and what "tell me more" adds."""

    title: str
    sms: tuple[Sentence, ...]
    full: tuple[Sentence, ...]
    more: tuple[Sentence, ...] = ()
    file: str = ""
    line: int = 0

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """Everything that may be said."""
        return (*self.sms, *self.full, *self.more)

    @property
    def fingerprint(self) -> str:
        """Changes with any word: what a translation says it translates."""
        said = [self.title, *(f"{sentence.text}\n{sentence.otherwise}" for sentence in self.sentences)]
        return fingerprint(*said)


@dataclass(frozen=True)
class Topic:
    """Everything there is to say about one topic.

    named, part_of: a scheme's names, folded, and the topics whose questions it answers when it is named.
    """

    id: str
    french: Wording
    read_title: str
    read_url: str
    sources: tuple[Source, ...]
    checked_on: date
    follow_ups: tuple[str, ...] = ()
    offer: str = "human"
    named: tuple[str, ...] = ()
    part_of: tuple[str, ...] = ()
    translations: Mapping[str, Wording] = field(default_factory=dict)
    file: str = ""
    line: int = 0

    @property
    def title(self) -> str:
        """The short French name."""
        return self.french.title

    @property
    def sms(self) -> tuple[Sentence, ...]:
        """The French sentences of the SMS."""
        return self.french.sms

    @property
    def full(self) -> tuple[Sentence, ...]:
        """The French sentences of the first screen."""
        return self.french.full

    def wording(self, language: str) -> Wording:
        """The words in that language, the French ones when there are none."""
        return self.translations.get(language, self.french)


@dataclass(frozen=True)
class Answer:
    """A topic as it may be said on a given day, in `language`."""

    topic: Topic
    title: str
    language: str
    full: tuple[str, ...]
    sms: str
    more: tuple[str, ...]
    sources: tuple[Source, ...]
    checked_on: date  # the oldest check among what is said


@dataclass(frozen=True)
class Content:
    """What was read at one moment. stale: translations that lag behind their French text, and are not said."""

    topics: Mapping[str, Topic]
    facts: Mapping[str, Fact]
    stale: tuple[Problem, ...] = ()


class Knowledge:
    """Topics and facts, ready to answer."""

    def __init__(self, topics: Mapping[str, Topic], facts: Mapping[str, Fact], stale: Iterable[Problem] = ()) -> None:
        self._content = Content(topics, facts, tuple(stale))

    @property
    def content(self) -> Content:
        """What is known now, whole: read it once for several questions."""
        return self._content

    @property
    def topics(self) -> Mapping[str, Topic]:
        """Topics by name."""
        return self.content.topics

    @property
    def facts(self) -> Mapping[str, Fact]:
        """Facts by name."""
        return self.content.facts

    def __contains__(self, topic: str) -> bool:
        return topic.removesuffix(MORE) in self.topics

    def title(self, topic: str, language: str = FRENCH) -> str:
        """The short name of a topic, as a button shows it."""
        return self.topics[topic].wording(language).title

    def language(self, topic: str, wanted: str) -> str:
        """The language in which a topic can be told: the wanted one, or French."""
        return wanted if wanted in self.topics[topic.removesuffix(MORE)].translations else FRENCH

    def narrow(self, topic: str, text: str) -> str:
        """The one scheme of that topic which the text names; the topic itself when it names none, or several."""
        words = f" {fold(text)} "
        named = {
            scheme.id
            for scheme in self.topics.values()
            if topic in scheme.part_of and any(f" {name} " in words for name in scheme.named)
        }
        return named.pop() if len(named) == 1 else topic

    def answer(self, topic_id: str, on: date, to_check: str = "", language: str = FRENCH) -> Answer:
        """What may be said about a topic that day; raises KeyError for an unknown topic."""
        content = self.content
        topic = content.topics[topic_id.removesuffix(MORE)]
        wording = topic.wording(language)
        said = language if wording is not topic.french else FRENCH
        used: list[Fact] = []

        def say(sentences: Iterable[Sentence]) -> tuple[str, ...]:
            spoken = (_say(sentence, content.facts, on, to_check, said, used) for sentence in sentences)
            return tuple(line for line in spoken if line)

        more = say(wording.more)
        details = topic_id.endswith(MORE)
        if not details:
            used.clear()  # an answer is as fresh as what its first screen says, and as sure
        full, sms = say(wording.full), " ".join(say(wording.sms))
        figures = [fact.source for fact in used]
        sources = tuple(dict.fromkeys(figures if figures and not details else [*figures, *topic.sources]))
        checked = min([topic.checked_on, *(fact.checked_on for fact in used)])
        return Answer(topic, wording.title, said, full, sms, more, sources, checked)


def _say(
    sentence: Sentence, known: Mapping[str, Fact], on: date, to_check: str, language: str, used: list[Fact]
) -> str:
    facts = [known[name] for name in sentence.facts]
    if not all(fact.may_show(on) for fact in facts):
        return sentence.otherwise
    used += facts
    doubtful = [fact.id for fact in facts if fact.certainty == "older"]
    marked = doubtful[-1:]  # one remark a sentence is enough
    shown = {fact.id: fact.show(to_check if fact.id in marked else "", language) for fact in facts}
    said = FACT_NAME.sub(lambda match: shown[match[1]], sentence.text)
    return said.replace(f"{to_check})", f"{to_check.strip('()')})") if to_check else said
