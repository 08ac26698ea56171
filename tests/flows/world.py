"""Small flows written in a test, and a talk with the engine that goes through JSON between two turns."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from typing import Any

from flows.engine.actions import Action, ActionContext
from flows.engine.commands import Command
from flows.engine.engine import Engine
from flows.engine.events import BotUttered, Event
from flows.engine.state import DialogueState
from flows.loader import load_domain, load_flows

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

PATTERNS = """
flows:
  pattern_session_start: {description: d, steps: [action: utter_welcome]}
  pattern_chitchat: {description: d, steps: [action: action_chitchat]}
  pattern_search: {description: d, steps: [action: utter_answer]}
  pattern_clarification: {description: d, steps: [action: action_clarify_flows]}
  pattern_cannot_handle:
    description: d
    steps:
      - noop: true
        next:
          - if: context.misses >= 3
            then:
              - link: pattern_human_handoff
          - else: again
      - {id: again, action: utter_again}
  pattern_human_handoff: {description: d, steps: [action: action_clean_stack, action: utter_human]}
  pattern_internal_error: {description: d, steps: [{action: utter_broken}]}
  pattern_correction: {description: d, steps: [action: utter_corrected]}
  pattern_cancel_flow: {description: d, steps: [action: utter_cancelled]}
  pattern_continue_interrupted: {description: d, steps: [action: utter_resumed]}
  pattern_repeat_bot_messages: {description: d, steps: [action: action_repeat_bot_messages]}
  pattern_restart: {description: d, steps: [action: utter_restarted]}
  pattern_code_change: {description: d, steps: [action: utter_changed]}
"""

DOMAIN = """
slots:
  town: {type: text, mappings: [{type: from_text}]}
  day: {type: text, mappings: [{type: from_text}]}
  color: {type: categorical, values: [red, blue], mappings: []}
  count: {type: float, mappings: [{type: from_text}]}
  sure: {type: bool, mappings: [{type: from_intent, intent: affirm, value: true}]}
  language: {type: categorical, values: [fr, en], initial_value: fr, shared_for_coexistence: true, mappings: []}
responses:
  utter_welcome: [{text: welcome}]
  utter_answer: [{text: "on {{context.topic}}"}]
  utter_again: [{text: "again {{context.misses}} {{context.reason}}"}]
  utter_human: [{text: human}]
  utter_broken: [{text: broken}]
  utter_corrected: [{text: "corrected {{context.value}}"}]
  utter_cancelled: [{text: "cancelled {{context.canceled_name}}"}]
  utter_resumed: [{text: "back to {{context.interrupted}}"}]
  utter_restarted: [{text: restarted}]
  utter_changed: [{text: changed}]
  utter_clarification_options: [{text: which}]
  utter_hello: [{text: hello}]
  utter_done: [{text: "done {town} {day} {color}"}]
  utter_ask_town: [{text: town?}]
  utter_ask_day: [{text: day?}]
  utter_ask_color:
    - text: color?
      buttons: [{title: Red, payload: /SetSlots(color=red)}, {title: Blue, payload: /SetSlots(color=blue)}]
  utter_ask_count: [{text: count?}]
  utter_ask_sure: [{text: sure?}]
  utter_needed: [{text: needed}]
"""


def write(folder: Path, name: str, text: str) -> Path:
    """A file of that folder; its text may be indented as the test is."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(dedent(text), encoding="utf-8")
    return path


class Talk:
    """One conversation. `say` takes a turn and gives the texts said; every state goes through JSON and back."""

    def __init__(self, engine: Engine, tools: Any = None) -> None:
        self.engine = engine
        self.tools = tools
        self.state = DialogueState()
        self.events: list[Event] = []

    def say(self, *commands: Command) -> list[str]:
        """What is answered, in the wording of every channel."""
        self.state, self.events = self.engine.advance(self.state, commands, NOW, self.tools)
        back = DialogueState.from_json(json.loads(json.dumps(self.state.to_json(), allow_nan=False)))
        assert back == self.state
        self.state = back
        json.dumps([event.to_json() for event in self.events])
        return [event.texts[""] for event in self.uttered]

    @property
    def uttered(self) -> list[BotUttered]:
        """What was said in the last turn."""
        return [event for event in self.events if isinstance(event, BotUttered)]

    @property
    def facts(self) -> list[str]:
        """The names of the last turn's events, speech and slots apart."""
        names = [type(event).__name__ for event in self.events]
        return [name for name in names if name not in ("BotUttered", "SlotSet")]

    @property
    def frames(self) -> list[str]:
        """The flows under way, top last."""
        return [frame.flow for frame in self.state.stack]


def talk(
    folder: Path, flows: str, actions: Mapping[str, Action] | None = None, domain: str = DOMAIN, more: str = ""
) -> Talk:
    """A talk over flows written in the test. `more`: another domain file."""
    write(folder / "definitions", "flows.yml", flows)
    write(folder / "definitions", "patterns.yml", PATTERNS)
    write(folder / "domain", "domain.yml", domain)
    if more:
        write(folder / "domain", "more.yml", more)
    return Talk(Engine(load_flows(folder / "definitions"), load_domain(folder / "domain"), actions or {}))


def saying(text: str) -> Action:
    """An action that only says something."""

    def run(context: ActionContext) -> Iterable[Event]:
        yield BotUttered("utter_said", {"": text})

    return run
