"""What a tapped choice sends, in Rasa's spelling: `/intent{"slot": value}` or `/SetSlots(slot=value, …)`."""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

_INTENT = re.compile(r"^/(?P<intent>[\w/]+)(?P<slots>\{.*\})?$", re.DOTALL)
_SET_SLOTS = re.compile(r"^/SetSlots\((?P<pairs>.*)\)$", re.DOTALL)
_PAIR = re.compile(r"\s*(\w+)\s*=\s*((?:[^,]|,(?!\s*\w+\s*=))*)")


class Payload(NamedTuple):
    """An intent, when there is one, and the slots that come with it."""

    intent: str | None
    slots: Mapping[str, Any]


def parse(payload: str) -> Payload | None:
    """Reads a payload; None when it is not one."""
    if pairs := _SET_SLOTS.match(payload.strip()):
        return Payload(None, {name: value.strip() for name, value in _PAIR.findall(pairs["pairs"])})
    match = _INTENT.match(payload.strip())
    if not match:
        return None
    try:
        slots = json.loads(match["slots"] or "{}")
    except ValueError:
        return None
    return Payload(match["intent"], slots)
