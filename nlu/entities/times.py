"""French times of day: "14h", "a 2h de laprem", "entre 14 et 16h", "apres 17h", "mercredi matin".

Values:
  {"from": "14:00", "to": null, "exact": true}      at that time
  {"from": "17:00", "to": null, "exact": false}     from then on;  {"from": null, "to": "10:00", ...} before
  {"from": "14:00", "to": "16:00", "exact": false}  between; "near": "09:00" is added for "vers 9h"
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from nlu.entities.base import Resources, found
from nlu.entities.grammar import load_grammar
from nlu.folding import FoldedText
from nlu.understanding import Entity

_GRAMMAR = "times.yml"
_NOON, _AROUND = 12 * 60, 30
_FIRST_SURE_HOUR = 7  # nobody is received at 2 in the night: an hour below is in the afternoon
_LAST_MINUTE = 24 * 60 - 1


class TimeExtractor:
    """Finds times with the grammar of times.yml."""

    kind = "time"

    def __init__(self) -> None:
        self.grammar = load_grammar(_GRAMMAR)
        content = yaml.safe_load(Path(__file__).with_name(_GRAMMAR).read_text(encoding="utf-8"))
        self.parts: dict[str, dict[str, list[str]]] = content["parts"]

    @classmethod
    def build(cls, options: Mapping[str, Any], resources: Resources) -> "TimeExtractor":
        return cls()

    def extract(self, text: str) -> list[Entity]:
        folded = FoldedText.of(text)
        return sorted(
            (
                found(self.kind, folded, find.start, find.end, self._value(find.groups), self)
                for find in self.grammar.find(folded.text)
            ),
            key=lambda entity: entity.start,
        )

    def _value(self, groups: Mapping[str, Any]) -> dict[str, Any]:
        kind = groups["kind"]
        part = str(groups.get("part", "")).lower()
        if kind == "part":
            first, last = self.parts[part][str(groups.get("edge", "whole")).lower()]
            return _between(first, last)
        at = _minutes(groups, part)
        if kind == "range":
            until = _until(groups, part)
            # "entre 2 et 4h": both are in the afternoon as soon as one is.
            at = at if at < until else at - _NOON if at - _NOON in range(until) else at
            return _between(_clock(at), _clock(until))
        if kind == "around":
            around = _between(_clock(max(0, at - _AROUND)), _clock(min(_LAST_MINUTE, at + _AROUND)))
            return {**around, "near": _clock(at)}
        if kind == "to":
            return {"from": None, "to": _clock(at), "exact": False}
        return {"from": _clock(at), "to": None, "exact": kind == "exact"}


def _minutes(groups: Mapping[str, Any], part: str) -> int:
    """The minutes since midnight of the first clock a rule found."""
    hour = 12 if groups.get("noon") else int(groups["hour"])
    minute = int(groups.get("minute") or groups.get("minute_") or groups.get("minute__") or 0)
    if groups.get("half") or groups.get("half_"):
        minute = 30
    elif groups.get("quarter"):
        minute = 15
    elif groups.get("less") or groups.get("less_"):
        minute = -15
    elif groups.get("before"):
        minute = -int(groups["before"])
    return _twelve_hours(hour, part) * 60 + minute


def _until(groups: Mapping[str, Any], part: str) -> int:
    if groups.get("midnight2"):
        return _LAST_MINUTE
    hour = 12 if groups.get("noon2") else int(groups["hour2"])
    return _twelve_hours(hour, part) * 60 + int(groups.get("minute2") or 0)


def _twelve_hours(hour: int, part: str) -> int:
    if part in ("afternoon", "evening") and 0 < hour < 12:
        return hour + 12
    if not part and 0 < hour < _FIRST_SURE_HOUR:
        return hour + 12
    return hour


def _between(first: str, last: str) -> dict[str, Any]:
    return {"from": first, "to": last, "exact": False}


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
