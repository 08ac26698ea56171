"""Phone numbers as people write them in France; the value is E.164 ("+33639981234")."""

import re
from collections.abc import Mapping
from typing import Any

from nlu.entities.base import Resources, found
from nlu.folding import FoldedText
from nlu.understanding import Entity

_GAP = r"[ .\-/]{0,2}"
_FRENCH = re.compile(rf"(?<![\d+])(?:(?:\+|00) ?33{_GAP}(?:\(0\)|0)?|0){_GAP}([1-9](?:{_GAP}\d){{8}})(?![\d])")
_OTHER = re.compile(rf"(?<![\d+])(?:\+|00(?=[1-9])) ?([1-9](?:{_GAP}\d){{7,14}})(?!\d)")
_NOT_DIGITS = re.compile(r"\D")

# Overseas numbers are written like the others and have a country code of their own (Arcep numbering plan).
# 06 39 98 is not Mayotte: Arcep keeps it for fiction.
_CODES = {
    "63998": "33",
    **dict.fromkeys(("262", "263", "269", "639", "692", "693"), "262"),
    **dict.fromkeys(("590", "690", "691"), "590"),
    **dict.fromkeys(("594", "694"), "594"),
    **dict.fromkeys(("596", "696", "697"), "596"),
}
_CODE_LENGTHS = sorted({len(prefix) for prefix in _CODES}, reverse=True)


class PhoneExtractor:
    """Finds phone numbers: 06 39 98 12 34, +33 6..., 0033 6..., and other countries with a +."""

    kind = "phone"

    @classmethod
    def build(cls, options: Mapping[str, Any], resources: Resources) -> "PhoneExtractor":
        return cls()

    def extract(self, text: str) -> list[Entity]:
        folded = FoldedText.of(text)
        entities: list[Entity] = []
        taken: list[tuple[int, int]] = []
        for pattern, number in ((_FRENCH, _french), (_OTHER, _other)):
            for match in pattern.finditer(folded.text):
                if any(match.start() < end and start < match.end() for start, end in taken):
                    continue
                taken.append(match.span())
                value = number(_NOT_DIGITS.sub("", match[1]))
                entities.append(found(self.kind, folded, match.start(), match.end(), value, self))
        return sorted(entities, key=lambda entity: entity.start)


def _french(digits: str) -> str:
    for length in _CODE_LENGTHS:
        if digits[:length] in _CODES:
            return f"+{_CODES[digits[:length]]}{digits}"
    return f"+33{digits}"


def _other(digits: str) -> str:
    return f"+{digits}"
