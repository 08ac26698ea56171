"""What a turn asks of the engine: the commands of Rasa CALM."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flows.engine.events import Choice


@dataclass(frozen=True)
class SessionStart:
    """Somebody writes for the first time."""


@dataclass(frozen=True)
class StartFlow:
    """Begin a flow, on top of what is going on."""

    flow: str


@dataclass(frozen=True)
class SetSlot:
    """The person gave a value."""

    name: str
    value: Any


@dataclass(frozen=True)
class CorrectSlot:
    """The person takes back an earlier answer and gives another."""

    name: str
    value: Any


@dataclass(frozen=True)
class CancelFlow:
    """The person gives up what is going on."""


@dataclass(frozen=True)
class Clarify:
    """Several meanings are likely: ask which."""

    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class KnowledgeAnswer:
    """A question with an answer in the knowledge base."""

    topic: str


@dataclass(frozen=True)
class RepeatBotMessages:
    """Say it again."""


@dataclass(frozen=True)
class SkipQuestion:
    """The person would rather not answer what was asked."""


@dataclass(frozen=True)
class HumanHandoff:
    """The person needs a human; `reason` is kept on the case."""

    reason: str


@dataclass(frozen=True)
class ChitChat:
    """A pleasantry with a ready reply: `response` is its name in the domain."""

    response: str


@dataclass(frozen=True)
class CannotHandle:
    """Nothing was understood; `reason` names why, for the flow that answers."""

    reason: str = "not_understood"


@dataclass(frozen=True)
class Restart:
    """Forget what is going on and begin anew."""


@dataclass(frozen=True)
class RunPattern:
    """Run a repair flow by name with its context: for events that no other command names."""

    pattern: str
    context: Mapping[str, Any] = field(default_factory=dict)


Command = (
    SessionStart
    | StartFlow
    | SetSlot
    | CorrectSlot
    | CancelFlow
    | Clarify
    | KnowledgeAnswer
    | RepeatBotMessages
    | SkipQuestion
    | HumanHandoff
    | ChitChat
    | CannotHandle
    | Restart
    | RunPattern
)
