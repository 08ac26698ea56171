"""Durations: "3 mois", "2h", "1 an et demi"; the value is {"value": 3, "unit": "month"}."""

import re
from collections.abc import Mapping
from typing import Any

from nlu.entities.base import Resources, found
from nlu.folding import FoldedText
from nlu.understanding import Entity

_UNITS = {
    "minute": ("minutes", "minute", "mins", "min", "mn"),
    "hour": ("heures", "heure", "hrs", "hr", "h"),
    "day": ("journees", "jours", "jour", "jrs", "j"),
    "week": ("semaines", "semaine", "sem"),
    "month": ("mois",),
    "year": ("annees", "annee", "ans", "an"),
}
_NUMBERS = {
    name: value
    for value, names in enumerate(
        ("", "une|un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze")
    )
    for name in names.split("|")
    if name
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}
_NUMBER = "|".join((r"\d{1,3}", *_NUMBERS))
_UNIT = "|".join(_UNIT_OF)
_DURATION = re.compile(rf"(?<![\w.,/:])(?P<number>{_NUMBER}) ?(?P<unit>{_UNIT})(?!\w)(?P<half> et demie?)?")


class DurationExtractor:
    """Finds durations; whether "2h" is a time of day is the time extractor's to say first."""

    kind = "duration"

    @classmethod
    def build(cls, options: Mapping[str, Any], resources: Resources) -> "DurationExtractor":
        return cls()

    def extract(self, text: str) -> list[Entity]:
        folded = FoldedText.of(text)
        return [
            found(self.kind, folded, match.start(), match.end(), _value(match), self)
            for match in _DURATION.finditer(folded.text)
        ]


def _value(match: re.Match[str]) -> dict[str, Any]:
    number: float = _NUMBERS.get(match["number"]) or int(match["number"])
    return {"value": number + 0.5 if match["half"] else number, "unit": _UNIT_OF[match["unit"]]}
