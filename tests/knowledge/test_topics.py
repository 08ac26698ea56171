"""Every topic and scheme: what residents write reaches the answer, by the trained understanding."""

from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from bot.channels.base import InboundMessage
from bot.runtime.reading import Reading
from flows.engine import commands as c
from flows.engine.state import DialogueState
from flows.knowledge_reader import load_knowledge
from nlu.training import read
from tests.bot.listener import TODAY, interpreter
from tests.understanding import understanding

KNOWN = load_knowledge()
SAMPLES = Path(__file__).parent / "samples.yml"
LEAST = 3
"""Of the five samples of a topic, so many are answered, or offered among at most three choices."""
ANSWERED, REACHED = 0.92, 0.95
"""Shares of all samples that are answered at once, and that are answered or offered."""


@cache
def samples() -> dict[str, list[str]]:
    """What residents write, by topic."""
    found: dict[str, list[str]] = defaultdict(list)
    for example in read(SAMPLES).examples:
        found[example.intent].append(example.text)
    return found


@cache
def heard(text: str, payload: str | None = None) -> tuple[c.Command, ...]:
    """The commands of a first word, typed or tapped."""
    inbound = InboundMessage("web", "someone", "1", text=text, payload=payload)
    reading = Reading(inbound, None if payload else understanding().parse(text), TODAY, False)
    return tuple(interpreter().read(reading, DialogueState()))


def answered(topic: str, text: str) -> bool:
    """True when the text is answered at once, by the topic or by a scheme of it that it names."""
    return any(
        isinstance(command, c.KnowledgeAnswer) and topic in (command.topic, *KNOWN.topics[command.topic].part_of)
        for command in heard(text)
    )


def offered(topic: str, text: str) -> bool:
    """True when the topic is among the choices."""
    asked = [command for command in heard(text) if isinstance(command, c.Clarify)]
    return any(choice.payload == f"/{topic}" for command in asked for choice in command.choices)


def test_every_topic_has_samples() -> None:
    assert set(samples()) == {topic for topic in KNOWN.topics if topic.startswith("faq/")}
    assert all(len(texts) >= 5 for texts in samples().values())


@pytest.mark.parametrize("topic", sorted(samples()))
def test_samples_reach_the_answer(topic: str) -> None:
    texts = samples()[topic]
    missed = [text for text in texts if not answered(topic, text) and not offered(topic, text)]
    assert len(texts) - len(missed) >= LEAST, missed


def test_nearly_all_samples_are_answered_at_once() -> None:
    all_samples = [(topic, text) for topic, texts in samples().items() for text in texts]
    hits = [answered(*sample) for sample in all_samples]
    reached = [hit or offered(*sample) for hit, sample in zip(hits, all_samples, strict=True)]
    assert sum(hits) / len(hits) >= ANSWERED
    assert sum(reached) / len(hits) >= REACHED


@pytest.mark.parametrize("scheme", sorted(topic for topic in KNOWN.topics if topic.startswith("dispositif/")))
def test_a_scheme_is_answered_when_it_is_named(scheme: str) -> None:
    topic = KNOWN.topics[scheme]
    if not topic.named:  # another topic says it all, and has samples of its own
        return
    name = topic.named[0]
    for text in (f"c koi {name}", f"{name} c'est quoi"):
        if c.KnowledgeAnswer(scheme) in heard(text):
            return
    pytest.fail(f"nobody finds {name}")


def test_a_neighbouring_subject_is_told_where_to_go() -> None:
    expected = {
        "demande apl": "ailleurs/caf_logement",
        "refaire ma carte d'identité": "ailleurs/papiers",
        "je cherche un médecin": "ailleurs/sante",
    }
    assert {text: heard(text)[-1] for text in expected} == {
        text: c.KnowledgeAnswer(topic) for text, topic in expected.items()
    }


def test_a_tap_on_a_topic_is_not_narrowed_by_its_own_title() -> None:
    title = KNOWN.title("faq/france_travail_mission_locale")
    tapped = heard(title, "/faq/france_travail_mission_locale")
    assert tapped == (c.KnowledgeAnswer("faq/france_travail_mission_locale"),)
