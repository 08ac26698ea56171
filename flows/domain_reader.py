"""One file of a Rasa domain: its slots and responses."""

from pathlib import Path
from typing import Any

from flows.engine.domain import Button, Domain, Response, SlotMapping, SlotSpec, Variation
from flows.engine.errors import Problem
from flows.sources import LineDict, LineList, display, mappings, read

_TOP_KEYS = {"version", "slots", "responses"}
_MAPPING_TYPES = ("from_entity", "from_intent", "from_text")
_SLOT_TYPES = ("text", "bool", "float", "categorical", "list", "any")
_SLOT_KEYS = {"type", "values", "initial_value", "mappings", "shared_for_coexistence", "influence_conversation"}
_VARIATION_KEYS = {"text", "channel", "translation", "condition", "buttons", "attachment", "metadata"}


def read_domain_file(path: Path) -> tuple[Domain, list[Problem]]:
    """Slots and responses of one file, and its faults; raises AuthoringError when it is no YAML mapping."""
    data = read(path)
    reader = _DomainFile(display(path))
    for key in set(data) - _TOP_KEYS:
        reader.fault(data.line_of(key), f"a domain file has no key {key}", f"use {', '.join(sorted(_TOP_KEYS))}")
    slots, responses = reader.section(data, "slots"), reader.section(data, "responses")
    return (
        Domain(
            {str(name): reader.slot(str(name), body, slots.line_of(name)) for name, body in slots.items()},
            {str(name): reader.response(str(name), body, responses.line_of(name)) for name, body in responses.items()},
        ),
        reader.problems,
    )


def _mapping(entry: LineDict) -> SlotMapping:
    conditions = mappings(entry.get("conditions")) or ()
    return SlotMapping(
        str(entry.get("type")),
        entity=entry.get("entity"),
        intent=entry.get("intent"),
        value=entry.get("value"),
        requested_slot=next((c["requested_slot"] for c in conditions if "requested_slot" in c), None),
        active_flows=frozenset(str(c["active_loop"]) for c in conditions if "active_loop" in c),
        other_than=frozenset(str(intent) for intent in entry.get("not_intent") or ()),
    )


class _DomainFile:
    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def fault(self, line: int, what: str, cure: str) -> None:
        self.problems.append(Problem(self.file, line, what, cure))

    def section(self, data: LineDict, key: str) -> LineDict:
        section = data.get(key) or LineDict()
        if isinstance(section, LineDict):
            return section
        self.fault(data.line_of(key), f"{key} is no mapping", f"write the names of the {key} under it")
        return LineDict()

    def slot(self, name: str, body: Any, line: int) -> SlotSpec:
        if not isinstance(body, LineDict):
            self.fault(line, f"the slot {name} has no type", "write type: text under it")
            return SlotSpec(name, "any")
        for key in set(body) - _SLOT_KEYS:
            self.fault(body.line_of(key), f"a slot has no key {key}", f"use one of {', '.join(sorted(_SLOT_KEYS))}")
        kind = str(body.get("type"))
        if kind not in _SLOT_TYPES:
            self.fault(body.line_of("type"), f"a slot cannot be of type {kind}", f"use {', '.join(_SLOT_TYPES)}")
        if kind == "categorical" and not body.get("values"):
            self.fault(line, f"the slot {name} lists no values", "list what it can be under values:")
        entries = mappings(body.get("mappings"))
        if entries is None or any(mappings(entry.get("conditions")) is None for entry in entries):
            self.fault(body.line_of("mappings"), f"the mappings of {name} are no list of mappings", "write - type: …")
        known = [_mapping(entry) for entry in entries or ()]
        for mapping in known:
            if mapping.type not in _MAPPING_TYPES:
                what = f"{name} cannot be mapped {mapping.type}"
                self.fault(body.line_of("mappings"), what, f"use {', '.join(_MAPPING_TYPES)}")
        return SlotSpec(
            name,
            kind,
            values=tuple(str(value) for value in body.get("values") or ()),
            initial=body.get("initial_value"),
            mappings=tuple(known),
            shared=bool(body.get("shared_for_coexistence", False)),
            file=self.file,
            line=line,
        )

    def response(self, name: str, body: Any, line: int) -> Response:
        if not name.startswith("utter_"):
            self.fault(line, f"the response {name} is not called utter_…", "rename it")
        if not isinstance(body, LineList) or not body:
            self.fault(line, f"the response {name} says nothing", 'give it a list: - text: "…"')
            return Response(name, (Variation(""),), self.file, line)
        variations = tuple(self._variation(name, entry, at) for entry, at in zip(body, body.item_lines, strict=True))
        return Response(name, variations, self.file, line)

    def _variation(self, name: str, entry: Any, line: int) -> Variation:
        if not isinstance(entry, LineDict) or not entry.get("text"):
            self.fault(line, f"a variation of {name} has no text", 'write text: "…"')
            return Variation("", line=line)
        for key in set(entry) - _VARIATION_KEYS:
            self.fault(entry.line_of(key), f"a variation has no key {key}", "remove it or correct its spelling")
        return Variation(
            text=str(entry["text"]),
            channel=str(entry.get("channel") or ""),
            translation=self._translation(name, entry),
            conditions=tuple(self._conditions(name, entry)),
            buttons=tuple(self._buttons(name, entry)),
            attachment=entry.get("attachment"),
            line=line,
        )

    def _buttons(self, name: str, entry: LineDict) -> list[Button]:
        buttons = []
        listed = entry.get("buttons") or LineList()
        for button in listed if isinstance(listed, LineList) else [listed]:
            if not isinstance(button, LineDict) or not button.get("title") or not button.get("payload"):
                self.fault(entry.line_of("buttons"), f"a button of {name} lacks title or payload", "give both")
                continue
            translation = self._translation(name, button)
            buttons.append(Button(str(button["title"]), str(button["payload"]), translation))
        return buttons

    def _translation(self, name: str, entry: LineDict) -> dict[str, str]:
        translation = entry.get("translation") or LineDict()
        if isinstance(translation, LineDict):
            return {str(language): str(text) for language, text in translation.items()}
        self.fault(entry.line_of("translation"), f"a translation of {name} names no language", 'write en: "…"')
        return {}

    def _conditions(self, name: str, entry: LineDict) -> list[tuple[str, Any]]:
        found = mappings(entry.get("condition"))
        if found is None or not all(condition.get("name") for condition in found):
            what = f"a condition of {name} names no slot"
            self.fault(entry.line_of("condition"), what, "write - {type: slot, name: …, value: …}")
        return [(str(condition.get("name")), condition.get("value")) for condition in found or ()]
