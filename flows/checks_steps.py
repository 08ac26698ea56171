"""Checks of steps: everything they name exists, every answer asked for can be given."""

from collections.abc import Iterator

from flows.checks_base import Authored, Check, near
from flows.engine.domain import InvalidValue
from flows.engine.errors import Problem
from flows.engine.model import ActionStep, CallStep, CollectStep, LinkStep, SetSlotsStep

OPTIONAL_PATTERNS = frozenset({"pattern_completed"})
"""Patterns the engine does without."""


def unknown_slots(content: Authored) -> Iterator[Problem]:
    """Slots that flows, texts and mappings name must stand in the domain."""
    for file, line, slot in _slots_named(content):
        if slot not in content.domain.slots:
            yield Problem(file, line, f"no slot is called {slot}", "add it to a slots: of flows/domain or correct it")


def _slots_named(content: Authored) -> Iterator[tuple[str, int, str]]:
    for flow, step in content.steps():
        if isinstance(step, CollectStep):
            yield flow.file, step.line, step.slot
        if isinstance(step, SetSlotsStep):
            yield from ((flow.file, step.line, slot) for slot in step.values)
    for flow, line, condition in content.conditions():
        yield from ((flow.file, line, slot) for slot in sorted(condition.names))
    for flow in content.flows.values():
        yield from ((flow.file, flow.line, slot) for slot in sorted(flow.persisted_slots))
    for spec in content.domain.slots.values():
        yield from ((spec.file, spec.line, m.requested_slot) for m in spec.mappings if m.requested_slot)
    for response in content.domain.responses.values():
        for variation in response.variations:
            yield from ((response.file, variation.line, slot) for slot, _ in variation.conditions)


def unknown_flows(content: Authored) -> Iterator[Problem]:
    """link, call and active_loop lead to flows that exist; so do the patterns our own source runs."""
    cure = f"name one of {near(content.flows)}"
    for flow, step in content.steps():
        if isinstance(step, (LinkStep, CallStep)) and step.flow not in content.flows:
            yield Problem(flow.file, step.line, f"no flow is called {step.flow}", cure)
    for spec in content.domain.slots.values():
        for name in sorted({name for mapping in spec.mappings for name in mapping.active_flows} - set(content.flows)):
            yield Problem(spec.file, spec.line, f"no flow is called {name}, an active_loop of {spec.name}", cure)
    for name, (file, line) in content.code.starting("pattern_").items():
        if name not in content.flows and name not in OPTIONAL_PATTERNS:
            yield Problem(file, line, f"no flow is called {name}", "define it in flows/definitions/patterns.yml")


def unknown_actions(content: Authored) -> Iterator[Problem]:
    """An action step says a response or runs an action that exists."""
    for flow, step in content.steps():
        if isinstance(step, ActionStep) and not step.action.startswith("utter_") and step.action not in content.actions:
            cure = f"name a response or one of {near(content.actions, 'action_')}"
            yield Problem(flow.file, step.line, f"no action is called {step.action}", cure)


def unknown_responses(content: Authored) -> Iterator[Problem]:
    """Everything that is said has its words."""
    said = [(name, file, line) for file, line, name in responses_of_flows(content)]
    said += [(name, *place) for name, place in content.code.starting("utter_").items()]
    for name, file, line in said:
        if name not in content.domain.responses:
            yield Problem(file, line, f"no response is called {name}", "write it under responses: in flows/domain")


def responses_of_flows(content: Authored) -> Iterator[tuple[str, int, str]]:
    """Every response a flow says: file, line, name."""
    for flow, step in content.steps():
        if isinstance(step, ActionStep) and step.action.startswith("utter_"):
            yield flow.file, step.line, step.action
        if isinstance(step, CollectStep):
            yield from ((flow.file, step.line, rejection.utter) for rejection in step.rejections)
            if question := question_of(content, step):
                yield flow.file, step.line, question


def question_of(content: Authored, step: CollectStep) -> str:
    """The response that asks; "" when an action asks."""
    asked_by_action = f"action_ask_{step.slot}" in content.actions
    return step.utter or ("" if asked_by_action else f"utter_ask_{step.slot}")


def unanswerable_questions(content: Authored) -> Iterator[Problem]:
    """Something must be able to fill what a collect asks."""
    for flow, step in content.steps():
        if not isinstance(step, CollectStep) or step.slot not in content.domain.slots:
            continue
        mapped = bool(content.domain.slots[step.slot].mappings)
        by_action = f"action_ask_{step.slot}" in content.actions
        if not mapped and not by_action and not _has_button(content, question_of(content, step), step.slot):
            what = f"nothing can fill {step.slot}, which is asked here"
            cure = f"give the slot a mapping, its question buttons, or write action_ask_{step.slot}"
            yield Problem(flow.file, step.line, what, cure)


def _has_button(content: Authored, question: str, slot: str) -> bool:
    response = content.domain.responses.get(question)
    for variation in response.variations if response else ():
        for button in variation.buttons:
            payload = content.read_payload(button.payload)
            if payload and slot in payload[1]:
                return True
    return False


def invalid_values(content: Authored) -> Iterator[Problem]:
    """What set_slots gives is a value of that slot."""
    for flow, step in content.steps():
        for name, value in step.values.items() if isinstance(step, SetSlotsStep) else ():
            if fault := refused(content, name, value):
                yield Problem(flow.file, step.line, *fault)


def refused(content: Authored, name: str, value: object) -> tuple[str, str] | None:
    """What is wrong with giving this value to this slot, and the cure; None when nothing is."""
    spec = content.domain.slots.get(name)
    if spec is None:
        return None
    try:
        spec.coerce(value)
    except InvalidValue:
        allowed = ", ".join(spec.values) if spec.values else f"a value of type {spec.type}"
        return f"the slot {name} does not take {value!r}", f"use {allowed}"
    return None


def intents_claimed_twice(content: Authored) -> Iterator[Problem]:
    """One intent begins one flow."""
    owners: dict[str, str] = {}
    for flow in content.flows.values():
        for intent in flow.intents:
            owner = owners.setdefault(intent, flow.id)
            if owner != flow.id:
                what = f"the intent {intent} already begins {owner}"
                yield Problem(flow.file, flow.line, what, "keep it as the nlu_trigger of one flow")


CHECKS: tuple[Check, ...] = (
    unknown_slots,
    unknown_flows,
    unknown_actions,
    unknown_responses,
    unanswerable_questions,
    invalid_values,
    intents_claimed_twice,
)
