"""A day a lead cannot hold: no time is offered on it any more, and everyone who had booked is told at once."""

from datetime import date

from sqlalchemy import delete
from starlette.responses import Response

from bot.conversations import contacts
from desk import agenda, away, telling, words
from desk.agenda import BookingLine
from desk.door import Action, Page, Visit
from desk.errors import Refused
from directory import bookings
from directory.models import Absence


def _asked_day(visit: Visit) -> date:
    """The day of the form or of the address; raises Refused for a day that is over."""
    on, doubt = agenda.asked_day(visit, visit.form.get("on") or visit.query.get("on"))
    if doubt or not away.may_declare(visit, on):
        raise Refused("past_day")
    return on


def _to_cancel(visit: Visit, on: date) -> list[BookingLine]:
    """The visitor's bookings of that day that have not begun."""
    mine = [line for line in agenda.lines_of_day(visit, on) if line.booking.lead_id == visit.visitor.lead_id]
    return [line for line in mine if line.booking.status == "booked" and not line.begun]


def ask(visit: Visit) -> Response:
    """Who had booked, who must be called, and the message the others will get."""
    on = agenda.asked_day(visit, visit.form.get("on") or visit.query.get("on"))[0]
    lines = _to_cancel(visit, on)
    reachable = {
        line.booking.id for line in lines if telling.conversation_of(visit.session, line.booking.contact_id) is not None
    }
    day = words.day(on, visit.today)
    draft = words.WORDS["absence_message"].format(day=day).replace(words.NBSP, " ")
    return visit.page(
        "absence.html",
        on=on,
        lines=lines,
        reachable=reachable,
        possible=away.may_declare(visit, on),
        known=away.absence_on(visit, on) is not None,
        draft=visit.form.get("text", draft),
    )


def declare(visit: Visit) -> str:
    """Frees the day and tells everyone, in one transaction."""
    on, session = _asked_day(visit), visit.session
    if away.absence_on(visit, on) is None:
        session.add(Absence(lead_id=visit.visitor.lead_id, starts_on=on, ends_on=on))
        session.flush()
    lines = _to_cancel(visit, on)
    # Every conversation first, in one order: two of us would otherwise wait for each other half-way.
    found = (telling.conversation_of(session, line.booking.contact_id) for line in lines)
    for conversation_id in sorted({conversation.id for conversation in found if conversation is not None}):
        contacts.lock(session, conversation_id)
    told = True
    for line in _to_cancel(visit, on):
        text = visit.form.get("text", "")
        told = telling.tell(session, line.booking.contact_id, visit.visitor.lead_id, text, visit.now) and told
        bookings.cancel(session, line.booking.id, visit.now, by="lead")
        agenda.remember(visit, line, "cancelled")
    if not lines:
        return "absent"
    return "absent_told" if told else "absent_call"


def undo(visit: Visit) -> str:
    """The lead is there after all. Days of a longer absence are the coordination's to change."""
    on = agenda.asked_day(visit, visit.form.get("on"))[0]
    absence = away.absence_on(visit, on)
    if absence is not None and (absence.starts_on, absence.ends_on) != (on, on):
        raise Refused("long_absence")
    if absence is not None:
        visit.session.execute(delete(Absence).where(Absence.id == absence.id))
    return "present"


def day_page(visit: Visit) -> str:
    """The page of the day in question."""
    return f"/bookings?on={agenda.asked_day(visit, visit.form.get('on'))[0].isoformat()}"


ITEMS = (
    Page("/absence", ask),
    Action("/absence", declare, day_page, ask),
    Action("/absence/undo", undo, day_page, ask),
)
