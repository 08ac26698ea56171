"""Flows as the engine reads them: a flat list of steps, each knowing where it leads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flows.engine.conditions import Condition

END = "END"


@dataclass(frozen=True)
class Branch:
    """Where to go when a condition holds; no condition is `else`."""

    target: str  # a step id or END
    condition: Condition | None = None


@dataclass(frozen=True)
class Rejection:
    """An answer that cannot be taken, and what is said then."""

    condition: Condition
    utter: str


@dataclass(frozen=True)
class Step:
    """One step. `line` is where it stands in its file."""

    id: str
    next: tuple[Branch, ...] = ()
    line: int = 0


@dataclass(frozen=True)
class CollectStep(Step):
    """Asks for a slot until it is filled, skipped or given up."""

    slot: str = ""
    utter: str = ""
    ask_before_filling: bool = False
    reset_after_flow_ends: bool = True
    rejections: tuple[Rejection, ...] = ()


@dataclass(frozen=True)
class ActionStep(Step):
    """Says a response (`utter_…`) or runs an action (`action_…`)."""

    action: str = ""


@dataclass(frozen=True)
class SetSlotsStep(Step):
    """Gives slots fixed values; null empties them."""

    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LinkStep(Step):
    """Ends this flow and begins another."""

    flow: str = ""


@dataclass(frozen=True)
class CallStep(Step):
    """Runs another flow, then goes on."""

    flow: str = ""


@dataclass(frozen=True)
class NoopStep(Step):
    """Only chooses where to go."""


@dataclass(frozen=True)
class Flow:
    """A flow: its steps in file order, the first being where it begins."""

    id: str
    name: str
    description: str
    steps: tuple[Step, ...]
    intents: tuple[str, ...] = ()  # nlu_trigger
    guard: Condition | None = None
    persisted_slots: frozenset[str] = frozenset()
    file: str = ""
    line: int = 0

    def step(self, step_id: str) -> Step | None:
        """The step of that id."""
        return next((step for step in self.steps if step.id == step_id), None)

    def position(self, step_id: str) -> int:
        """The step's rank in file order; the end comes last."""
        return next((rank for rank, step in enumerate(self.steps) if step.id == step_id), len(self.steps))

    def collects(self) -> tuple[CollectStep, ...]:
        """The questions of this flow, in order."""
        return tuple(step for step in self.steps if isinstance(step, CollectStep))

    def forgets(self) -> frozenset[str]:
        """The slots of its questions that do not outlive it."""
        passing = {step.slot for step in self.collects() if step.reset_after_flow_ends}
        return frozenset(passing - self.persisted_slots)

    @property
    def is_pattern(self) -> bool:
        """True for the repair flows of CALM."""
        return self.id.startswith("pattern_")
