"""The real interpreter in states of our making, and its commands as short lines."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from bot.channels.base import InboundMessage
from bot.runtime.interpreter import Interpreter
from bot.runtime.reading import Reading
from directory.geography import gazetteer
from flows.actions import ACTIONS
from flows.engine import commands as c
from flows.engine.engine import Engine
from flows.engine.events import Choice
from flows.engine.state import DialogueState, Frame
from flows.knowledge_reader import load_knowledge
from flows.loader import load_domain, load_flows
from nlu.understanding import Understanding
from tests.understanding import understanding

TODAY = date(2026, 11, 23)  # a Monday
CARCASSONNE = {"insee_code": "11069", "name": "Carcassonne"}
OPENINGS = tuple(Choice(f"mar. 24 nov. {hour} h, La Conte", f"/SetSlots(opening=r{hour})") for hour in (9, 10, 14))
MORE = Choice("D'autres créneaux", "/SetSlots(more_openings=true)")


@cache
def interpreter() -> Interpreter:
    """The interpreter of a running service."""
    return Interpreter(Engine(load_flows(), load_domain(), ACTIONS), load_knowledge(), gazetteer())


def waiting(flow: str, slot: str, menu: tuple[Choice, ...] | None = None, **slots: Any) -> DialogueState:
    """A flow waits for the answer to its question about a slot; the menu is the question's unless another is shown."""
    mind = interpreter().engine
    step = next(step for step in mind.flows[flow].collects() if step.slot == slot)
    if menu is None:
        question = mind.domain.responses[f"utter_ask_{slot}"]
        menu = tuple(button.choice("fr") for button in question.variations[0].buttons)
    return DialogueState(slots=slots, stack=(Frame(flow, step.id),), asked=slot, menu=menu)


def idle(response: str = "", **slots: Any) -> DialogueState:
    """Nothing waits; this response was said last."""
    said = interpreter().engine.domain.responses[response].variations[0] if response else None
    menu = tuple(button.choice("fr") for button in said.buttons) if said else ()
    uttered = ({"response": response, "texts": {"": said.text}},) if said else ()
    return DialogueState(slots=slots, menu=menu, last_uttered=uttered)


BOOKING = waiting("book_appointment", "opening", (*OPENINGS, MORE), commune=CARCASSONNE)
ONE_OPENING = waiting("book_appointment", "opening", OPENINGS[:1], commune=CARCASSONNE)


@dataclass(frozen=True)
class Heard:
    """What a text became."""

    commands: list[c.Command]

    @property
    def lines(self) -> list[str]:
        """One short line a command."""
        return [_line(command) for command in self.commands]


def hear(
    text: str,
    state: DialogueState,
    meaning: Understanding | None = None,
    *,
    first_time: bool = False,
    payload: str | None = None,
) -> Heard:
    """The commands of a text in a state, read with the real model unless its meaning is given, or of a tap."""
    inbound = InboundMessage("web", "someone", "1", text=text, payload=payload)
    mind = interpreter()
    if meaning is None and mind.needs_understanding(inbound):
        meaning = understanding().parse(text)
    return Heard(mind.read(Reading(inbound, meaning, TODAY, first_time), state))


def _line(command: c.Command) -> str:
    match command:
        case c.SetSlot(name, value) | c.CorrectSlot(name, value):
            return f"{type(command).__name__} {name}={_short(value)}"
        case c.StartFlow(value) | c.KnowledgeAnswer(value) | c.ChitChat(value) | c.CannotHandle(value):
            return f"{type(command).__name__} {value}"
        case c.Clarify(choices):
            return f"Clarify {' '.join(choice.payload for choice in choices)}"
        case _:
            return type(command).__name__


def _short(value: Any) -> str:
    if isinstance(value, dict) and "name" in value:
        return str(value["name"])
    if isinstance(value, dict) and "from" in value:
        either = " or ".join(f"{each['from']}/{each['to']}" for each in (value, *value.get("or", ())))
        return f"{'not ' * bool(value.get('not'))}{either}"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
