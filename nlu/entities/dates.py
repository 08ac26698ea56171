"""French dates: "mardi", "dem1", "le 8/12", "dans 15 j", "semaine pro".

The value is symbolic, so that reading does not depend on the clock; `resolve.resolve_date` makes it concrete:
  {"weekday": 1}                     Tuesday (0 is Monday); "next": 1 not today; "weeks_later": 1 "en huit"
  {"weekday": 1, "week_offset": 1}   Tuesday of next week
  {"day": 8}, {"day": 8, "month": 12}, {"day": 8, "month": 12, "year": 2026}, with "weekday" when said
  {"offset_days": 1}, {"offset_months": 1}
  {"week_offset": 1}, {"weekend": 0}
  {"month_offset": 1}, {"month": 12}, with "part": "start" | "mid" | "end"
"""

from collections.abc import Mapping
from typing import Any

from nlu.entities.base import Resources, found
from nlu.entities.grammar import load_grammar
from nlu.folding import FoldedText
from nlu.understanding import Entity

_CENTURY = 2000


class DateExtractor:
    """Finds dates with the grammar of dates.yml."""

    kind = "date"

    def __init__(self) -> None:
        self.grammar = load_grammar("dates.yml")

    @classmethod
    def build(cls, options: Mapping[str, Any], resources: Resources) -> "DateExtractor":
        return cls()

    def extract(self, text: str) -> list[Entity]:
        folded = FoldedText.of(text)
        return sorted(
            (
                found(self.kind, folded, find.start, find.end, date_value(find.groups), self)
                for find in self.grammar.find(folded.text)
            ),
            key=lambda entity: entity.start,
        )


def date_value(groups: Mapping[str, Any]) -> dict[str, Any]:
    """The symbolic value of what a rule found."""
    value: dict[str, Any] = {}
    for name, said in groups.items():
        if name == "part":
            value["part"] = str(said).lower()
        elif name not in ("scale", "number"):
            value[name] = int(said)
    if "scale" in groups:
        value["offset_days"] = int(groups["number"]) * int(groups["scale"])
    if 0 <= value.get("year", _CENTURY) < 100:
        value["year"] += _CENTURY
    return value
