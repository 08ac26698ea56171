"""A dialogue as both sides saw it, written down."""

import re
from datetime import datetime

from babel.dates import format_datetime

from tests.scenarios.given import ZONE
from tests.scenarios.stage import Reply

_REFERENCE = re.compile(r"((?:Référence|Réf\.|Ref\.|/rdv/)\s?)[2-9A-HJ-NP-Z]{8}\b")
_WHO = {"resident": "> ", "bot": "  ", "lead": "* "}


class Transcript:
    """Lines, one page wide; what is drawn at random is written the same each time."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def at(self, now: datetime) -> None:
        """The time it is."""
        self._lines += [f"— {format_datetime(now.astimezone(ZONE), 'EEEE d MMMM y, HH:mm', locale='fr')} —", ""]

    def heard(self, text: str) -> None:
        """What the person did."""
        shown = text if len(text) <= 200 else f"{text[:60]}… ({len(text)} characters)"
        self._add("resident", shown)

    def said(self, reply: Reply, *, numbered: bool) -> None:
        """What the person received; choices are in the text where they are numbers."""
        self._add(reply.author, reply.text)
        if reply.look:
            self._lines += [*reply.look, ""]
            return
        if not numbered:
            self._lines += [f"    [{title}]" for title in reply.titles]
        self._lines += [f"    ({_named(attachment)})" for attachment in reply.attachments]
        self._lines.append("")

    def _add(self, author: str, text: str) -> None:
        lines = text.splitlines() or [""]
        self._lines += [f"{_WHO[author]}{line}".rstrip() for line in lines]

    def __str__(self) -> str:
        return _REFERENCE.sub(r"\1REFERENCE", "\n".join(self._lines).rstrip() + "\n")


def _named(attachment: object) -> str:
    fields = dict(attachment) if isinstance(attachment, dict) else {}
    return f"{fields.get('kind')}: {fields.get('url') or fields.get('title')}"
