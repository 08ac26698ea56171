"""What people ask that is not understood: the commonest, by stop and neighbourhood, with nobody recognisable in it.

A message is shown without its entities, names and numbers, and only in words that are ordinary (the training data
uses them often) or that two people wrote: what only one person writes may tell who they are.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.conversations.models import Contact, Conversation, Message, TurnEvent
from flows.engine.events import Misunderstood
from flows.plain_text import fold
from nlu.understanding import Understanding

REASONS = ("not_understood", "out_of_scope")
"""Why a message was missed, when its words are to blame."""
KEPT_ENTITIES = frozenset({"sector"})
"""What tells the subject and not the person."""
HIDDEN = "…"
ENOUGH_PEOPLE = 2
GUESSES = 3
_WORD = re.compile(r"[^\W_]+")


class Gap(NamedTuple):
    """One question, how often it came, where from, and what it was most likely taken for."""

    text: str
    times: int
    stops: list[str]
    neighbourhoods: list[str]
    guesses: list[str]


class _Missed(NamedTuple):
    words: tuple[str, ...]
    contact_id: int
    stop: str | None
    neighbourhood: str | None
    guesses: tuple[str, ...]


def gaps(
    session: Session, parse: Callable[[str], Understanding], ordinary: Collection[str], since: datetime
) -> list[Gap]:
    """The messages missed since then, most frequent first. ordinary: folded words anybody may read."""
    missed = list(_missed(session, parse, since))
    people: dict[str, set[int]] = defaultdict(set)
    for each in missed:
        for word in each.words:
            people[word].add(each.contact_id)
    shown = {word for word, who in people.items() if word in ordinary or len(who) >= ENOUGH_PEOPLE}
    counts: Counter[str] = Counter()
    stops: dict[str, Counter[str]] = defaultdict(Counter)
    places: dict[str, Counter[str]] = defaultdict(Counter)
    guesses: dict[str, Counter[str]] = defaultdict(Counter)
    for each in missed:
        text = _together(word if word in shown or word.startswith("<") else HIDDEN for word in each.words)
        if not text.strip(HIDDEN + " "):
            continue  # nothing of it can be read
        counts[text] += 1
        stops[text].update(filter(None, [each.stop]))
        places[text].update(filter(None, [each.neighbourhood]))
        guesses[text].update(each.guesses)
    return [
        Gap(
            text,
            count,
            [name for name, _ in stops[text].most_common()],
            [name for name, _ in places[text].most_common()],
            [name for name, _ in guesses[text].most_common(GUESSES)],
        )
        for text, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]


def _missed(session: Session, parse: Callable[[str], Understanding], since: datetime) -> Iterable[_Missed]:
    query = (
        select(Message.text, Conversation.state, Contact.id, Contact.name, Contact.referral, TurnEvent.detail)
        .join(TurnEvent, TurnEvent.message_id == Message.id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(TurnEvent.kind == Misunderstood.__name__, TurnEvent.created_at >= since, Message.text.is_not(None))
        .order_by(Message.id)
    )
    for text, state, contact_id, name, referral, detail in session.execute(query):
        if detail.get("reason") in REASONS:
            read = parse(text)
            likely = tuple(intent.name for intent in read.ranking[:GUESSES])
            words = tuple(_words(text, read, name))
            slots = (state or {}).get("slots", {})
            yield _Missed(words, contact_id, referral, _name(slots.get("qpv")), likely)


def _words(text: str, understanding: Understanding, name: str | None) -> Iterable[str]:
    """The folded words of a message; entities, digits and the person's own name in angle brackets."""
    named = set(fold(name or "").split())
    for entity in sorted(understanding.entities, key=lambda entity: -entity.start):
        if entity.entity not in KEPT_ENTITIES:
            text = f"{text[: entity.start]} <{entity.entity}> {text[entity.end :]}"
    for part in re.split(r"(<\w+>)", text):
        if part.startswith("<"):
            yield part
            continue
        for word in _WORD.findall(fold(part)):
            if word in named:
                yield "<name>"
            else:
                yield "<number>" if any(char.isdigit() for char in word) else word


def _together(words: Iterable[str]) -> str:
    """One text; hidden words that follow each other are one."""
    kept: list[str] = []
    for word in words:
        if not (word == HIDDEN and kept and kept[-1] == HIDDEN):
            kept.append(word)
    return " ".join(kept)


def _name(value: Any) -> str | None:
    return str(value.get("name") or value.get("code")) if isinstance(value, dict) else value and str(value)


def ordinary_words(texts: Iterable[str], least: int = 3) -> frozenset[str]:
    """The folded words that at least so many texts use."""
    counts = Counter(word for text in texts for word in set(fold(text).split()))
    return frozenset(word for word, count in counts.items() if count >= least)
