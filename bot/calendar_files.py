"""`/rdv/{reference}.ics`: a booking as a file the phone's agenda opens, in its person's language. Source: RFC 5545."""

from typing import Protocol

import anyio.to_thread
from icalendar import Calendar, Event
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.conversations.models import Contact
from bot.site_words import preferred, site_words
from db.session import Database
from directory import bookings
from directory.errors import BookingUnknown
from flows.engine.language import FRENCH


class Services(Protocol):
    """What these routes need of the wiring."""

    @property
    def database(self) -> Database: ...


def routes(services: Services) -> list[Route]:
    """The one route of this module. A reference cannot be guessed, and the file names nobody."""

    async def calendar_file(request: Request) -> Response:
        text = await anyio.to_thread.run_sync(_find, services.database, request.path_params["reference"])
        if text is None:
            words = site_words()
            language = preferred(request.headers.get("accept-language", ""), words.languages)
            return PlainTextResponse(words.said(language)["calendar"]["gone"] + "\n", status_code=404)
        return Response(
            text,
            media_type="text/calendar; charset=utf-8",
            headers={"content-disposition": 'attachment; filename="rendez-vous.ics"', "cache-control": "no-store"},
        )

    return [Route("/rdv/{reference}.ics", calendar_file)]


def _find(database: Database, reference: str) -> bytes | None:
    with database.reading() as session:
        return calendar_text(session, reference)


def calendar_text(session: Session, reference: str) -> bytes | None:
    """The file's text in UTF-8; None for an unknown reference."""
    try:
        booking = bookings.by_reference(session, reference)
    except BookingUnknown:
        return None
    place = booking.place
    contact = session.get(Contact, booking.contact_id) if booking.contact_id else None
    words = site_words().said(contact.language if contact else FRENCH)["calendar"]
    event = Event()
    event.add("uid", f"{booking.reference}@allervers")
    event.add("dtstamp", booking.updated_at)
    event.add("dtstart", booking.starts_at)
    event.add("dtend", booking.ends_at)
    event.add("summary", words["summary"])
    event.add("location", ", ".join(part for part in (place.name, place.address, place.postcode) if part))
    event.add("status", "CONFIRMED" if booking.status == "booked" else "CANCELLED")
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//allervers//FR")
    calendar.add_component(event)
    return bytes(calendar.to_ical())
