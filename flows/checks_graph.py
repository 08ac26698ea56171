"""Checks of where steps lead: every step is reached, leads on, and no turn goes round for ever."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from flows.checks_base import Authored, Check
from flows.engine.errors import Problem
from flows.engine.model import END, CallStep, CollectStep, Flow, LinkStep, Step

N = TypeVar("N")
Node = tuple[str, str]
"""A flow's id and a step's."""


def unreachable_steps(content: Authored) -> Iterator[Problem]:
    """Every step can be reached from the first one."""
    for flow in content.flows.values():
        edges = {step.id: {branch.target for branch in step.next} for step in flow.steps}
        reached = _reached([flow.steps[0].id], edges)
        for step in flow.steps:
            if step.id not in reached:
                what = f"the step {step.id} of {flow.id} is never reached"
                yield Problem(flow.file, step.line, what, "lead to it with next: or remove it")


def dead_ends(content: Authored) -> Iterator[Problem]:
    """From every step the conversation comes to a question, another flow or the end."""
    for flow in content.flows.values():
        back: dict[str, set[str]] = {}
        for step in flow.steps:
            for branch in step.next:
                back.setdefault(branch.target, set()).add(step.id)
        ways_out = [step.id for step in flow.steps if isinstance(step, (CollectStep, LinkStep))]
        leading = _reached([END, *ways_out], back)
        for step in flow.steps:
            if step.id not in leading:
                what = f"the step {step.id} of {flow.id} leads to no question, flow or END"
                yield Problem(flow.file, step.line, what, "lead it on with next:")


def endless_loops(content: Authored) -> Iterator[Problem]:
    """Steps that lead back to themselves, also through links and calls, ask something on the way."""
    edges = _edges(content.flows)
    places = {(flow.id, step.id): (flow.file, step.line) for flow, step in content.steps()}
    seen: set[Node] = set()
    for node in sorted(edges, key=lambda each: places[each]):
        beyond = _reached(edges[node], edges)
        if node in seen or node not in beyond:
            continue
        seen |= {other for other in beyond if node in _reached(edges.get(other, ()), edges)}
        what = f"the step {node[1]} of {node[0]} leads back to itself without a question"
        yield Problem(*places[node], what, "collect a slot on the way, or leave the loop on a condition")


def _edges(flows: Mapping[str, Flow]) -> dict[Node, set[Node]]:
    """Where each step that asks nothing goes within one turn."""
    return {
        (flow.id, step.id): set(_onward(flows, flow, step))
        for flow in flows.values()
        for step in flow.steps
        if not isinstance(step, CollectStep)
    }


def _onward(flows: Mapping[str, Flow], flow: Flow, step: Step) -> Iterator[Node]:
    other = flows.get(step.flow) if isinstance(step, (LinkStep, CallStep)) else None
    if other is not None:
        yield other.id, other.steps[0].id
    if not (isinstance(step, CallStep) and other is not None and other.collects()):
        yield from ((flow.id, branch.target) for branch in step.next if branch.target != END)


def _reached(start: Iterable[N], edges: Mapping[N, Iterable[N]]) -> set[N]:
    """Everything that can be come to, the start included."""
    found: set[N] = set()
    todo = list(start)
    while todo:
        node = todo.pop()
        if node not in found:
            found.add(node)
            todo.extend(edges.get(node, ()))
    return found


CHECKS: tuple[Check, ...] = (unreachable_steps, dead_ends, endless_loops)
