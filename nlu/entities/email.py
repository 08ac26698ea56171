"""E-mail addresses; the value is in lower case, without the spaces phones add around the @."""

import re
from collections.abc import Mapping
from typing import Any

from nlu.entities.base import Resources, found
from nlu.folding import FoldedText
from nlu.understanding import Entity

_EMAIL = re.compile(r"[a-z0-9][\w.+-]{0,63} ?@ ?[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,4}(?<![-])")


class EmailExtractor:
    """Finds e-mail addresses."""

    kind = "email"

    @classmethod
    def build(cls, options: Mapping[str, Any], resources: Resources) -> "EmailExtractor":
        return cls()

    def extract(self, text: str) -> list[Entity]:
        folded = FoldedText.of(text)
        return [
            found(self.kind, folded, match.start(), match.end(), match[0].replace(" ", ""), self)
            for match in _EMAIL.finditer(folded.text)
        ]
