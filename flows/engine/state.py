"""What a conversation remembers between two turns. It goes to JSON and back at each."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, TypeVar

from flows.engine.events import Choice, plain

_Made = TypeVar("_Made", "Frame", "DialogueState", Choice)


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
        data: dict[str, Any] = plain(asdict(self))
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> "DialogueState":
        """The state `to_json` wrote; unknown keys of an older or newer version are passed over."""
        if not data:
            return cls()
        state = _made(cls, data)
        return replace(
            state,
            stack=tuple(_made(Frame, frame) for frame in data.get("stack", ())),
            menu=tuple(_made(Choice, choice) for choice in data.get("menu", ())),
            skipped=tuple(state.skipped),
            last_uttered=tuple(state.last_uttered),
        )

    @property
    def active_flow(self) -> str | None:
        """The user flow nearest the top, repairs passed over."""
        return next((frame.flow for frame in reversed(self.stack) if frame.kind != "pattern"), None)


def _made(kind: type[_Made], data: Mapping[str, Any]) -> _Made:
    return kind(**{each.name: data[each.name] for each in fields(kind) if each.name in data})
