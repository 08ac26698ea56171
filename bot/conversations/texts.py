"""What people type, made safe to store: no NUL, no stray control character, no half of a pair."""

import re
from collections.abc import Mapping
from typing import Any

MAX_LENGTH = 20_000
"""Characters of a text that are kept. No channel sends more in one message; a script might."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def clean(text: str) -> str:
    """The text without control characters but line breaks and tabs; unpaired surrogates become U+FFFD."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _CONTROL.sub("", whole.replace("\r\n", "\n").replace("\r", "\n"))


def clean_values(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The same mapping with its texts cleaned and cut; None stays None."""
    if values is None:
        return None
    return {key: clean(value)[:MAX_LENGTH] if isinstance(value, str) else value for key, value in values.items()}
