"""What a text means: its intent, the runners-up, and the entities found in it."""

from dataclasses import dataclass, field
from typing import Any

RANKING_LENGTH = 10  # Rasa reports ten intents


@dataclass(frozen=True, slots=True)
class Intent:
    """An intent's name, as in the training data, and a calibrated probability between 0 and 1."""

    name: str
    confidence: float

    def to_rasa(self) -> dict[str, Any]:
        return {"name": self.name, "confidence": self.confidence}


@dataclass(frozen=True, slots=True)
class Entity:
    """A piece of the text with a meaning.

    `start` and `end` are offsets in the raw text; `text` is `raw[start:end]`; `value` is the normalised
    meaning and always JSON-able (a string, or a small object for dates, times, communes...).
    """

    entity: str
    start: int
    end: int
    value: Any
    text: str
    extractor: str
    confidence: float = 1.0
    role: str | None = None
    group: str | None = None

    def to_rasa(self) -> dict[str, Any]:
        marks = {"role": self.role, "group": self.group}
        return {
            "entity": self.entity,
            "start": self.start,
            "end": self.end,
            "value": self.value,
            "confidence_entity": self.confidence,
            "extractor": self.extractor,
            **{name: mark for name, mark in marks.items() if mark is not None},
        }


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the text with a wish of its own: offsets in the raw text, and what it means."""

    start: int
    end: int
    intent: Intent

    def to_rasa(self) -> dict[str, Any]:
        return {"start": self.start, "end": self.end, "intent": self.intent.to_rasa()}


@dataclass(frozen=True, slots=True)
class Understanding:
    """Everything read in one text. `intent` is always `ranking[0]`.

    `parts` is empty unless the text holds several wishes.
    """

    text: str
    intent: Intent
    ranking: tuple[Intent, ...] = ()
    entities: tuple[Entity, ...] = field(default=())
    parts: tuple[Part, ...] = field(default=())

    def to_rasa(self) -> dict[str, Any]:
        """The object Rasa's `POST /model/parse` answers, with `parts` where there are several wishes."""
        return {
            "text": self.text,
            "intent": self.intent.to_rasa(),
            "entities": [entity.to_rasa() for entity in self.entities],
            "intent_ranking": [intent.to_rasa() for intent in self.ranking[:RANKING_LENGTH]],
            **({"parts": [part.to_rasa() for part in self.parts]} if self.parts else {}),
        }
