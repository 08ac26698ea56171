"""Slots and texts, in the shape of a Rasa domain."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from flows.engine.events import Choice
from flows.engine.language import FRENCH


class InvalidValue(ValueError):
    """The slot does not take this value."""


@dataclass(frozen=True)
class SlotMapping:
    """How an Understanding fills a slot: type is "from_entity", "from_intent" or "from_text".

    requested_slot: only while that slot is asked. active_flows: only while one of these flows runs or begins
    (`active_loop` in the file). other_than: a text that clearly means one of these is not taken (`not_intent`).
    """

    type: str
    entity: str | None = None
    intent: str | None = None
    value: Any = None
    requested_slot: str | None = None
    active_flows: frozenset[str] = frozenset()
    other_than: frozenset[str] = frozenset()


@dataclass(frozen=True)
class SlotSpec:
    """One thing the dialogue remembers. type: text | bool | float | categorical | list | any."""

    name: str
    type: str
    values: tuple[str, ...] = ()
    initial: Any = None
    mappings: tuple[SlotMapping, ...] = ()
    shared: bool = False  # survives a restart
    file: str = ""
    line: int = 0

    def coerce(self, value: Any) -> Any:
        """The value in this slot's type; raises InvalidValue."""
        if value is None:
            return None
        match self.type:
            case "text":
                text = str(value).strip()
                if not text:
                    raise InvalidValue(self.name)
                return text
            case "bool":
                if isinstance(value, bool):
                    return value
                if str(value).lower() in ("true", "false"):
                    return str(value).lower() == "true"
                raise InvalidValue(self.name)
            case "float":
                try:
                    number = float(value)
                except (TypeError, ValueError) as error:
                    raise InvalidValue(self.name) from error
                if not isfinite(number):
                    raise InvalidValue(self.name)
                return number
            case "categorical":
                if str(value) not in self.values:
                    raise InvalidValue(self.name)
                return str(value)
            case _:
                try:
                    json.dumps(value, allow_nan=False)
                except (TypeError, ValueError) as error:
                    raise InvalidValue(self.name) from error
                return value


@dataclass(frozen=True)
class Button:
    """A choice as authored, with its title in other languages."""

    title: str
    payload: str
    translation: Mapping[str, str] = field(default_factory=dict)

    def choice(self, language: str) -> Choice:
        """The choice in that language, French when it has none."""
        return Choice(self.translation.get(language, self.title), self.payload)


@dataclass(frozen=True)
class Variation:
    """One wording of a response: for a channel, for slot values, in languages."""

    text: str
    channel: str = ""
    translation: Mapping[str, str] = field(default_factory=dict)
    conditions: tuple[tuple[str, Any], ...] = ()
    buttons: tuple[Button, ...] = ()
    attachment: Mapping[str, Any] | None = None
    line: int = 0

    def fits(self, slots: Mapping[str, Any]) -> bool:
        """True when the slots have the values this wording is for."""
        return all(slots.get(name) == value for name, value in self.conditions)

    def attached(self, language: str) -> Mapping[str, Any] | None:
        """What goes with the wording, its title in that language."""
        if self.attachment is None:
            return None
        plain = {key: value for key, value in self.attachment.items() if key != "translation"}
        title = self.attachment.get("translation", {}).get(language)
        return plain if title is None else {**plain, "title": title}

    def say(self, language: str) -> str:
        """The wording in that language, French when it has none."""
        return self.translation.get(language, self.text)

    def spoken_in(self, language: str) -> str:
        """The language of what `say` gives."""
        return language if language in self.translation else FRENCH


@dataclass(frozen=True)
class Response:
    """Something the assistant says, in its variations: the first that fits is taken, never one at random."""

    name: str
    variations: tuple[Variation, ...]
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class Domain:
    """Every slot and every response. names: what flows are called in other languages, by language and French name."""

    slots: Mapping[str, SlotSpec]
    responses: Mapping[str, Response]
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def named(self, flow_name: str, language: str) -> str:
        """What a flow is called in a language, French when nothing says it."""
        return self.names.get(language, {}).get(flow_name, flow_name)
