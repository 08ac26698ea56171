"""Amounts of money in euros: "1000e", "1 000 €", "2k", "1k5", "500 balles"; the value is a number."""

import re
from collections.abc import Mapping
from typing import Any

from nlu.entities.base import Resources, found
from nlu.folding import FoldedText
from nlu.understanding import Entity

_NUMBER = r"(?P<whole>\d{1,3}(?:[ .]\d{3})+|\d{1,9})(?:[.,](?P<cents>\d{1,2}))?"
_EURO = r"(?:€|euros?\b|eur\b|eu\b|e\b|balles?\b|boules\b)"
_PLAIN = re.compile(rf"(?<![\w.,]){_NUMBER} ?{_EURO}(?P<after>\d{{2}}(?!\d))?")
_THOUSANDS = re.compile(
    rf"(?<![\w.,])(?P<whole>\d{{1,4}})(?:[.,](?P<tenths>\d))? ?k(?P<hundreds>\d)?(?![\w])(?: ?{_EURO})?"
)
_WORDS = {"cent": 100, "cents": 100, "mille": 1000, "mil": 1000}
_WORDED = re.compile(rf"(?<![\w.,])(?P<whole>\d{{1,3}}) ?(?P<scale>cents?|mille?)\b(?: ?{_EURO})?")


class AmountExtractor:
    """Finds amounts; a number without a sign of money is not one."""

    kind = "amount"

    @classmethod
    def build(cls, options: Mapping[str, Any], resources: Resources) -> "AmountExtractor":
        return cls()

    def extract(self, text: str) -> list[Entity]:
        folded = FoldedText.of(text)
        entities: list[Entity] = []
        end = 0
        matches = [(m, read(m)) for pattern, read in _READERS for m in pattern.finditer(folded.text)]
        for match, value in sorted(matches, key=lambda pair: (pair[0].start(), -pair[0].end())):
            if match.start() >= end:
                end = match.end()
                entities.append(found(self.kind, folded, match.start(), end, _tidy(value), self))
        return entities


def _plain(match: re.Match[str]) -> float:
    cents = match["cents"] or match["after"]
    return int(re.sub(r"\D", "", match["whole"])) + (int(cents.ljust(2, "0")) / 100 if cents else 0)


def _thousands(match: re.Match[str]) -> float:
    part = match["tenths"] or match["hundreds"]
    return int(match["whole"]) * 1000 + (int(part) * 100 if part else 0)


def _worded(match: re.Match[str]) -> float:
    return int(match["whole"]) * _WORDS[match["scale"].removesuffix("s")]


_READERS = ((_PLAIN, _plain), (_THOUSANDS, _thousands), (_WORDED, _worded))


def _tidy(value: float) -> float | int:
    return int(value) if value == int(value) else round(value, 2)
