"""True or silent: on every topic, channel and day, only figures that are sourced, sure and fresh are read."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

import pytest

from bot.channels.gsm7 import fold
from bot.channels.rendering import render
from bot.runtime.turn import Mind
from flows.actions.tools import Tools
from flows.engine.commands import KnowledgeAnswer
from flows.engine.events import BotUttered
from flows.engine.state import DialogueState
from flows.knowledge_base import MORE, Fact, Knowledge, Topic
from tests.promises.house import CHANNELS, House, Person

NOW = date(2026, 11, 23)
DAY = timedelta(days=1)


def facts_of(mind: Mind, topic: Topic) -> set[Fact]:
    """Every figure a topic may show."""
    names = {name for sentence in topic.french.sentences for name in sentence.facts}
    return {mind.knowledge.facts[name] for name in names}


def said(mind: Mind, topic_id: str, on: date) -> dict[str, str]:
    """What a resident reads that day, by channel."""
    tools = Tools(cast(Any, None), mind.gazetteer, mind.knowledge, mind.service, mind.zone, 1, dict, cast(Any, None))
    noon = datetime.combine(on, time(12), UTC)
    asked = [KnowledgeAnswer(topic_id), KnowledgeAnswer(topic_id + MORE)]
    _, events = mind.engine.advance(DialogueState(), asked, noon, tools)
    spoken = [event for event in events if isinstance(event, BotUttered)]
    return {channel: "\n".join(render(each, mind.variants[channel]).text for each in spoken) for channel in CHANNELS}


def days(facts: set[Fact]) -> Iterator[date]:
    """The days on which something may change: today, the last of each figure, the one after, and long after."""
    yield NOW
    for fact in facts:
        yield from (fact.review_by, fact.review_by + DAY)
    yield date(2040, 1, 1)


def test_no_figure_is_read_past_its_review_nor_an_unsure_one(mind: Mind) -> None:
    groups = Counter(topic.partition("/")[0] for topic in mind.knowledge.topics)
    assert (groups["faq"], groups["dispositif"]) == (91, 42)
    for topic in mind.knowledge.topics.values():
        facts = facts_of(mind, topic)
        for on in days(facts):
            fresh = {fact for fact in facts if on <= fact.review_by and fact.certainty != "unsure"}
            shown = {fact.show("").strip() for fact in fresh}
            for channel, text in said(mind, topic.id, on).items():
                for fact in facts - fresh:
                    figure = f"{fact.value} {fact.unit}".strip()
                    as_written = fold(figure) if channel == "sms" else figure
                    hidden = not re.search(rf"(?<![\w,]){re.escape(as_written)}(?!\w)", text)
                    assert hidden or any(figure in each for each in shown), (topic.id, on, channel, figure, text)


def test_every_answer_names_a_source_and_the_day_it_was_checked(mind: Mind) -> None:
    for topic in mind.knowledge.topics.values():
        for channel, text in said(mind, topic.id, NOW).items():
            assert re.search(r"Source : .+\d\d/\d\d/\d{4}", text), (topic.id, channel)


def test_no_figure_stands_in_a_sentence_itself(mind: Mind) -> None:
    """A figure typed in a sentence would have neither source nor review date."""
    for topic in mind.knowledge.topics.values():
        for sentence in topic.french.sentences:
            for text in (sentence.text, sentence.otherwise):
                typed = re.sub(r"\{\w+\}|\b1(re|er)\b", "", text)
                assert not re.search(r"\d", typed), (topic.id, text)


def test_an_unsure_figure_stays_unsaid(mind: Mind, house: House) -> None:
    topic = mind.knowledge.topics["faq/acre"]
    facts = {
        fact.id: Fact(**{**vars(fact), "certainty": "unsure"}) if fact in facts_of(mind, topic) else fact
        for fact in mind.knowledge.facts.values()
    }
    house.change(knowledge=Knowledge(mind.knowledge.topics, facts))
    person = Person(house, "web")
    answer = person.do("bonjour", "/faq/acre")[0].text
    assert "cotisations" in answer
    assert not re.search(r"\d ?(%|jours|ans)", answer)


@pytest.mark.parametrize("channel", CHANNELS)
def test_in_a_real_conversation_the_calendar_decides(shared: House, channel: str) -> None:
    person = Person(shared, channel)
    shared.time.now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert "25 %" in person.do("bonjour", "/faq/acre")[0].text
    shared.time.now = datetime(2027, 12, 1, 9, tzinfo=UTC)
    late = person.do("/faq/acre")[0].text
    assert "%" not in late
    assert "Urssaf" in late
