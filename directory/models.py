"""Tables of the directory: who leads where, places and their permanences, bus stops, bookings.

Every row an operator writes has a `code` (or a natural key) that stays the same from one import to the next.
Opening hours are local wall times in the zone of the place; what happens at an instant is an aware UTC time.
"""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.base import Base, BigId, EncryptedText, Id, UtcDateTime


class Sourced:
    """Where a fact comes from and when it was true. `source_date` is as written: "2025", "2025-05"…"""

    source_name: Mapped[str | None] = mapped_column(Text)  # a document without an address
    source_url: Mapped[str | None] = mapped_column(Text)
    source_date: Mapped[str | None] = mapped_column(String(10))
    source_on: Mapped[date | None] = mapped_column()  # the first day `source_date` can mean


class Lead(Base):
    """The human who leads a CitésLab, a bus or a Carrefour: a role, never a person's name."""

    __tablename__ = "lead"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(EncryptedText)
    phone: Mapped[str | None] = mapped_column(EncryptedText)  # E.164
    telegram_group: Mapped[str | None] = mapped_column(String(64))
    active: Mapped[bool] = mapped_column(default=True)


class Coverage(Base):
    """A territory a lead answers for. scope: "commune" (INSEE) | "qpv" | "department" | "national" ("FR")."""

    __tablename__ = "coverage"
    __table_args__ = (
        UniqueConstraint("lead_id", "scope", "code"),
        Index("ix_coverage_scope_code", "scope", "code"),
    )

    id: Mapped[Id]
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    scope: Mapped[str] = mapped_column(String(10))
    code: Mapped[str] = mapped_column(String(8))

    lead: Mapped[Lead] = relationship()


class Place(Base, Sourced):
    """Somewhere with an address. precision: "address" | "street" | "quartier" | "commune" (its centroid)."""

    __tablename__ = "place"
    __table_args__ = (Index("ix_place_lat_lon", "lat", "lon"),)

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(Text)
    operator: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    postcode: Mapped[str | None] = mapped_column(String(5))
    insee_code: Mapped[str] = mapped_column(String(5), index=True)
    lat: Mapped[float] = mapped_column()
    lon: Mapped[float] = mapped_column()
    precision: Mapped[str] = mapped_column(String(10))
    timezone: Mapped[str] = mapped_column(String(32))  # IANA
    phone: Mapped[str | None] = mapped_column(String(16))  # E.164, of the organisation
    email: Mapped[str | None] = mapped_column(Text)
    url: Mapped[str | None] = mapped_column(Text)
    hours_note: Mapped[str | None] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(default=True)


class Permanence(Base, Sourced):
    """Recurring office hours: one lead, one place, one weekday (0 is Monday), cut into equal openings."""

    __tablename__ = "permanence"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"), index=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    weekday: Mapped[int] = mapped_column()
    starts_at: Mapped[time] = mapped_column()  # local wall time
    ends_at: Mapped[time] = mapped_column()
    opening_minutes: Mapped[int] = mapped_column(default=30)
    capacity: Mapped[int] = mapped_column(default=1)  # people received at the same time
    valid_from: Mapped[date | None] = mapped_column()
    valid_until: Mapped[date | None] = mapped_column()  # last day, included

    place: Mapped[Place] = relationship()
    lead: Mapped[Lead] = relationship()


class PermanenceException(Base):
    """A day of a permanence that differs. kind: "cancelled" | "moved" (other hours or place that day)."""

    __tablename__ = "permanence_exception"
    __table_args__ = (UniqueConstraint("permanence_id", "on_date"),)

    id: Mapped[Id]
    permanence_id: Mapped[int] = mapped_column(ForeignKey("permanence.id"))
    on_date: Mapped[date] = mapped_column()
    kind: Mapped[str] = mapped_column(String(10))
    starts_at: Mapped[time | None] = mapped_column()  # None: as usual
    ends_at: Mapped[time | None] = mapped_column()
    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))


class Absence(Base):
    """Days a lead is away, both included."""

    __tablename__ = "absence"
    __table_args__ = (UniqueConstraint("lead_id", "starts_on"),)

    id: Mapped[Id]
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    starts_on: Mapped[date] = mapped_column()
    ends_on: Mapped[date] = mapped_column()


