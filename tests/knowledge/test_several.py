"""Several questions in one message: each is answered, and what else is wanted begins below the answers."""

import pytest

from flows.engine import commands as c
from flows.engine.state import DialogueState
from nlu.understanding import Intent, Part, Understanding
from tests.bot.listener import hear

ACRE, CFE, ARCE, TVA = "faq/acre", "faq/cfe", "faq/arce", "faq/tva"
BOOK, STOP = "book_appointment", "stop_messages"


def wishes(*intents: str, confidence: float = 0.9) -> list[c.Command]:
    """The commands of a message that holds these wishes, one a word."""
    text = " ".join("mot" for _ in intents)
    parts = tuple(Part(at * 4, at * 4 + 3, Intent(name, confidence)) for at, name in enumerate(intents))
    meaning = Understanding(text, parts[0].intent, tuple(part.intent for part in parts), (), parts)
    return hear(text, DialogueState(), meaning).commands


@pytest.mark.parametrize(
    ("intents", "topics", "flow"),
    [
        ((ACRE, CFE), [ACRE, CFE], None),
        ((ACRE, ACRE, CFE), [ACRE, CFE], None),
        ((ACRE, CFE, ARCE, TVA), [ACRE, CFE, ARCE], None),
        ((BOOK, ACRE), [ACRE], BOOK),
        ((ACRE, CFE, BOOK), [ACRE, CFE], BOOK),
    ],
)
def test_each_question_is_answered_then_the_rest_begins(
    intents: tuple[str], topics: list[str], flow: str | None
) -> None:
    expected: list[c.Command] = [c.KnowledgeAnswer(topic) for topic in topics]
    assert wishes(*intents) == [*expected, *([c.StartFlow(flow)] if flow else [])]


def test_what_is_not_sure_is_not_answered_beside() -> None:
    assert wishes(ACRE, CFE, confidence=0.3) != [c.KnowledgeAnswer(ACRE), c.KnowledgeAnswer(CFE)]


def test_leaving_is_never_one_wish_among_others() -> None:
    assert c.KnowledgeAnswer(ACRE) not in wishes(STOP, ACRE)
