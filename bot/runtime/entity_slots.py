"""From the entities of a text to slots, by the mappings of the domain."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from bot.runtime import texts
from bot.runtime.languages import is_another_word
from bot.runtime.reading import Turn
from directory.geography import Commune, Gazetteer
from flows.engine import commands as c
from nlu.entities.resolve import resolve_date, resolve_time
from nlu.understanding import Entity

DOMINANT = 3  # a postcode's largest commune is meant when it is that many times larger than the next
MAX_CANDIDATES = 4
WEEK = timedelta(weeks=1)
WISHES = frozenset({"wanted_date", "wanted_time"})
"""Slots that say which openings suit; the value's `not` says which do not, `or` which others."""


class EntitySlots:
    """Reads entities as slot values; towns are looked up, dates become days."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer

    def read(self, turn: Turn, entities: Iterable[Entity], starting: str | None = None) -> list[c.SetSlot]:
        """What the entities give to the slots mapped from them; the first of a kind counts, days or hours joined."""
        found: dict[str, c.SetSlot] = {}
        last: dict[str, Entity] = {}
        for entity in entities:
            if entity.entity == "commune" and is_another_word(turn, entity):
                continue
            for slot, spec in turn.domain.slots.items():
                mapped = any(turn.maps(mapping, entity, starting) for mapping in spec.mappings)
                command = self._read_one(slot, entity, turn.today) if mapped else None
                if command is None:
                    continue
                if slot not in WISHES and texts.is_refused(turn.text, entity):
                    continue
                if slot in WISHES and texts.is_excluded(turn.text, entity):
                    command = c.SetSlot(slot, {**command.value, "not": True})
                known = found.get(slot)
                if known and entity.entity == "date" and texts.is_until(turn.text, last[slot], entity):
                    found[slot] = _until(known, command)
                elif known and slot in WISHES and texts.is_either(turn.text, last[slot], entity):
                    found[slot] = _joined(known, command)
                elif known is None or _is_excluded(known.value):
                    found[slot] = command
                last[slot] = entity
            if entity.entity == "postcode" and "commune" not in found and (town := self.town_of(str(entity.value))):
                found["commune"] = town
        return list(found.values())

    def _read_one(self, slot: str, entity: Entity, today: date) -> c.SetSlot | None:
        value = entity.value
        if entity.entity in _SHAPED and not isinstance(value, Mapping):
            return None  # another engine's reading, which nobody made concrete
        resolve = _RESOLVERS.get(entity.entity)
        if resolve is not None:
            resolved = resolve(value, today)
            return c.SetSlot(slot, resolved) if resolved else None
        if entity.entity == "commune":
            if value.get("candidates"):
                return c.SetSlot("commune_candidates", list(value["candidates"]))
            commune = self.gazetteer.by_insee(str(value.get("insee_code")))
            return c.SetSlot(slot, town(commune)) if commune else None
        return c.SetSlot(slot, value)

    def town_of(self, postcode: str) -> c.SetSlot | None:
        """The commune of a postcode, or those it may be."""
        communes = self.gazetteer.by_postcode(postcode)
        if len(communes) > 1 and communes[0].population < DOMINANT * communes[1].population:
            return c.SetSlot("commune_candidates", [commune.insee_code for commune in communes[:MAX_CANDIDATES]])
        return c.SetSlot("commune", town(communes[0])) if communes else None


def town(commune: Commune) -> dict[str, str]:
    """A commune as its slot holds it."""
    return {"insee_code": commune.insee_code, "name": commune.name}


def _date(value: Any, today: date) -> dict[str, str] | None:
    resolved = resolve_date(value, today)
    return {"from": resolved[0].isoformat(), "to": resolved[1].isoformat()} if resolved else None


def _time(value: Any, _today: date) -> dict[str, str | None] | None:
    resolved = resolve_time(value)
    if not resolved:
        return None
    start, end = resolved
    return {"from": start.strftime("%H:%M") if start else None, "to": end.strftime("%H:%M") if end else None}


def _joined(known: c.SetSlot, other: c.SetSlot) -> c.SetSlot:
    """Two days, or two hours, either of which suits; or neither, when the first is excluded."""
    also = {key: value for key, value in other.value.items() if key != "not"}
    return c.SetSlot(known.name, {**known.value, "or": [*known.value.get("or", ()), also]})


def _until(first: c.SetSlot, last: c.SetSlot) -> c.SetSlot:
    """Every day from one to the other; a last day that was understood before the first is the one a week later."""
    end = date.fromisoformat(last.value["to"])
    while end < date.fromisoformat(first.value["from"]):
        end += WEEK
    return c.SetSlot(first.name, {**first.value, "to": end.isoformat()})


def _is_excluded(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value.get("not"))


_RESOLVERS: Mapping[str, Callable[[Any, date], Any]] = {"date": _date, "time": _time}
_SHAPED = frozenset({*_RESOLVERS, "commune"})
