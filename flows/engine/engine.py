"""The flow engine: `advance(state, commands, now)` gives the next state and what came about.

Pure: no clock, no network, no database. Actions reach the world only through the tools the runtime hands them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from flows.engine import commands as c
from flows.engine.actions import Action, ActionContext
from flows.engine.built_in import BUILT_IN
from flows.engine.domain import Domain
from flows.engine.events import (
    BotUttered,
    BudgetExceeded,
    ClarificationAsked,
    Event,
    FlowChanged,
    FlowCompleted,
    FlowResumed,
    Misunderstood,
    QuestionSkipped,
    SlotCorrected,
    SlotSet,
)
from flows.engine.language import language_in
from flows.engine.model import (
    END,
    ActionStep,
    CallStep,
    CollectStep,
    Flow,
    LinkStep,
    SetSlotsStep,
    Step,
)
from flows.engine.speech import utter
from flows.engine.stack import Working
from flows.engine.state import DialogueState, Frame

MAX_STEPS = 120
MAX_CHOICES = 3
MAX_MISSES = 3  # the third miss ends at a human
Push = Callable[[], None]


class Engine:
    """Flows, texts and actions, ready to take turns. Shared by every conversation; holds no state of its own."""

    def __init__(self, flows: Mapping[str, Flow], domain: Domain, actions: Mapping[str, Action]) -> None:
        self.flows = flows
        self.domain = domain
        self.actions = {**BUILT_IN, **actions}

    def advance(
        self, state: DialogueState, commands: Sequence[c.Command], now: datetime, tools: Any = None
    ) -> tuple[DialogueState, list[Event]]:
        """Applies the commands, then runs until the next question or the end. What was said first is done first."""
        turn = _Turn(self, state, now, tools)
        turn.land()
        turn.apply(commands)
        turn.run()
        turn.never_silent()
        return turn.result()


class _Turn(Working):
    def __init__(self, engine: Engine, state: DialogueState, now: datetime, tools: Any) -> None:
        super().__init__(state, engine.flows, engine.domain)
        self.actions = engine.actions
        self.now = now
        self.tools = tools
        self.asked: str | None = None
        self.missed = False
        self.starting: list[Flow] = []

    # Landing softly after the flows changed

    def land(self) -> None:
        """Frames whose flow or step is gone restart their flow or are left, and the person is told once."""
        changed: list[str] = []
        for frame in list(self.stack):
            flow = self.flows.get(frame.flow)
            if flow is None:
                self.stack.remove(frame)
                changed.append(frame.flow)
            elif frame.step != END and flow.step(frame.step) is None:
                self.stack[self.stack.index(frame)] = Frame(frame.flow, flow.steps[0].id, frame.kind, frame.context)
                changed.append(frame.flow)
        self.events.extend(FlowChanged(flow_id) for flow_id in changed)
        for name, value in list(self.slots.items()):
            if not self.set_slot(name, value):
                del self.slots[name]
        if changed:
            self._pattern("pattern_code_change", flow=changed[-1])

    # Commands

    def apply(self, commands: Sequence[c.Command]) -> None:
        """Slots first, then flows, then repairs above them; of each kind the first command ends on top."""
        pushes = [push for command in commands if (push := self._understand(command))]
        for flow in reversed(self.starting):
            self.push_flow(flow)
        for push in reversed(pushes):
            push()

    def _understand(self, command: c.Command) -> Push | None:
        match command:
            case c.SetSlot(name, value):
                return self._fill(name, value)
            case c.CorrectSlot(name, value):
                return self._correct(name, value)
            case c.StartFlow(flow_id):
                return self._start(flow_id)
            case c.CancelFlow():
                return self._cancel()
            case c.SkipQuestion():
                return self._skip()
            case c.CannotHandle(reason):
                return self._miss(reason)
            case c.Clarify(choices):
                offered = choices[:MAX_CHOICES]
                self.events.append(ClarificationAsked(tuple(choice.payload for choice in offered)))
                return lambda: self._pattern("pattern_clarification", choices=[asdict(choice) for choice in offered])
            case c.KnowledgeAnswer(topic):
                return lambda: self._pattern("pattern_search", topic=topic)
            case c.HumanHandoff(reason):
                return lambda: self._pattern("pattern_human_handoff", reason=reason)
            case c.ChitChat(response):
                return lambda: self._pattern("pattern_chitchat", response=response)
            case c.RepeatBotMessages():
                return lambda: self._pattern("pattern_repeat_bot_messages")
            case c.SessionStart():
                return lambda: self._pattern("pattern_session_start")
            case c.Restart():
                return self._restart()
            case c.RunPattern(pattern, context):
                return lambda: self._pattern(pattern, **context)

    def _pattern(self, flow_id: str, **context: Any) -> None:
        flow = self.flows.get(flow_id)
        if flow is not None:
            self.push_pattern(flow, context)

    def _fill(self, name: str, value: Any) -> Push | None:
        old = self.slots.get(name)
        if old is not None and old != value and self.asked_earlier(name):
            return self._correct(name, value)
        if not self.set_slot(name, value):
            return self._miss("invalid_value") if name == self.before.asked else None
        return None

    def _correct(self, name: str, value: Any) -> Push | None:
        old = self.slots.get(name)
        if not self.set_slot(name, value):
            return self._miss("invalid_value")
        new = self.slots.get(name)
        if old is None or old == new:
            return None
        self.events.append(SlotCorrected(name, old, new))
        self.rewind(name)
        if new is None:  # forgotten rather than corrected: whoever needs it asks again
            return None
        return lambda: self._pattern("pattern_correction", slot=name, old=old, value=new, active=bool(self.stack))

    def _start(self, flow_id: str) -> Push | None:
        flow = self.flows.get(flow_id)
        if flow is None or flow.is_pattern or (flow.guard and not flow.guard.holds(self.slots, {})):
            return self._miss("unknown_flow")
        self.starting.append(flow)
        return None

    def _cancel(self) -> Push:
        cancelled = self.cancel()
        name = self._called(cancelled) if cancelled and cancelled in self.flows else None
        below = self.active

        def give_up() -> None:
            goes_on = bool(self.stack)
            if below is not None and below is self.top:
                self._resume(below)
            self._pattern("pattern_cancel_flow", canceled_name=name, goes_on=goes_on)

        return give_up

    def _skip(self) -> Push | None:
        slot = self.before.asked
        if slot is None:
            return self._miss("nothing_to_skip")
        self.skipped.add(slot)
        self.events.append(QuestionSkipped(slot))
        return None

    def _miss(self, reason: str) -> Push:
        self.misses += 1
        self.missed = True
        self.events.append(Misunderstood(self.misses, reason))
        count = self.misses
        return lambda: self._pattern("pattern_cannot_handle", misses=count, reason=reason, asked=self.before.asked)

    def _restart(self) -> Push:
        self.stack.clear()
        self.skipped.clear()
        for name in list(self.slots):
            if not self.domain.slots[name].shared:
                self.set_slot(name, self.domain.slots[name].initial)
        return lambda: self._pattern("pattern_restart")

    # Running

    def run(self) -> None:
        """Steps until a question waits for its answer or nothing is left; a loop ends at a human."""
        if self._settles():
            return
        looping = self.stack[-1].flow
        self.events = [event for event in self.events if not isinstance(event, BotUttered)]  # nobody reads a loop
        self.events.append(BudgetExceeded(looping))
        self.stack.clear()
        self._pattern("pattern_internal_error")
        if not self._settles():
            self.stack.clear()

    def _settles(self) -> bool:
        for _ in range(MAX_STEPS):
            if not self.stack or self._step():
                return True
        return not self.stack

    def _step(self) -> bool:
        """Runs one step of the top frame; True when the turn must wait for the person."""
        frame = self.stack[-1]
        if frame.step == END:
            self._leave(self.stack.pop())
            return False
        step = self.flows[frame.flow].step(frame.step)
        match step:
            case CollectStep():
                return self._collect(step)
            case ActionStep(action=name):
                self._act(name)
                self.arrive(self._next(step))
            case SetSlotsStep(values=values):
                for name, value in values.items():
                    self.set_slot(name, value)
                self.arrive(self._next(step))
            case LinkStep(flow=target):
                self._link(self.flows[target])
            case CallStep(flow=target):
                self.arrive(self._next(step))
                self.push_call(self.flows[target])
            case Step():
                self.arrive(self._next(step))
        return False

    def _next(self, step: Step) -> str:
        context = self.stack[-1].context
        for branch in step.next:
            if branch.condition is None or branch.condition.holds(self.slots, context):
                return branch.target
        return END

    def _collect(self, step: CollectStep) -> bool:
        skipped = step.slot in self.skipped
        value = self.slots.get(step.slot)
        if value is not None or skipped:
            refused = next((r for r in step.rejections if r.condition.holds(self.slots, {})), None)
            if refused is None:
                self.arrive(self._next(step))
                return False
            self.skipped.discard(step.slot)
            self.set_slot(step.slot, None)
            turned_down = self._miss("rejected")
            if self.misses >= MAX_MISSES:
                turned_down()
                return False
            self.say(refused.utter)
        self.asked = step.slot
        asking = f"action_ask_{step.slot}"
        if asking in self.actions:
            self._act(asking, may_skip=not step.rejections)
            return self.slots.get(step.slot) is None
        self.say(step.utter or f"utter_ask_{step.slot}", asks=step.slot)
        return True

    def say(self, response: str, asks: str | None = None) -> None:
        """Says a response of the domain."""
        context = self.stack[-1].context if self.stack else {}
        self.events.append(utter(self.domain, response, slots=self.slots, context=context, asks=asks))

    def _act(self, name: str, *, may_skip: bool = True) -> None:
        """Says a response, or runs an action and takes its events in."""
        if name.startswith("utter_"):
            self.say(name)
            return
        if name == "action_clean_stack":
            self.clean()
            return
        frame = self.stack[-1]
        goes_on = frame.kind == "pattern" and any(below.flow == frame.flow for below in self.stack[:-1])
        context = ActionContext(
            dict(self.slots),
            frame.context,
            self.before.last_uttered,
            self.now,
            self.tools,
            self.domain,
            may_skip,
            goes_on,
        )
        for event in self.actions[name](context):
            if isinstance(event, SlotSet):
                self.set_slot(event.name, event.value)
            else:
                self.events.append(event)

    def _link(self, flow: Flow) -> None:
        left = self.stack.pop()
        if left.kind != "pattern":
            self._complete(left)
        if flow.is_pattern:
            self.push_pattern(flow, left.context)
        else:
            self.push_flow(flow, None if left.kind == "pattern" else left.kind)

    def _leave(self, frame: Frame) -> None:
        if frame.kind == "pattern":
            return
        self._complete(frame)
        below = self.active
        if frame.kind == "interrupt" and below is not None:
            self._resume(below)
        elif frame.kind != "call" and below is None and not self.stack:
            self._pattern("pattern_completed", completed=frame.flow)

    def _resume(self, below: Frame) -> None:
        self.events.append(FlowResumed(below.flow))
        self._pattern("pattern_continue_interrupted", interrupted=self._called(below.flow))

    def _called(self, flow_id: str) -> str:
        language = language_in(self.slots)
        return self.domain.named(self.flows[flow_id].name, language)

    def _complete(self, frame: Frame) -> None:
        self.events.append(FlowCompleted(frame.flow))
        if frame.kind != "call":  # what a called flow asked serves its caller
            self.forget(frame.flow)

    # The end of the turn

    def never_silent(self) -> None:
        """A turn that came to nothing, as when a button of long ago is tapped, still gets an answer."""
        if not any(isinstance(event, BotUttered) for event in self.events):
            self._miss("nothing_asked")()
            self.run()

    def result(self) -> tuple[DialogueState, list[Event]]:
        """The next state, and the events in order."""
        said = [event for event in self.events if isinstance(event, BotUttered)]
        self.sweep()
        if not self.missed or self.misses >= MAX_MISSES:  # the third called a human: the count begins anew
            self.misses = 0
        waiting = self.asked if self.stack else None
        state = DialogueState(
            slots=dict(self.slots),
            stack=tuple(self.stack),
            asked=waiting,
            skipped=tuple(sorted(self.skipped)),
            menu=next((event.choices for event in reversed(said) if event.choices), ()),
            last_uttered=tuple(event.to_json() for event in said) or self.before.last_uttered,
            misses=self.misses,
        )
        return state, self.events