class Stop(Base, Sourced):
    """A bus's dated halt. `place_id` is the bus itself, when it is known as a place of kind "bus"."""

    __tablename__ = "stop"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(64), unique=True)
    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"), index=True)
    bus: Mapped[str] = mapped_column(Text)
    operator: Mapped[str | None] = mapped_column(Text)
    label: Mapped[str | None] = mapped_column(Text)  # "devant la bibliothèque"
    quartier: Mapped[str | None] = mapped_column(Text)
    insee_code: Mapped[str] = mapped_column(String(5))
    address: Mapped[str | None] = mapped_column(Text)
    lat: Mapped[float] = mapped_column()
    lon: Mapped[float] = mapped_column()
    timezone: Mapped[str] = mapped_column(String(32))
    on_date: Mapped[date] = mapped_column(index=True)
    starts_at: Mapped[time | None] = mapped_column()  # local wall time; None: hours not announced
    ends_at: Mapped[time | None] = mapped_column()
    active: Mapped[bool] = mapped_column(default=True)


class Poster(Base):
    """A short code to print and to type, and the one thing it leads to: a stop, a place or a permanence."""

    __tablename__ = "poster"
    __table_args__ = (
        CheckConstraint(
            "(CASE WHEN stop_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN place_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN permanence_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="one_target",
        ),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(8), unique=True)
    stop_id: Mapped[int | None] = mapped_column(ForeignKey("stop.id"), index=True)
    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"), index=True)
    permanence_id: Mapped[int | None] = mapped_column(ForeignKey("permanence.id"), index=True)
    label: Mapped[str | None] = mapped_column(Text)  # where this one hangs, when a stop has several

    stop: Mapped[Stop | None] = relationship()
    place: Mapped[Place | None] = relationship()
    permanence: Mapped[Permanence | None] = relationship()


class Qpv(Base):
    """A priority neighbourhood, filled by importing the official perimeters. The box speeds the look-up."""

    __tablename__ = "qpv"
    __table_args__ = (Index("ix_qpv_box", "south", "north", "west", "east"),)

    code: Mapped[str] = mapped_column(String(8), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    insee_code: Mapped[str] = mapped_column(String(5), index=True)
    geometry: Mapped[Any] = mapped_column(JSON)  # GeoJSON Polygon or MultiPolygon, lon before lat
    south: Mapped[float] = mapped_column()
    north: Mapped[float] = mapped_column()
    west: Mapped[float] = mapped_column()
    east: Mapped[float] = mapped_column()


class Booking(Base):
    """An opening taken. status: "booked" | "cancelled" | "moved" | "done" | "no_show".

    A move makes a new booking that names the old one in `moved_from_id`.
    `contact_id` is the bot's, opaque here; None once the person asked to be forgotten.
    """

    __tablename__ = "booking"
    __table_args__ = (
        CheckConstraint("status IN ('booked', 'cancelled', 'moved', 'done', 'no_show')", name="status"),
        CheckConstraint("starts_at < ends_at", name="times"),
        Index("ix_booking_contact_id_starts_at", "contact_id", "starts_at"),
        Index("ix_booking_lead_id_starts_at", "lead_id", "starts_at"),
    )

    id: Mapped[Id]
    reference: Mapped[str] = mapped_column(String(12), unique=True)  # short, said aloud, not to be guessed
    contact_id: Mapped[int | None] = mapped_column(BigId)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"))
    permanence_id: Mapped[int] = mapped_column(ForeignKey("permanence.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seat: Mapped[int] = mapped_column()
    status: Mapped[str] = mapped_column(String(10), default="booked")
    cancelled_by: Mapped[str | None] = mapped_column(String(16))  # "resident" | "lead" | "erasure"
    moved_from_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    lead: Mapped[Lead] = relationship()
    place: Mapped[Place] = relationship()
    permanence: Mapped[Permanence] = relationship()


class BookingCell(Base):
    """Five minutes of a lead's time that a booking holds, in one seat.

    The primary key is the promise "one time, one person": two bookings that overlap cannot both be stored,
    whoever writes them and whatever became of the timetable since.
    """

    __tablename__ = "booking_cell"

    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    seat: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), index=True)
