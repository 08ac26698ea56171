"""docs/knowledge.md: what each answer rests on, when it must be checked again, and what it costs by SMS."""

from collections.abc import Iterator

from flows.engine.language import FRENCH
from flows.knowledge_base import CERTAINTIES, Fact, Topic
from flows.knowledge_checks import Subject

HEAD = """\
# Answers

Written by `allervers knowledge table` from `flows/knowledge/*.yml`; `make check` fails when it is out of date.

An answer is a few French sentences. Figures are facts with a value, a unit, a source, the day they were checked, the
day they must be checked again and a certainty. A sentence names a fact; past its day, or when it is unsure, the fact
falls silent and the sentence's `otherwise` is said. `same_as` gives a scheme the words of a topic; `part_of` and
`named` let a scheme answer in its topic's place when a message names it. `group.en.yml` beside `group.yml` holds the
English; its `of:` names the French text it translates, and a translation that lags behind is not said.

To change an answer: edit its file, look at the phone (no restart), run `allervers knowledge check`, then
`make knowledge`. An edit that cannot be read is logged with its line and the former answer goes on being said.

Certainty is that of the least sure figure; `rule` means that no figure is said. Review by is the earliest.
"""
COLUMNS = ("topic", "certainty", "source", "checked on", "review by", "languages", "SMS segments")


def table(subject: Subject) -> str:
    """The page, as of the subject's day."""
    known = subject.knowledge
    official = sum(fact.certainty == "official" for fact in known.facts.values())
    counts = f"{len(known.topics)} answers, {len(known.facts)} facts, {official} of them read in official sources."
    rows = [f"| {' | '.join(COLUMNS)} |", f"|{'---|' * len(COLUMNS)}"]
    rows += [f"| {' | '.join(_cells(subject, topic))} |" for topic in _sorted(subject)]
    return "\n".join([HEAD, counts, "", *rows, ""])


def _sorted(subject: Subject) -> list[Topic]:
    return sorted(subject.knowledge.topics.values(), key=lambda topic: topic.id)


def _cells(subject: Subject, topic: Topic) -> Iterator[str]:
    facts = [subject.knowledge.facts[name] for sentence in topic.french.sentences for name in sentence.facts]
    sources = dict.fromkeys([*(fact.source.title for fact in facts), *(source.title for source in topic.sources)])
    yield f"`{topic.id}`"
    yield _certainty(facts)
    yield " · ".join(sources)
    yield min([topic.checked_on, *(fact.checked_on for fact in facts)]).isoformat()
    yield min(fact.review_by for fact in facts).isoformat() if facts else "–"
    yield " ".join([FRENCH, *sorted(topic.translations)])
    yield str(subject.cost(topic.id))


def _certainty(facts: list[Fact]) -> str:
    return max((fact.certainty for fact in facts), key=CERTAINTIES.index, default="rule")
