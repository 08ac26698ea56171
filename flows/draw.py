"""Flows as pictures: a Mermaid flowchart and a page for each, the same from the same flows."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from flows.engine.conditions import Condition
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

INDEX = "README.md"
_START = "start"
_LEGEND = (
    "Rounded: a question. Slanted: something said. Double-edged: an action. Rectangle: slots take values. "
    "Diamond: a choice of way. Flag: on to another flow."
)


def draw(flows: Mapping[str, Flow]) -> dict[str, str]:
    """The text of each page by file name, the index among them."""
    ordered = sorted(flows.values(), key=lambda flow: (flow.is_pattern, flow.id))
    pages = {f"{flow.id}.md": page(flow) for flow in ordered}
    return {INDEX: index(ordered), **pages}


def page(flow: Flow) -> str:
    """What a flow is for, what begins it, and its picture."""
    lines = [f"# {flow.id}", "", f"*{flow.name}*. {flow.description}", ""]
    lines += [f"- {fact}" for fact in _facts(flow)]
    lines += ["", "```mermaid", *chart(flow), "```", ""]
    return "\n".join(lines)


def _facts(flow: Flow) -> Iterator[str]:
    if flow.intents:
        yield f"Begins with: {', '.join(f'`{intent}`' for intent in flow.intents)}"
    elif flow.is_pattern:
        yield "A repair: it runs above whatever is going on"
    else:
        yield "Begins from other flows and buttons only"
    if flow.guard:
        yield f"Only if: `{flow.guard.source}`"
    asked = list(dict.fromkeys(step.slot for step in flow.collects()))
    if asked:
        yield f"Asks: {', '.join(f'`{slot}`' for slot in asked)}"
    if flow.persisted_slots:
        yield f"Keeps afterwards: {', '.join(f'`{slot}`' for slot in sorted(flow.persisted_slots))}"
    name = Path(flow.file).name
    yield f"Written in [flows/definitions/{name}](../../flows/definitions/{name})"


def index(flows: list[Flow]) -> str:
    """One line a flow, repairs apart."""
    lines = ["# Flows", "", f"Drawn from `flows/definitions` by `make flows`. {_LEGEND}", ""]
    for title, repairs in (("What people come for", False), ("Repairs", True)):
        chosen = [flow for flow in flows if flow.is_pattern == repairs]
        if chosen:
            lines += [f"## {title}", "", *(f"- [{flow.id}]({flow.id}.md): {flow.description}" for flow in chosen), ""]
    return "\n".join(lines)


def chart(flow: Flow) -> list[str]:
    """The lines of a Mermaid flowchart; nodes in file order."""
    ids = {step.id: f"s{rank}" for rank, step in enumerate(flow.steps, start=1)} | {END: "finish"}
    lines = ["flowchart TD", f'    {_START}((" "))']
    lines += [f"    {ids[step.id]}{_shape(step)}" for step in flow.steps]
    lines += ['    finish((("end")))', f"    {_START} --> {ids[flow.steps[0].id]}"]
    for step in flow.steps:
        lines += [f"    {ids[step.id]} {arrow}" for arrow in _arrows(step, ids)]
    return lines


def _shape(step: Step) -> str:
    match step:
        case CollectStep(slot=slot):
            return f'(["{_text(slot)} ?{_refusals(step)}"])'
        case ActionStep(action=name) if name.startswith("utter_"):
            return f'[/"{_text(name)}"/]'
        case ActionStep(action=name):
            return f'[["{_text(name)}"]]'
        case SetSlotsStep(values=values):
            return f'["{"<br/>".join(_text(f"{name} = {_value(value)}") for name, value in values.items())}"]'
        case LinkStep(flow=target):
            return f'>"on to {_text(target)}"]'
        case CallStep(flow=target):
            return f'[["runs {_text(target)}"]]'
        case _:
            return '{" "}'


def _refusals(step: CollectStep) -> str:
    return "".join(f"<br/>refused if {_condition(refusal.condition)}" for refusal in step.rejections)


def _arrows(step: Step, ids: Mapping[str, str]) -> Iterator[str]:
    for branch in step.next:
        if branch.condition:
            yield f'-->|"{_condition(branch.condition)}"| {ids[branch.target]}'
        elif len(step.next) > 1:
            yield f"-->|else| {ids[branch.target]}"
        else:
            yield f"--> {ids[branch.target]}"


def _condition(condition: Condition) -> str:
    return _text(condition.source.replace("slots.", ""))


def _value(value: object) -> str:
    return "empty" if value is None else str(value)


def _text(text: str) -> str:
    """Text inside Mermaid's quotes."""
    for char, entity in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        text = text.replace(char, entity)
    return text
