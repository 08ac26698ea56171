"""In which language somebody is spoken to: the slot that says it, and the language of what is not translated."""

from collections.abc import Mapping
from typing import Any

FRENCH = "fr"
LANGUAGE_SLOT = "language"


def language_in(values: Mapping[str, Any]) -> str:
    """The language that slots, or a message kept as JSON, name; French when they name none."""
    return str(values.get(LANGUAGE_SLOT) or FRENCH)
