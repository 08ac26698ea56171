"""One inbound message, what its text means, and the state it is read in."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from bot.channels.base import InboundMessage
from bot.runtime import payloads, texts
from bot.runtime.choices import answering
from bot.runtime.second_look import second_look
from flows.engine.domain import Domain, SlotMapping
from flows.engine.events import Choice
from flows.engine.model import CollectStep, Flow
from flows.engine.state import DialogueState
from nlu.languages import language_of
from nlu.understanding import Entity, Intent, Understanding

CLARIFICATION = "utter_clarification_options"


@dataclass(frozen=True)
class Reading:
    """What came in. `understanding` is None when there was no text to read."""

    inbound: InboundMessage
    understanding: Understanding | None
    today: date
    first_time: bool


class Turn:
    """A reading in its state."""

    def __init__(self, reading: Reading, state: DialogueState, domain: Domain, flows: dict[str, Flow]) -> None:
        self.inbound = reading.inbound
        self.text = reading.inbound.text
        self.understanding = second_look(reading.understanding, self.text, state.asked)
        self.today = reading.today
        self.state = state
        self.asked = state.asked
        self.domain = domain
        self.flows = flows

    @cached_property
    def written_in(self) -> str | None:
        """The language the text is clearly written in; None when it may be any."""
        return language_of(self.text)

    def maps(self, mapping: SlotMapping, entity: Entity, starting: str | None) -> bool:
        """True when this entity fills a slot by this mapping, here and now."""
        active = {frame.flow for frame in self.state.stack} | ({starting} if starting else set())
        return (
            mapping.type == "from_entity"
            and mapping.entity == entity.entity
            and mapping.requested_slot in (None, self.asked)
            and (not mapping.active_flows or bool(mapping.active_flows & active))
        )

    def from_intent(self, slot: str, intent: Intent, least: float) -> Any:
        """The value an intent gives to a slot; None when it gives none."""
        spec = self.domain.slots.get(slot)
        if spec is None or intent.confidence < least:
            return None
        return next((m.value for m in spec.mappings if m.type == "from_intent" and m.intent == intent.name), None)

    def takes_text(self, slot: str) -> bool:
        """True when any text answers the question for this slot."""
        spec = self.domain.slots.get(slot)
        return spec is not None and any(m.type == "from_text" and m.intent is None for m in spec.mappings)

    def is_beside(self, slot: str, intent: Intent, least: float) -> bool:
        """True when a text of this meaning is no answer to the question for this slot, which takes any other text."""
        spec = self.domain.slots.get(slot)
        told = spec is not None and any(intent.name in mapping.other_than for mapping in spec.mappings)
        return told and intent.confidence >= least

    def questions(self) -> list[str]:
        """The slots that the flows under way ask, the one asked now apart."""
        flows = [self.flows[frame.flow] for frame in self.state.stack if frame.flow in self.flows]
        return [step.slot for flow in flows for step in flow.collects() if step.slot != self.asked]

    def welcomes(self, slot: str) -> bool:
        """True when this slot serves although another one is asked: a later question, or who the person is."""
        spec = self.domain.slots.get(slot)
        return slot != self.asked and (slot in self.questions() or (spec is not None and spec.shared))

    def must_answer(self) -> bool:
        """True when the flow under way cannot do without an answer to the question asked."""
        frame = next((frame for frame in reversed(self.state.stack) if frame.kind != "pattern"), None)
        step = self.flows[frame.flow].step(frame.step) if frame and frame.flow in self.flows else None
        return isinstance(step, CollectStep) and step.slot == self.asked and bool(step.rejections)

    def offered(self) -> list[Choice]:
        """The choices "yes" may mean: the answers to the question asked, or what was just offered."""
        if self.asked:
            return answering(self.state.menu, self.asked)
        last = self.state.last_uttered[-1] if self.state.last_uttered else {}
        menu = self.state.menu[-len(last.get("choices") or self.state.menu) :]  # the last message's own
        if last.get("response") == CLARIFICATION:
            return list(menu)
        return list(menu[:1]) if texts.is_offer(str(last.get("texts", {}).get("", ""))) else []

    def agreed(self) -> payloads.Payload | None:
        """What "yes" takes when one thing was proposed."""
        offered = self.offered()
        return payloads.parse(offered[0].payload) if len(offered) == 1 else None
