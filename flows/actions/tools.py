"""What the runtime hands to actions: the turn's session, the directory's geography, the knowledge, the person."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from directory.geography import Gazetteer
from directory.models import Place
from flows.engine.events import Choice
from flows.knowledge_base import Knowledge


@dataclass(frozen=True)
class Service:
    """Who runs the assistant, as residents read it."""

    operator: str
    privacy_url: str
    retention_days: int
    human_phone: str | None
    site_url: str  # where links of ours begin; "" when nobody outside can follow them


class Joined(NamedTuple):
    """What came of a code that joins two phones, and what is known of the person since.

    status: "joined" | "wrong" | "same_phone" | "same_person" | "too_many".
    """

    status: str
    name: str | None = None
    phone: str | None = None


class Joins(Protocol):
    """Joining two phones of one person by a code."""

    def issue(self) -> str | None:
        """A code for the other phone; None when there were too many."""
        ...

    def redeem(self, typed: str) -> Joined:
        """Joins this phone with the one that was given the code."""
        ...


class Heard(NamedTuple):
    """Messages of ours to listen to, and what could be tapped under the last of them."""

    message_ids: tuple[int, ...]
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Listening:
    """What was said, as sound.

    where: whether sound can be had "here", "elsewhere" (on all channels that carry it), "on_web" alone, or "nowhere".
    offered: whether answers carry the choice to listen; where not, the channel offers it by its own means, or cannot.
    find: a message said to this very person, the last ones when None is given; None when there is nothing to read.
    """

    where: Literal["here", "elsewhere", "on_web", "nowhere"] = "nowhere"
    offered: bool = False
    find: Callable[[int | None], Heard | None] = lambda message_id: None


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
    joins: Joins
    listening: Listening = Listening()
    _places: dict[int, Place] = field(default_factory=dict, repr=False)

    def place(self, place_id: int) -> Place:
        """A place by its id, looked up once a turn however many openings are there."""
        if place_id not in self._places:
            self._places[place_id] = self.session.get_one(Place, place_id)
        return self._places[place_id]

    def today(self, now: datetime) -> date:
        """The local date, as the person lives it."""
        return now.astimezone(self.zone).date()
