"""One file of Rasa CALM flows: nested steps become a flat list in which each step knows where it leads."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flows.engine.conditions import Condition, ConditionError, parse
from flows.engine.errors import Problem
from flows.engine.model import (
    END,
    ActionStep,
    Branch,
    CallStep,
    CollectStep,
    Flow,
    LinkStep,
    NoopStep,
    Rejection,
    SetSlotsStep,
    Step,
)
from flows.sources import LineDict, LineList, display, mappings, read

_FLOW_KEYS = {"name", "description", "if", "nlu_trigger", "persisted_slots", "steps", "always_include_in_prompt"}
_KINDS = ("collect", "action", "set_slots", "link", "call", "noop")
_COMMON = {"id", "next", "description"}
_EXTRA: Mapping[str, set[str]] = {
    "collect": {"utter", "ask_before_filling", "reset_after_flow_ends", "rejections"},
}


def read_flow_file(path: Path) -> tuple[list[Flow], list[Problem]]:
    """The flows of one file and its faults; raises AuthoringError when it is no YAML mapping."""
    data = read(path)
    reader = _FlowFile(display(path))
    flows = data.get("flows")
    if not isinstance(flows, LineDict):
        reader.fault(data.line, "no flows: here", "begin the file with flows:")
        return [], reader.problems
    found = [
        flow
        for flow_id, body in flows.items()
        if (flow := reader.flow(str(flow_id), body, flows.line_of(flow_id))) is not None
    ]
    return found, reader.problems


class _FlowFile:
    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def fault(self, line: int, what: str, cure: str) -> None:
        self.problems.append(Problem(self.file, line, what, cure))

    def flow(self, flow_id: str, body: Any, line: int) -> Flow | None:
        if not isinstance(body, LineDict) or not isinstance(body.get("steps"), LineList) or not body["steps"]:
            self.fault(line, f"the flow {flow_id} has no steps", "give it a list under steps:")
            return None
        for key in set(body) - _FLOW_KEYS:
            self.fault(body.line_of(key), f"a flow has no key {key}", f"use one of {', '.join(sorted(_FLOW_KEYS))}")
        if not body.get("description"):
            self.fault(line, f"the flow {flow_id} has no description", "say in one sentence what it is for")
        steps = _Steps(self, flow_id)
        steps.sequence(body["steps"], after=END)
        steps.check_targets()
        return Flow(
            id=flow_id,
            name=str(body.get("name") or flow_id),
            description=str(body.get("description") or ""),
            steps=tuple(steps.flat),
            intents=tuple(self._intents(body)),
            guard=self.condition(body["if"], body.line_of("if")) if "if" in body else None,
            persisted_slots=frozenset(self._persisted(body)),
            file=self.file,
            line=line,
        )

    def _intents(self, body: LineDict) -> list[str]:
        names = []
        triggers = body.get("nlu_trigger") or LineList()
        for trigger in triggers if isinstance(triggers, LineList) else [triggers]:
            intent = trigger.get("intent") if isinstance(trigger, LineDict) else None
            name = intent.get("name") if isinstance(intent, LineDict) else intent
            if name:
                names.append(str(name))
            else:
                self.fault(body.line_of("nlu_trigger"), "an nlu_trigger names no intent", "write - intent: name")
        return names

    def _persisted(self, body: LineDict) -> list[str]:
        slots = body.get("persisted_slots") or LineList()
        if isinstance(slots, LineList):
            return [str(slot) for slot in slots]
        self.fault(body.line_of("persisted_slots"), "persisted_slots is no list", "write it as [slot, slot]")
        return []

    def condition(self, source: Any, line: int) -> Condition | None:
        try:
            return parse(str(source))
        except ConditionError as error:
            self.fault(line, f"the condition «{source}» cannot be read: {error}", "compare slots.… or context.…")
            return None


class _Steps:
    """The steps of one flow, flattened in file order."""

    def __init__(self, reader: _FlowFile, flow_id: str) -> None:
        self.reader = reader
        self.flow_id = flow_id
        self.flat: list[Step] = []
        self.ids: set[str] = set()
        self.targets: list[tuple[str, int]] = []

    def sequence(self, items: LineList, after: str) -> str:
        """Adds steps one leading to the next, the last to `after`; the id of the first."""
        ids = [self._id(item, line) for item, line in zip(items, items.item_lines, strict=True)]
        for rank, (item, line) in enumerate(zip(items, items.item_lines, strict=True)):
            if isinstance(item, LineDict):
                self._step(item, ids[rank], line, following=ids[rank + 1] if rank + 1 < len(ids) else after)
        return ids[0]

    def _id(self, item: Any, line: int) -> str:
        if not isinstance(item, LineDict):
            self.reader.fault(line, "a step is not a mapping", f"begin it with one of {', '.join(_KINDS)}")
            return f"step_{line}"
        kind = next((kind for kind in _KINDS if kind in item), "step")
        value = item.get(kind)
        stem = f"{kind}_{value}" if isinstance(value, str) else kind
        if "id" in item:
            stem = str(item["id"])
            if stem in self.ids:
                self.reader.fault(item.line_of("id"), f"two steps are called {stem}", "rename one of them")
        name, count = stem, 1
        while name in self.ids:
            count += 1
            name = f"{stem}_{count}"
        self.ids.add(name)
        return name

    def _step(self, item: LineDict, step_id: str, line: int, following: str) -> None:
        kinds = [kind for kind in _KINDS if kind in item]
        if len(kinds) != 1:
            self.reader.fault(line, "a step does exactly one thing", f"give it one of {', '.join(_KINDS)}")
            return
        kind = kinds[0]
        for key in set(item) - _COMMON - _EXTRA.get(kind, set()) - {kind}:
            self.reader.fault(
                item.line_of(key), f"a step with {kind}: has no key {key}", "remove it or correct its spelling"
            )
        position = len(self.flat)
        self.flat.append(NoopStep(step_id))  # keeps its place before the steps nested in it
        branches = self._next(item, following)
        self.flat[position] = self._build(kind, item, step_id, branches, line)

    def _build(self, kind: str, item: LineDict, step_id: str, branches: tuple[Branch, ...], line: int) -> Step:
        value = item[kind]
        match kind:
            case "collect":
                return CollectStep(
                    step_id,
                    branches,
                    line,
                    slot=str(value),
                    utter=str(item.get("utter") or ""),
                    ask_before_filling=bool(item.get("ask_before_filling", False)),
                    reset_after_flow_ends=bool(item.get("reset_after_flow_ends", True)),
                    rejections=tuple(self._rejections(item)),
                )
            case "action":
                return ActionStep(step_id, branches, line, action=str(value))
            case "set_slots":
                return SetSlotsStep(step_id, branches, line, values=self._values(value, line))
            case "link":
                return LinkStep(step_id, (), line, flow=str(value))
            case "call":
                return CallStep(step_id, branches, line, flow=str(value))
            case _:
                return NoopStep(step_id, branches, line)

    def _values(self, value: Any, line: int) -> dict[str, Any]:
        entries = mappings(value)
        if not entries:
            self.reader.fault(line, "set_slots sets nothing", "write a list of - slot: value")
        return {str(name): slot for entry in entries or () for name, slot in entry.items()}

    def _rejections(self, item: LineDict) -> list[Rejection]:
        found = []
        entries = mappings(item.get("rejections"))
        if entries is None:
            self.reader.fault(
                item.line_of("rejections"), "rejections is no list of if: and utter:", "write it as a list"
            )
        for entry in entries or ():
            condition = self.reader.condition(entry.get("if"), entry.line)
            if condition and entry.get("utter"):
                found.append(Rejection(condition, str(entry["utter"])))
            else:
                self.reader.fault(
                    entry.line, "a rejection needs if: and utter:", "say when it refuses and what it says"
                )
        return found

    def _next(self, item: LineDict, following: str) -> tuple[Branch, ...]:
        if "next" not in item:
            return (Branch(following),)
        target, line = item["next"], item.line_of("next")
        if isinstance(target, str):
            self.targets.append((target, line))
            return (Branch(target),)
        if not isinstance(target, LineList):
            self.reader.fault(line, "next leads nowhere", "give a step id, END, or a list of if/then and else")
            return ()
        branches = [branch for entry in target if (branch := self._branch(entry, line)) is not None]
        if not branches or branches[-1].condition is not None:
            self.reader.fault(line, "next has no else", "end the list with - else: a step or END")
        return tuple(branches)

    def _branch(self, entry: Any, line: int) -> Branch | None:
        if not isinstance(entry, LineDict) or not ({"if", "then"} == set(entry) or {"else"} == set(entry)):
            self.reader.fault(line, "a branch is neither if/then nor else", "write - if: …, then: …, or - else: …")
            return None
        condition = self.reader.condition(entry["if"], entry.line) if "if" in entry else None
        if "if" in entry and condition is None:
            return None
        goal = entry["then"] if "if" in entry else entry["else"]
        if isinstance(goal, LineList) and goal:
            return Branch(self.sequence(goal, after=END), condition)
        self.targets.append((str(goal), entry.line))
        return Branch(str(goal), condition)

    def check_targets(self) -> None:
        """Every named target must be a step of this flow."""
        for target, line in self.targets:
            if target != END and target not in self.ids:
                what = f"the flow {self.flow_id} has no step {target}"
                self.reader.fault(line, what, f"use END or one of {', '.join(sorted(self.ids))}")
