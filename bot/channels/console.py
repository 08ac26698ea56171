"""The terminal as a channel: a line is a message, in plain text or as a JSON object of ours."""

import json
import uuid
from typing import Any

from bot.channels.base import InboundMessage

NAME = "console"
VARIANTS = {"console": "", "telegram": "telegram", "sms": "sms"}
"""How replies may look on the terminal, and the `channel:` of their wording."""
KEYS = frozenset({"text", "payload", "location", "contact", "kind", "id"})


def receive(line: str, address: str) -> InboundMessage:
    """One line as an inbound message; what is not an object with our keys is taken as the text itself."""
    try:
        data = json.loads(line)
    except ValueError:
        data = None
    fields = _fields(data, address) if isinstance(data, dict) and data and set(data) <= KEYS else {"text": line}
    provider_id = fields.pop("provider_id", uuid.uuid4().hex)
    return InboundMessage(channel=NAME, address=address, provider_id=provider_id, **fields)


def _fields(data: dict[str, Any], address: str) -> dict[str, Any]:
    fields: dict[str, Any] = {"text": str(data.get("text") or "")}
    if data.get("payload"):
        fields |= {"payload": str(data["payload"]), "kind": "choice"}
    if isinstance(data.get("location"), dict):
        fields |= {"location": data["location"], "kind": "location"}
    if isinstance(data.get("contact"), dict):
        fields |= {"contact": data["contact"], "kind": "contact"}
    if data.get("kind"):
        fields["kind"] = str(data["kind"])
    if data.get("id"):
        fields["provider_id"] = f"{address}:{data['id']}"
    return fields
