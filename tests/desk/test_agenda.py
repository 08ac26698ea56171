"""Bookings: the day, who came, and cancelling."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from bot.conversations.case_models import CaseEntry
from bot.conversations.group_models import CaseThread
from bot.conversations.jobs import Job
from bot.conversations.models import Conversation, Message
from bot.conversations.threads import TELL_GROUP
from directory.models import Booking, BookingCell, Place
from tests.desk.world import START, Browser, Wiring, World, book, fields, one_database, open_case, person

TOMORROW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)  # two o'clock in France


def one_booking(wiring: Wiring, world: World, at: datetime = TOMORROW, lead: str = "south") -> int:
    """A booking of someone with an open case; its id."""
    with wiring.database.transaction() as session:
        conversation = person(session, "+33639980001")
        open_case(session, conversation, world.leads[lead])
        return book(session, world, lead, conversation, at).id


def test_the_day_is_tomorrow_unless_asked(wiring: Wiring, world: World, south: Browser) -> None:
    one_booking(wiring, world)
    status, page = south.get("/bookings")
    assert status == 200
    for words in (
        "Mardi 24 novembre",
        "1 rendez-vous",
        "14\xa0h",
        "Samira",
        "Espace Ozanam",
        "06\xa039\xa098\xa000\xa001",
    ):
        assert words in page, words
    assert "Aucun rendez-vous" in south.get("/bookings?on=2026-11-25")[1]
    for bad in ("tomorrow", "2026-13-01", "0001-01-01", "9999-12-31", "%00"):
        status, page = south.get(f"/bookings?on={bad}")
        assert (status, "Date illisible" in page) == (200, True), bad
    home = south.get("/")[1]
    assert "Demain, mardi 24 novembre" in home
    assert "Espace Ozanam" in home


@one_database
def test_a_day_is_that_of_the_place(wiring: Wiring, world: World, south: Browser) -> None:
    with wiring.database.transaction() as session:
        session.get_one(Place, world.place_id).timezone = "Indian/Reunion"
    one_booking(wiring, world, datetime(2026, 11, 24, 20, 30, tzinfo=UTC))  # half past midnight there
    assert "0\xa0h\xa030" in south.get("/bookings?on=2026-11-25")[1]
    assert "Aucun rendez-vous" in south.get("/bookings?on=2026-11-24")[1]


def test_a_colleague_s_booking_is_out_of_reach(wiring: Wiring, world: World, inside: Callable[[str], Browser]) -> None:
    booking_id = one_booking(wiring, world, lead="north")
    south, everyone = inside("south"), inside("all")
    token = fields(south.get("/logout")[1], "/desk/logout")
    assert "Samira" not in south.get("/bookings")[1]
    assert south.get(f"/bookings/{booking_id}/cancel")[0] == 404
    for form in ({"text": "non"}, {"outcome": "done"}):
        for action in ("cancel", "mark"):
            assert south.send(f"/bookings/{booking_id}/{action}", token | {"token": action} | form)[0] == 404
    assert "Samira" in everyone.get("/bookings")[1]
    assert everyone.get(f"/bookings/{booking_id}/cancel")[0] == 200
    assert south.get("/bookings/999/cancel")[0] == 404


def test_who_came_is_noted_and_may_be_corrected(wiring: Wiring, world: World, south: Browser) -> None:
    booking_id = one_booking(wiring, world)
    day, mark = "/bookings?on=2026-11-24", f"/bookings/{booking_id}/mark"
    token = fields(south.get("/logout")[1], "/desk/logout")
    status, text = south.send(mark, token | {"outcome": "no_show"})
    assert (status, "pas encore commencé" in text) == (422, True)
    wiring.now = TOMORROW + timedelta(minutes=10)
    assert south.log_in("south", world.passwords["south"]) == 303
    assert south.submit(day, mark, outcome="no_show") == (303, f"/desk{day}&fait=no_show")
    assert "Absent·e</span>" in south.get(day)[1]
    assert south.submit(day, mark, outcome="done")[0] == 303
    assert south.submit("/logout", "/logout")[0] == 303
    with wiring.database.reading() as session:
        assert session.scalars(select(Booking.status)).one() == "done"
        assert session.scalars(select(CaseEntry.kind).order_by(CaseEntry.id)).all() == ["opened", "no_show", "done"]


def test_an_unknown_mark_is_refused(wiring: Wiring, world: World, south: Browser) -> None:
    booking_id = one_booking(wiring, world, START)
    status, _ = south.submit("/bookings?on=2026-11-23", f"/bookings/{booking_id}/mark", outcome="booked")
    assert status == 422


def test_cancelling_frees_the_time_and_tells_the_person(wiring: Wiring, world: World, south: Browser) -> None:
    booking_id = one_booking(wiring, world)
    page = f"/bookings/{booking_id}/cancel"
    text = south.get(page)[1]
    assert "votre rendez-vous du mardi 24 novembre à 14 h (Espace Ozanam) est annulé" in text
    form = fields(text, f"/desk{page}") | {"text": "Bonjour, c’est annulé."}
    assert south.send(page, form) == (303, "/desk/bookings?on=2026-11-24&fait=cancelled")
    assert south.send(page, form) == (303, "/desk/bookings?on=2026-11-24")  # sent twice
    with wiring.database.reading() as session:
        booking = session.scalars(select(Booking)).one()
        assert (booking.status, booking.cancelled_by) == ("cancelled", "lead")
        assert not session.scalars(select(BookingCell)).all()
        message = session.scalars(select(Message)).one()
        assert (message.text, message.author, message.status) == ("Bonjour, c’est annulé.", "lead", "queued")
        assert len(session.scalars(select(Job)).all()) == 1
        assert session.scalars(select(Conversation.owner_lead_id)).one() is None  # the bot goes on speaking
    assert "Rendez-vous annulé" in south.get("/cases/1")[1]
    assert "déjà passé, déplacé ou annulé" in south.get(page)[1]


def test_what_a_lead_notes_of_a_booking_is_owed_to_the_thread_of_the_case(
    wiring: Wiring, world: World, south: Browser
) -> None:
    page = f"/bookings/{one_booking(wiring, world)}/cancel"
    with wiring.database.transaction() as session:
        session.add(CaseThread(case_id=1, chat_id=-100, thread_id=7, head_id=8, head_digest="as it was"))
    south.submit(page, page, text="annulé")
    with wiring.database.reading() as session:
        (owed,) = session.scalars(select(Job).where(Job.kind == TELL_GROUP)).all()
        assert owed.payload == {"case_id": 1}


def test_a_cancellation_without_words_is_not_made(wiring: Wiring, world: World, south: Browser) -> None:
    page = f"/bookings/{one_booking(wiring, world)}/cancel"
    status, text = south.submit(page, page, text=" ")
    assert (status, "vide" in text) == (422, True)
    with wiring.database.reading() as session:
        assert session.scalars(select(Booking.status)).one() == "booked"


def test_a_person_who_cannot_be_written_to_has_to_be_called(wiring: Wiring, world: World, south: Browser) -> None:
    page = f"/bookings/{one_booking(wiring, world)}/cancel"
    with wiring.database.transaction() as session:
        session.scalars(select(Conversation)).one().address.blocked_at = START
    assert "Appelez-la" in south.get(page)[1]
    assert south.submit(page, page)[1].endswith("fait=cancelled_call")
    assert "appelez-la" in south.get("/bookings?fait=cancelled_call")[1]


def test_a_booking_that_moved_meanwhile_stays_as_it_is(wiring: Wiring, world: World, south: Browser) -> None:
    booking_id = one_booking(wiring, world)
    page = f"/bookings/{booking_id}/cancel"
    form = fields(south.get(page)[1], f"/desk{page}") | {"text": "annulé"}
    with wiring.database.transaction() as session:
        session.get_one(Booking, booking_id).status = "moved"
    status, text = south.send(page, form)
    assert (status, "Rien n’a changé" in text) == (422, True)
    with wiring.database.reading() as session:
        assert not session.scalars(select(Message)).all()
