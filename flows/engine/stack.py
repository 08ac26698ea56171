"""The working copy of a conversation during one turn: slots, stack and the events so far."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flows.engine.domain import Domain, InvalidValue
from flows.engine.events import Event, FlowCancelled, FlowInterrupted, FlowStarted, SlotSet
from flows.engine.model import END, CallStep, CollectStep, Flow
from flows.engine.state import DialogueState, Frame

MAX_DEPTH = 8


class Working:
    """What a turn changes before it becomes the next state."""

    def __init__(self, state: DialogueState, flows: Mapping[str, Flow], domain: Domain) -> None:
        self.flows = flows
        self.domain = domain
        initial = {spec.name: spec.initial for spec in domain.slots.values() if spec.initial is not None}
        self.slots: dict[str, Any] = {**initial, **state.slots}
        self.stack: list[Frame] = list(state.stack)
        self.skipped: set[str] = set(state.skipped)
        self.before = state
        self.misses = state.misses
        self.events: list[Event] = []

    # Slots

    def set_slot(self, name: str, value: Any) -> bool:
        """Gives a slot a value in its type; False when the slot is unknown or does not take it."""
        spec = self.domain.slots.get(name)
        if spec is None:
            return False
        try:
            value = spec.coerce(value)
        except InvalidValue:
            return False
        if self.slots.get(name) != value:
            self.events.append(SlotSet(name, value))
        if value is None:
            self.slots.pop(name, None)
        else:
            self.slots[name] = value
            self.skipped.discard(name)
        return True

    # Stack

    @property
    def top(self) -> Frame | None:
        """The frame that runs."""
        return self.stack[-1] if self.stack else None

    def replace_top(self, **changes: Any) -> None:
        """The top frame, changed."""
        self.stack[-1] = replace(self.stack[-1], **changes)

    @property
    def active(self) -> Frame | None:
        """The user flow nearest the top."""
        return next((frame for frame in reversed(self.stack) if frame.kind != "pattern"), None)

    def push_flow(self, flow: Flow, kind: str | None = None) -> None:
        """Begins a user flow above what is going on; one already under way comes back up instead."""
        waiting = self.active
        if self._raise(flow.id):
            return
        kind = kind or ("interrupt" if waiting else "regular")
        if waiting and kind == "interrupt":
            self.events.append(FlowInterrupted(waiting.flow))
        self._push(Frame(flow.id, flow.steps[0].id, kind))
        self.events.append(FlowStarted(flow.id))
        self.arrive(flow.steps[0].id)

    def _raise(self, flow_id: str) -> bool:
        """Brings a flow under way back on top, with its callers and callees; False when it is not under way."""
        start = next((rank for rank, frame in enumerate(self.stack) if frame.flow == flow_id), None)
        if start is None:
            return False
        while start and self.stack[start].kind == "call":
            start -= 1
        end, waiting = self._calls_end(start), self.active
        raised, others = self.stack[start:end], self.stack[:start] + self.stack[end:]
        if waiting and waiting not in raised:
            self.events.append(FlowInterrupted(waiting.flow))
            raised[0] = replace(raised[0], kind="interrupt") if raised[0].kind == "regular" else raised[0]
        self.stack = others + raised
        return True

    def _calls_end(self, rank: int) -> int:
        """The rank just above a frame and what it called."""
        end = rank + 1
        while end < len(self.stack) and self.stack[end].kind == "call":
            end += 1
        return end

    def push_pattern(self, flow: Flow, context: Mapping[str, Any]) -> None:
        """Runs a repair flow above what is going on."""
        self._push(Frame(flow.id, flow.steps[0].id, "pattern", dict(context)))

    def push_call(self, flow: Flow) -> None:
        """Runs a flow on behalf of the one under way."""
        kind = "pattern" if flow.is_pattern else "call"
        self._push(Frame(flow.id, flow.steps[0].id, kind, self.stack[-1].context if self.stack else {}))
        self.arrive(flow.steps[0].id)

    def _push(self, frame: Frame) -> None:
        if len(self.stack) >= MAX_DEPTH:  # the oldest interrupted flow is let go, softly
            dropped = self.stack.pop(0)
            self.forget(dropped.flow)
            self.events.append(FlowCancelled(dropped.flow))
        self.stack.append(frame)

    def arrive(self, step_id: str) -> None:
        """The top frame stands at a step; a question that must always be asked forgets its old answer."""
        frame = self.stack[-1]
        self.replace_top(step=step_id)
        step = None if step_id == END else self.flows[frame.flow].step(step_id)
        if isinstance(step, CollectStep) and step.ask_before_filling:
            self.set_slot(step.slot, None)
            self.skipped.discard(step.slot)

    def cancel(self) -> str | None:
        """Gives up the user flow nearest the top with the flows that called it; its name, None when nothing ran."""
        while self.stack and self.stack[-1].kind == "pattern":
            self.stack.pop()
        cancelled = None
        while self.stack:
            frame = self.stack.pop()
            cancelled = frame.flow
            self.forget(frame.flow)
            if frame.kind != "call":
                break
        if cancelled:
            self.events.append(FlowCancelled(cancelled))
        return cancelled

    def clean(self) -> None:
        """Gives up everything below the frame that runs."""
        left, self.stack = self.stack[:-1], self.stack[-1:]
        for frame in left:
            self.forget(frame.flow)
        self.events.extend(FlowCancelled(frame.flow) for frame in left if frame.kind != "pattern")

    def forget(self, flow_id: str) -> None:
        """A flow is over: what it and the flows it called asked is forgotten, except what they say is kept.

        A flow still under way that had relied on such an answer asks again: it may have been about something else.
        """
        for flow in self._with_called(flow_id):
            for slot in (step.slot for step in flow.collects()):
                self.skipped.discard(slot)
                if slot in flow.forgets():
                    self.set_slot(slot, None)
                    self.rewind(slot)

    def _with_called(self, flow_id: str) -> list[Flow]:
        found: list[Flow] = []
        names = [flow_id]
        for name in names:
            flow = self.flows.get(name)
            if flow and flow not in found:
                found.append(flow)
                names += [step.flow for step in flow.steps if isinstance(step, CallStep)]
        return found

    def sweep(self) -> None:
        """Drops what belongs to flows that are over: a button tapped too late must not answer a question to come."""
        under_way = {s.slot for frame in self.stack for flow in self._with_called(frame.flow) for s in flow.collects()}
        self.skipped &= under_way
        kept = {
            step.slot for flow in self.flows.values() for step in flow.collects() if step.slot not in flow.forgets()
        }
        passing = {slot for flow in self.flows.values() for slot in flow.forgets()} - kept
        for slot in sorted(passing - under_way):
            self.set_slot(slot, None)

    def rewind(self, slot: str) -> None:
        """Every flow under way that asked this slot earlier runs again from that question; what it called is left."""
        rank = 0
        while rank < len(self.stack):
            frame = self.stack[rank]
            flow = self.flows.get(frame.flow)
            asked = next((step for step in flow.collects() if step.slot == slot), None) if flow else None
            if flow and asked and flow.position(asked.id) < flow.position(frame.step):
                for step in flow.collects()[flow.collects().index(asked) + 1 :]:
                    if step.ask_before_filling:
                        self.set_slot(step.slot, None)
                self.stack[rank] = replace(frame, step=asked.id)
                del self.stack[rank + 1 : self._calls_end(rank)]
            rank += 1

    def asked_earlier(self, slot: str) -> bool:
        """True when a flow under way has already asked this slot and gone on."""
        for frame in self.stack:
            flow = self.flows.get(frame.flow)
            for step in flow.collects() if flow else ():
                if step.slot == slot and flow and flow.position(step.id) < flow.position(frame.step):
                    return True
        return False
