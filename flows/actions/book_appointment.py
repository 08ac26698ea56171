"""Takes the chosen opening; when somebody was faster, says so and lets the flow offer the next ones."""

from collections.abc import Iterable

from directory import bookings
from directory.errors import BookingError, ContactBusy, OpeningGone, OpeningTaken, TooManyBookings
from directory.models import Booking
from flows.actions.tools import Tools
from flows.actions.wording import address, moment, pin
from flows.engine.actions import ActionContext
from flows.engine.events import Event, SlotSet
from flows.events import AppointmentBooked

REFUSALS: dict[type[BookingError], tuple[str, str]] = {
    OpeningTaken: ("taken", "utter_opening_taken"),
    OpeningGone: ("taken", "utter_opening_gone"),
    TooManyBookings: ("refused", "utter_too_many_bookings"),
    ContactBusy: ("refused", "utter_already_booked"),
}


def run(context: ActionContext) -> Iterable[Event]:
    """Sets `opening_status` to booked, taken (another can be chosen) or refused."""
    tools: Tools = context.tools
    try:
        booking = bookings.take(tools.session, str(context.slots["opening"]), tools.contact_id, context.now)
    except tuple(REFUSALS) as refusal:
        status, response = REFUSALS[type(refusal)]
        yield SlotSet("opening_status", status)
        yield context.utter(response)
        return
    yield AppointmentBooked(booking.id)
    yield SlotSet("opening_status", "booked")
    yield SlotSet("wanted_place", None)
    yield confirmation(context, booking, "utter_booked")


def confirmation(context: ActionContext, booking: Booking, response: str) -> Event:
    """Says when and where, with what a phone can keep: the calendar file and the place on a map."""
    tools: Tools = context.tools
    place = booking.place
    attachments = [pin(place)] if place.precision != "commune" else []
    calendar = context.utter("utter_calendar_title").texts[""]
    attachments.append(
        {"kind": "calendar", "url": f"{tools.service.site_url}/rdv/{booking.reference}.ics", "title": calendar}
    )
    return context.utter(
        response,
        at=moment(context, booking.starts_at, place.timezone),
        place=place.name,
        address=address(place) if place.address else "",
        reference=booking.reference,
        attachments=attachments,
    )
