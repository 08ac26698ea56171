"""What a find means, as the held-out files write it: days as on 2026-11-22, hours, INSEE codes, names."""

from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any

from nlu.entities.resolve import resolve_date, resolve_time
from nlu.understanding import Entity

TODAY = date(2026, 11, 22)


def _span(first: date | time, last: date | time) -> str:
    one, other = (str(each)[:5] if isinstance(each, time) else str(each) for each in (first, last))
    return one if one == other else f"{one}{'-' if isinstance(first, time) else '..'}{other}"


WRITTEN: Mapping[str, Callable[[Any], str]] = {
    "date": lambda value: _span(*resolve_date(value, TODAY)),
    "time": lambda value: _span(*resolve_time(value)),
    "commune": lambda value: str(value.get("insee_code", value["name"])),
}


def written(entity: Entity) -> str:
    """An entity's value as a held-out file writes it."""
    return WRITTEN.get(entity.entity, str)(entity.value)
