"""What every check of the authored content looks at."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from flows.code_words import CodeWords
from flows.engine.conditions import Condition
from flows.engine.domain import Domain, Response
from flows.engine.errors import Problem
from flows.engine.events import Choice
from flows.engine.model import Flow, Step
from flows.knowledge_base import Knowledge

Payload = tuple[str | None, Mapping[str, object]]
"""What a tapped choice sends: an intent or None, and slots."""


@dataclass(frozen=True)
class Authored:
    """Flows, domain and knowledge, with what the surroundings know about them.

    actions: names a flow may run. segments: what a text costs by SMS. read_payload: None for what is no payload.
    intents: those understood without a flow or an answer of their own. code: names found in our own source.
    """

    flows: Mapping[str, Flow]
    domain: Domain
    actions: frozenset[str]
    knowledge: Knowledge | None
    segments: Callable[[str], int]
    read_payload: Callable[[str], Payload | None]
    intents: frozenset[str]
    code: CodeWords

    def steps(self) -> Iterator[tuple[Flow, Step]]:
        """Every step with its flow, in file order."""
        for flow in self.flows.values():
            for step in flow.steps:
                yield flow, step

    def conditions(self) -> Iterator[tuple[Flow, int, Condition]]:
        """Every condition of every flow with its line."""
        for flow in self.flows.values():
            if flow.guard:
                yield flow, flow.line, flow.guard
            for step in flow.steps:
                rejections = getattr(step, "rejections", ())
                for each in (*step.next, *rejections):
                    if each.condition:
                        yield flow, step.line, each.condition

    def payloads(self) -> Iterator[tuple[Response, int, str]]:
        """Every button's payload with its response and line."""
        for response in self.domain.responses.values():
            for variation in response.variations:
                for button in variation.buttons:
                    yield response, variation.line, button.payload

    def choices(self, response: Response, language: str) -> list[Choice]:
        """What a response offers by default, in a language."""
        main = next((variation for variation in response.variations if not variation.channel), response.variations[0])
        return [button.choice(language) for button in main.buttons]


Check = Callable[[Authored], Iterator[Problem]]


def near(names: Mapping[str, object] | frozenset[str], prefix: str = "") -> str:
    """The names an author may have meant, for a cure."""
    return ", ".join(sorted(name for name in names if name.startswith(prefix))) or "none yet"
