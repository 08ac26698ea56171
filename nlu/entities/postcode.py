"""French postcodes: five digits that are no amount, no year and no part of a longer number."""

import re
from collections.abc import Mapping
from typing import Any

from nlu.entities.base import Resources, found
from nlu.folding import FoldedText
from nlu.understanding import Entity

_POSTCODE = re.compile(r"(?<![\d.,/+-])(?<!\d )(?:0[1-9]|[1-8]\d|9[0-578]) ?\d{3}(?![\d/])(?! \d)(?![.,]\d)")
_MONEY_AFTER = re.compile(r" ?(?:€|k\b|e\b|eu\b|eur|balles?|par |/|de (?:ca|chiffre|benef|credit|pret|dette))")
_MONEY_BEFORE = re.compile(
    r"(?:gagn\w*|fai[st]?|faire|fais|touch\w*|pret\w*|emprunt\w*|apport\w*|depass\w*|jusqu ?'?a|environ|plafond"
    r"|credit|coute|vaut|payer?|paye|besoin|ca)(?: (?:de|d|a|est|environ|pres|plus|moins|que)){0,3} ?$"
)


class PostcodeExtractor:
    """Finds postcodes; the value is the five digits."""

    kind = "postcode"

    @classmethod
    def build(cls, options: Mapping[str, Any], resources: Resources) -> "PostcodeExtractor":
        return cls()

    def extract(self, text: str) -> list[Entity]:
        folded = FoldedText.of(text)
        return [
            found(self.kind, folded, match.start(), match.end(), match[0].replace(" ", ""), self)
            for match in _POSTCODE.finditer(folded.text)
            if not _MONEY_AFTER.match(folded.text, match.end())
            and not _MONEY_BEFORE.search(folded.text[max(0, match.start() - 40) : match.start()])
        ]
