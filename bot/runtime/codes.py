"""Codes that people type: a poster's, alone or in a sentence; six digits that join two phones."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.runtime import texts
from bot.runtime.reading import Turn
from directory.poster_codes import is_code
from flows.engine import commands as c

ARRIVE, JOIN = "arrive", "join_phones"
JOIN_QUESTIONS = frozenset({"join_step", "join_code"})
GREETING = c.ChitChat("utter_greet")

_SIX = re.compile(r"\d{6}")
_NEARLY = re.compile(r"\d{4,8}")


class Codes:
    """Reads typed codes. `words` is the `codes` table of keywords.yml."""

    def __init__(self, words: Mapping[str, Any]) -> None:
        self.greeting = frozenset(words["greeting"])
        self.joining = frozenset(words["joining"])

    def read(self, turn: Turn) -> list[c.Command]:
        """The commands of a message that is a code and nothing else; empty when it is not one."""
        if turn.inbound.payload is not None:
            return []
        words = texts.fold(turn.text).split()
        digits = "".join(word for word in words if word.isdecimal())
        others = [word for word in words if not word.isdecimal()]
        if turn.asked in JOIN_QUESTIONS and _NEARLY.fullmatch(digits) and set(others) <= self.joining | self.greeting:
            return [c.SetSlot("join_step", "have_code"), c.SetSlot("join_code", digits)]
        if _SIX.fullmatch(digits) and others and set(others) <= self.joining:
            return [c.SetSlot("join_code", digits), c.StartFlow(JOIN)]
        code = "".join(word for word in words if word not in self.greeting).upper()
        return arrival(code) if is_code(code) else []

    def note(self, turn: Turn, found: Sequence[c.Command]) -> list[c.Command]:
        """The same commands, with the poster that brought the person; who only says hello is greeted where they are."""
        code = next((word for word in texts.fold(turn.text).upper().split() if is_code(word)), None)
        if turn.inbound.payload is None and code and c.StartFlow(ARRIVE) not in found:
            return [c.SetSlot("poster", code), *found]
        came_by = (turn.inbound.referral or "").upper()
        if GREETING in found and is_code(came_by):
            return [each for each in found if each != GREETING] + arrival(came_by)
        return list(found)


def arrival(code: str) -> list[c.Command]:
    """Greets whoever came by this poster."""
    return [c.SetSlot("poster", code), c.StartFlow(ARRIVE)]
