"""What a model of words gets wrong however well it is taught, put right by what the text plainly says."""

import re
from dataclasses import replace
from functools import cache

from bot.runtime import texts
from nlu.understanding import Intent, Understanding

GIVES_UP = frozenset({"cancel_appointment", "delete_my_data", "forget_phone", "stop_messages", "cancel_flow"})
"""Meanings that must never be read into their own denial."""
DISTRESS = "distress"
FOR_MINORS = "faq/situation_mineur"
ADULT = 18  # years

_AGE = re.compile(r"\b(\d{1,3}) ?ans\b")


def second_look(understanding: Understanding | None, text: str, asked: str | None) -> Understanding | None:
    """The understanding, or what the text means in spite of it."""
    if understanding is None:
        return None
    if _danger().search(texts.fold(text)):
        return _meant(understanding, Intent(DISTRESS, 1.0))
    return _with_negation(_of_age(understanding, text), text, asked)


@cache
def _danger() -> re.Pattern[str]:
    """What is never said lightly. One subject more in the message ("en finir avec les dettes") is what it ends."""
    words = "|".join(map(re.escape, texts.load_words("keywords.yml")["danger"]))
    return re.compile(rf"\b(?:{words})\b(?! avec\b)")


@cache
def _the_young() -> tuple[str, ...]:
    return tuple(texts.load_words("keywords.yml")["young"])


def _of_age(understanding: Understanding, text: str) -> Understanding:
    """Without what concerns minors alone, where every age is an adult's: to the model all figures look alike."""
    folded = texts.fold(text)
    ages = [int(years) for years in _AGE.findall(folded)]
    if not ages or min(ages) < ADULT or any(texts.says(folded, word) for word in _the_young()):
        return understanding
    ranking = tuple(intent for intent in understanding.ranking if intent.name != FOR_MINORS)
    left = sum(intent.confidence for intent in ranking)
    if not left:
        return understanding
    if understanding.intent.name == FOR_MINORS:
        ranking = tuple(replace(intent, confidence=intent.confidence / left) for intent in ranking)
    parts = tuple(part for part in understanding.parts if part.intent.name != FOR_MINORS)
    return replace(understanding, intent=ranking[0], ranking=ranking, parts=parts)


def _with_negation(understanding: Understanding, text: str, asked: str | None) -> Understanding:
    """Reads "je veux PAS annuler" as what it says: a no to the question asked, else a look at the booking."""
    if understanding.intent.name not in GIVES_UP | {"deny"} or not texts.is_negated(text):
        return understanding
    sides = [intent for intent in understanding.ranking if intent.name in GIVES_UP | {"deny"}]
    looks = asked is None and any(intent.name == "cancel_appointment" for intent in sides[:2])
    sure = min(1.0, sum(intent.confidence for intent in sides))
    return _meant(understanding, Intent("my_appointment" if looks else "deny", sure))


def _meant(understanding: Understanding, intent: Intent) -> Understanding:
    return replace(understanding, intent=intent, ranking=(intent,))
