"""What the runtime hands to actions: the turn's session, the directory's geography, the knowledge, the person."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from directory.geography import Gazetteer
from flows.knowledge_base import Knowledge


@dataclass(frozen=True)
class Service:
    """Who runs the assistant, as residents read it."""

    operator: str
    privacy_url: str
    retention_days: int
    human_phone: str | None
    site_url: str  # where links of ours begin; "" when nobody outside can follow them


@dataclass(frozen=True)
class Tools:
    """One turn's means. `held_data` says what is kept about the person, by section."""

    session: Session
    gazetteer: Gazetteer
    knowledge: Knowledge
    service: Service
    zone: ZoneInfo
    contact_id: int
    held_data: Callable[[], Mapping[str, Any]]

    def today(self, now: datetime) -> date:
        """The local date, as the person lives it."""
        return now.astimezone(self.zone).date()
