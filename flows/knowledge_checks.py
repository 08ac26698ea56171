"""Checks of the answers as residents read them: plain words, one look at a screen, the price of an SMS, no dead end.

What is structural (names, sources, dates, typed figures) is refused by the reader; this is about what is said.
"""

import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from flows.actions.answer import speak
from flows.engine.actions import ActionContext
from flows.engine.domain import Domain
from flows.engine.errors import Problem
from flows.engine.events import BotUttered
from flows.engine.language import FRENCH, LANGUAGE_SLOT
from flows.knowledge_base import MORE, Fact, Knowledge, Topic, Wording
from flows.plain_french import faults, rules, unexplained
from flows.translations import DEARER

SMS = "sms"
GRACE = timedelta(days=31)
"""How long a figure may be out of date before that is a fault: it is silent at once, but not for ever."""


@dataclass(frozen=True)
class Subject:
    """What is looked at. segments: what a text costs by SMS."""

    knowledge: Knowledge
    domain: Domain
    on: date
    segments: Callable[[str], int]

    def topics(self) -> list[Topic]:
        """Every topic once: what is the same as another is that other."""
        return list({(topic.file, topic.french.line): topic for topic in self.knowledge.topics.values()}.values())

    def said(self, topic: str, language: str = FRENCH) -> BotUttered:
        """The message of that day."""
        noon = datetime.combine(self.on, time(12), UTC)
        context = ActionContext({LANGUAGE_SLOT: language}, {}, (), noon, None, self.domain)
        return speak(context, topic, self.knowledge, self.on)

    def cost(self, topic: str, language: str = FRENCH) -> int:
        """Segments of the SMS, source and choices included."""
        said = self.said(topic, language)
        choices = (f"{number} {choice.title}" for number, choice in enumerate(said.choices, start=1))
        return self.segments("\n".join([said.texts[SMS], *choices]))


def check(subject: Subject) -> list[Problem]:
    """Every fault, in the order of the files."""
    found = {problem for each in CHECKS for problem in each(subject)}
    return sorted(found | set(subject.knowledge.content.stale))


def advice(subject: Subject) -> list[Problem]:
    """What needs someone soon and breaks nothing yet: figures that fell silent this last month."""
    return sorted(
        _silent(fact) for fact in subject.knowledge.facts.values() if subject.on - GRACE <= fact.review_by < subject.on
    )


def _silent(fact: Fact) -> Problem:
    cure = "look at the source, then write value, checked_on and review_by"
    return Problem(fact.file, fact.line, f"{fact.id} is silent since {fact.review_by.isoformat()}", cure)


def due(knowledge: Knowledge, on: date) -> list[Fact]:
    """What must be checked again by the end of that month, by source, then by day."""
    soon = [
        fact for fact in knowledge.facts.values() if (fact.review_by.year, fact.review_by.month) <= (on.year, on.month)
    ]
    return sorted(soon, key=lambda fact: (fact.source.title, fact.source.url, fact.review_by, fact.id))


def hard_to_read(subject: Subject) -> Iterator[Problem]:
    """Plain words, short sentences, one idea a line, who does what."""
    for topic in subject.topics():
        for sentence in topic.french.sentences:
            for text in dict.fromkeys((sentence.text, sentence.otherwise)):
                for fault in faults(text):
                    yield Problem(topic.file, sentence.line, f"“{text}” {fault.what}", fault.cure)


def bare_acronyms(subject: Subject) -> Iterator[Problem]:
    """Each topic explains the acronyms it uses, but for those everybody says."""
    for topic in subject.topics():
        words = topic.french
        for screen in ((*words.full, *words.more), words.sms):
            lines = tuple(text for sentence in screen for text in (sentence.text, sentence.otherwise))
            explained = (words.title, *lines, *(sentence.text for sentence in words.full))
            for acronym in set(unexplained(explained)) & set(unexplained(lines)):
                what = f"{topic.id} does not explain {acronym}"
                yield Problem(topic.file, screen[0].line, what, f"write {acronym} (what it is), or other words")


def long_screens(subject: Subject) -> Iterator[Problem]:
    """A first screen is one look at a small phone; SMS cost two segments, details three."""
    for topic, words in _worded(subject):
        language = _language(topic, words)
        said = subject.said(topic.id, language).texts[""].splitlines()[: len(words.full)]
        lines = sum(len(textwrap.wrap(line, rules().screen_width)) for line in said)
        if lines > rules().max_screen_lines:
            what = f"{topic.id} takes {lines} lines of a small phone, {rules().max_screen_lines} at most"
            yield Problem(words.file, words.full[0].line, what, "shorten it, or say the rest under more:")
        for name, limit in ((topic.id, rules().max_sms_segments), (topic.id + MORE, rules().max_more_segments)):
            allowed = limit * DEARER.get(language, 1)
            if (cost := subject.cost(name, language)) > allowed:
                what = f"{name} in {language} costs {cost} SMS segments with its choices, {allowed} at most"
                yield Problem(words.file, words.line, what, "shorten it or its title")


def humans_missing(subject: Subject) -> Iterator[Problem]:
    """What depends on a file and costs dear when wrong ends with a person."""
    for name in rules().always_human:
        topic = subject.knowledge.topics.get(name)
        if topic and topic.offer != "human":
            yield Problem(topic.file, topic.line, f"{name} does not end with a person", "write offer: human")


def forgotten_facts(subject: Subject) -> Iterator[Problem]:
    """A figure out of date is looked at again."""
    for fact in subject.knowledge.facts.values():
        if fact.review_by < subject.on - GRACE:
            yield _silent(fact)


def unused_facts(subject: Subject) -> Iterator[Problem]:
    """No figure is kept up to date for nobody."""
    said = {name for _, words in _worded(subject) for sentence in words.sentences for name in sentence.facts}
    for fact in subject.knowledge.facts.values():
        if fact.id not in said:
            yield Problem(fact.file, fact.line, f"nothing says {fact.id}", "say it in a sentence, or remove it")


def missing_translations(subject: Subject) -> Iterator[Problem]:
    """A language that is offered has the answers asked most."""
    for name in rules().most_asked:
        topic = subject.knowledge.topics.get(name)
        for language in rules().languages:
            if topic and language not in topic.translations:
                what = f"{name} is not told in {language}"
                yield Problem(topic.file, topic.line, what, f"write it beside, in a file that ends in .{language}.yml")


def unreachable_schemes(subject: Subject) -> Iterator[Problem]:
    """A scheme is part of a topic that exists, and no two answer to one name."""
    for topic in subject.topics():
        for other in topic.part_of:
            if other != "out_of_scope" and other not in subject.knowledge:
                yield Problem(topic.file, topic.line, f"{topic.id} is part of {other}, unanswered", "name a topic")
        for name in topic.named:
            for other in topic.part_of:
                if subject.knowledge.narrow(other, name) != topic.id:
                    what = f"“{name}” of {other} also names another answer"
                    yield Problem(topic.file, topic.line, what, "give the name to one of them")


def _worded(subject: Subject) -> Iterable[tuple[Topic, Wording]]:
    for topic in subject.topics():
        yield topic, topic.french
        for words in topic.translations.values():
            yield topic, words


def _language(topic: Topic, words: Wording) -> str:
    return next((language for language, each in topic.translations.items() if each is words), FRENCH)


CHECKS: tuple[Callable[[Subject], Iterator[Problem]], ...] = (
    hard_to_read,
    bare_acronyms,
    long_screens,
    humans_missing,
    forgotten_facts,
    unused_facts,
    missing_translations,
    unreachable_schemes,
)
