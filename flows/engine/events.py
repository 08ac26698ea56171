"""What a turn brought about: one typed event per fact. Effects of the mission add their own (flows/events.py)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from flows.engine.language import FRENCH


def plain(value: Any) -> Any:
    """The value with JSON's own containers, so that it equals itself after a journey through JSON."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


@dataclass(frozen=True)
class Choice:
    """Something to tap: what is read, and what it sends."""

    title: str
    payload: str


@dataclass(frozen=True)
class Event:
    """One fact."""

    def to_json(self) -> dict[str, Any]:
        """{"event": its class name, ...its fields}."""
        return {"event": type(self).__name__, **plain(asdict(self))}


@dataclass(frozen=True)
class BotUttered(Event):
    """Something to say. `texts` holds one text per channel variant, "" being the one for every other channel."""

    response: str
    texts: Mapping[str, str]
    choices: tuple[Choice, ...] = ()
    attachments: tuple[Mapping[str, Any], ...] = ()
    asks: str | None = None  # the slot this question is meant to fill
    language: str = FRENCH  # of the words themselves: what has no translation is said in French
    may_stand_alone: bool = False  # its choices only lead further: where one menu is enough, it does without


@dataclass(frozen=True)
class SlotSet(Event):
    """A slot took a value, or lost it (None)."""

    name: str
    value: Any


@dataclass(frozen=True)
class SlotCorrected(Event):
    """The person changed an earlier answer."""

    name: str
    old: Any
    new: Any


@dataclass(frozen=True)
class QuestionSkipped(Event):
    """The person preferred not to answer."""

    slot: str


@dataclass(frozen=True)
class FlowStarted(Event):
    """A flow began."""

    flow: str


@dataclass(frozen=True)
class FlowInterrupted(Event):
    """A flow waits below another."""

    flow: str


@dataclass(frozen=True)
class FlowResumed(Event):
    """A flow goes on after an interruption."""

    flow: str


@dataclass(frozen=True)
class FlowCompleted(Event):
    """A flow came to its end."""

    flow: str


@dataclass(frozen=True)
class FlowCancelled(Event):
    """A flow was given up."""

    flow: str


@dataclass(frozen=True)
class FlowChanged(Event):
    """A flow changed under a conversation and was left softly."""

    flow: str


@dataclass(frozen=True)
class Misunderstood(Event):
    """Nothing was understood; `count` in a row."""

    count: int
    reason: str


@dataclass(frozen=True)
class ClarificationAsked(Event):
    """Several meanings were offered."""

    payloads: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class BudgetExceeded(Event):
    """A turn ran more steps than allowed: a loop in the flows."""

    flow: str
