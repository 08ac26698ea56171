"""The facts of the mission that the runtime turns into rows: cases, notifications, consent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flows.engine.events import Event


@dataclass(frozen=True)
class HandoffRequested(Event):
    """A human is needed. reason: asked | not_understood | internal_error | advice | complaint."""

    reason: str


@dataclass(frozen=True)
class ProfileSaved(Event):
    """The person told their project."""

    profile: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AppointmentBooked(Event):
    """An opening was taken."""

    booking_id: int


@dataclass(frozen=True)
class AppointmentMoved(Event):
    """A booking took another opening."""

    old_booking_id: int
    booking_id: int


@dataclass(frozen=True)
class AppointmentCancelled(Event):
    """A booking was given back by the person."""

    booking_id: int


@dataclass(frozen=True)
class MessagesStopped(Event):
    """The person wants no more messages here."""


@dataclass(frozen=True)
class ErasureRequested(Event):
    """The person wants everything about them erased."""


@dataclass(frozen=True)
class PhoneForgotten(Event):
    """The person wants their phone number forgotten, and the rest kept."""


@dataclass(frozen=True)
class QuestionAnswered(Event):
    """A topic of the knowledge base was answered."""

    topic: str
