"""What a tap may set: the values that a button of ours carries, and nothing else, since a tap can be forged."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from bot.runtime import payloads
from bot.runtime.entity_slots import town
from directory.geography import Gazetteer
from flows.engine import commands as c
from flows.engine.domain import Domain, InvalidValue
from flows.engine.events import Choice
from flows.knowledge_base import Knowledge

COMPUTED: Mapping[str, re.Pattern[str]] = {
    "opening": re.compile(r"\d{1,9}@\d{4}-\d{2}-\d{2}T\d{2}:\d{2}Z"),
    "booking": re.compile(r"\d{1,9}"),
}
"""Slots whose buttons are made from rows: what is no longer on the screen may still be tapped, so the form counts."""


class Taps:
    """Knows every value a button carries. Stateless and shared."""

    def __init__(self, domain: Domain, knowledge: Knowledge, gazetteer: Gazetteer) -> None:
        self.domain = domain
        self.gazetteer = gazetteer
        self.carried: dict[str, list[Any]] = {"commune": []}
        buttons = [
            button.payload
            for response in domain.responses.values()
            for variation in response.variations
            for button in variation.buttons
        ]
        for slot, value in _set_by(buttons):
            self.carried.setdefault(slot, []).append(value)
        offers = (topic.offer.partition(":") for topic in knowledge.topics.values())
        self.carried.setdefault("wanted_kind", []).extend(kind for _, _, kind in offers if kind)

    def read(self, slots: Mapping[str, Any], menu: Iterable[Choice]) -> list[c.SetSlot]:
        """What a payload sets, given the choices on the screen; what no button carries is left out."""
        shown = list(_set_by(choice.payload for choice in menu))
        return [command for slot, value in slots.items() if (command := self._read_one(slot, value, shown))]

    def _read_one(self, slot: str, value: Any, shown: Iterable[tuple[str, Any]]) -> c.SetSlot | None:
        if slot == "commune" and value is not None:
            commune = self.gazetteer.by_insee(str(value))
            return c.SetSlot(slot, town(commune)) if commune else None
        ours = [*self.carried.get(slot, ()), *(carried for name, carried in shown if name == slot)]
        form = COMPUTED.get(slot)
        if any(self._same(slot, value, carried) for carried in ours) or (form and form.fullmatch(str(value))):
            return c.SetSlot(slot, value)
        return None

    def _same(self, slot: str, value: Any, carried: Any) -> bool:
        spec = self.domain.slots.get(slot)
        try:
            return spec is not None and bool(spec.coerce(value) == spec.coerce(carried))
        except InvalidValue:
            return False


def _set_by(buttons: Iterable[str]) -> Iterable[tuple[str, Any]]:
    for payload in buttons:
        if read := payloads.parse(payload):
            yield from read.slots.items()
