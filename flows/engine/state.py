"""What a conversation remembers between two turns. It goes to JSON and back at each."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from flows.engine.events import Choice


@dataclass(frozen=True)
class Frame:
    """One flow under way and the step it stands at.

    kind: "regular" | "interrupt" (put on top of another) | "call" (returns to its caller) | "pattern" (a repair).
    context: what the command handed to a pattern.
    """

    flow: str
    step: str
    kind: str = "regular"
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DialogueState:
    """Slots, the stack of flows (top last), what was asked and offered last, and misunderstandings in a row."""

    slots: Mapping[str, Any] = field(default_factory=dict)
    stack: tuple[Frame, ...] = ()
    asked: str | None = None  # the slot the last question was about
    skipped: tuple[str, ...] = ()  # slots the person preferred not to give, in the flows under way
    menu: tuple[Choice, ...] = ()  # the last choices offered, in order
    last_uttered: tuple[Mapping[str, Any], ...] = ()  # BotUttered of the last turn, as JSON
    misses: int = 0

    def to_json(self) -> dict[str, Any]:
        """A JSON-able dict from which `from_json` makes an equal state."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> "DialogueState":
        """The state `to_json` wrote; unknown keys of an older or newer version are passed over."""
        if not data:
            return cls()
        known = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        state = cls(**known)
        return replace(
            state,
            stack=tuple(Frame(**frame) for frame in state.stack),  # type: ignore[arg-type]
            menu=tuple(Choice(**choice) for choice in state.menu),  # type: ignore[arg-type]
            skipped=tuple(state.skipped),
            last_uttered=tuple(state.last_uttered),
        )

    @property
    def active_flow(self) -> str | None:
        """The user flow nearest the top, repairs passed over."""
        return next((frame.flow for frame in reversed(self.stack) if frame.kind != "pattern"), None)
