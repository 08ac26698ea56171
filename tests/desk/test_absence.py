"""A lead who is ill: the day is freed, nobody is offered it, everybody is told."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select

from bot.conversations.case_models import CaseEntry
from bot.conversations.models import Address, Message
from directory import timetable
from directory.models import Absence, Booking
from tests.desk.world import START, Browser, Wiring, World, book, fields, open_case, person

NEXT = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)  # the Monday after, nine o'clock in France
DAY = "/bookings?on=2026-11-30"
PAGE = "/absence?on=2026-11-30"


def two_bookings(wiring: Wiring, world: World) -> None:
    with wiring.database.transaction() as session:
        for number, name, at in ((1, "Samira", NEXT), (2, "Karim", NEXT + timedelta(minutes=30))):
            conversation = person(session, f"+3363998000{number}", name)
            open_case(session, conversation, world.leads["south"])
            book(session, world, "south", conversation, at)
        other = person(session, "+33639980003", "Lina")
        book(session, world, "north", other, NEXT + timedelta(hours=1))


def offered(wiring: Wiring, world: World) -> set[date]:
    with wiring.database.reading() as session:
        found = timetable.open_times(session, wiring.now, lead_ids=[world.leads["south"]])
        return {opening.starts_at.date() for opening in found}


def test_a_day_is_freed_and_everyone_is_told(wiring: Wiring, world: World, south: Browser) -> None:
    two_bookings(wiring, world)
    assert NEXT.date() in offered(wiring, world)
    assert f'href="/desk{PAGE}"' in south.get(DAY)[1]
    page = south.get(PAGE)[1]
    for words in ("Samira", "Karim", "Ces 2 rendez-vous", "je ne pourrai pas être là lundi 30 novembre"):
        assert words in page, words
    assert "Lina" not in page
    form = fields(page, "/desk/absence") | {"text": "Bonjour, je suis malade."}
    assert south.send("/absence", form) == (303, f"/desk{DAY}&fait=absent_told")
    assert south.send("/absence", form) == (303, f"/desk{DAY}")  # sent twice
    assert NEXT.date() not in offered(wiring, world)
    assert offered(wiring, world)
    with wiring.database.reading() as session:
        bookings = session.execute(select(Booking.lead_id, Booking.status, Booking.cancelled_by)).all()
        assert sorted(tuple(row)[1:] for row in bookings) == [("booked", None), *[("cancelled", "lead")] * 2]
        told = session.scalars(select(Message)).all()
        assert [(row.text, row.status) for row in told] == [("Bonjour, je suis malade.", "queued")] * 2
        assert session.scalars(select(CaseEntry.kind)).all().count("cancelled") == 2
    page = south.get(DAY)[1]
    for words in ("Vous êtes absent·e ce jour-là", "Annulés", "Samira", "Annulé par l’équipe"):
        assert words in page, words


def test_a_lead_may_be_there_after_all(wiring: Wiring, world: World, south: Browser) -> None:
    assert south.submit(PAGE, "/absence")[1] == f"/desk{DAY}&fait=absent"
    assert NEXT.date() not in offered(wiring, world)
    assert south.submit(DAY, "/absence/undo")[1] == f"/desk{DAY}&fait=present"
    assert NEXT.date() in offered(wiring, world)


def test_who_cannot_be_written_to_is_to_be_called(wiring: Wiring, world: World, south: Browser) -> None:
    two_bookings(wiring, world)
    with wiring.database.transaction() as session:
        session.get_one(Address, 1).blocked_at = START
    assert "À appeler" in south.get(PAGE)[1]
    assert south.submit(PAGE, "/absence", text="Désolé")[1].endswith("fait=absent_call")
    page = south.get(DAY + "&fait=absent_call")[1]
    assert "appelez qui est sous" in page
    assert "tel:+33639980001" in page


def test_words_are_needed_and_nothing_happens_without_them(wiring: Wiring, world: World, south: Browser) -> None:
    two_bookings(wiring, world)
    status, page = south.submit(PAGE, "/absence", text=" ")
    assert (status, "Le texte est vide" in page) == (422, True)
    with wiring.database.reading() as session:
        assert not session.scalars(select(Absence)).all()
        assert set(session.scalars(select(Booking.status))) == {"booked"}


def test_what_is_not_the_lead_s_to_free(
    wiring: Wiring, world: World, south: Browser, inside: Callable[[str], Browser]
) -> None:
    yesterday = (START - timedelta(days=1)).date().isoformat()
    assert "est passée" in south.get(f"/absence?on={yesterday}")[1]
    form = fields(south.get(PAGE)[1], "/desk/absence")
    assert south.send("/absence", form | {"on": yesterday})[0] == 422
    assert "/absence" not in inside("all").get(DAY)[1]  # coordinates, and holds no permanence
    with wiring.database.transaction() as session:
        session.add(Absence(lead_id=world.leads["south"], starts_on=NEXT.date(), ends_on=date(2026, 12, 4)))
    page = south.get("/bookings?on=2026-12-01")[1]
    assert "du lundi 30 novembre au vendredi 4 décembre" in page
    assert "Je serai là finalement" not in page
    assert south.send("/absence/undo", form | {"on": "2026-12-01", "token": "other"})[0] == 422
