"""What is near, what is coming, what a text names."""

from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import insert

from db.session import Database
from directory.geography import gazetteer
from directory.models import Place
from directory.search import find_place_by_name, geocode, nearest_places, nearest_stops
from tests.directory.builders import add_lead, add_permanence, add_place, add_stop
from tests.directory.counting import statements

CARCASSONNE = (43.21, 2.34)


def test_the_nearest_places_first(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        add_place(session, "paris", 48.86, 2.34)
        add_place(session, "carcassonne", *CARCASSONNE)
        add_place(session, "toulouse", 43.6, 1.43, kind="adie")
        add_place(session, "closed", *CARCASSONNE, active=False)
        found = nearest_places(session, *CARCASSONNE, now)
        assert [each.place.code for each in found] == ["carcassonne", "toulouse", "paris"]
        assert [round(each.distance_km) for each in found] == [0, 85, 628]
        assert [each.place.code for each in nearest_places(session, *CARCASSONNE, now, kinds=["adie"])] == ["toulouse"]
        assert len(nearest_places(session, *CARCASSONNE, now, limit=1)) == 1
        assert nearest_places(session, *CARCASSONNE, now, kinds=[]) == []


def test_as_near_the_soonest_permanence_first(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        lead = add_lead(session)
        never, friday, tomorrow = (add_place(session, code) for code in ("never", "friday", "tomorrow"))
        add_permanence(session, lead, friday, 4)
        add_permanence(session, lead, tomorrow, 1)
        found = nearest_places(session, *CARCASSONNE, now, limit=2)
        assert [each.place for each in found] == [tomorrow, friday]
        assert found[0].next_permanence is not None
        assert found[0].next_permanence.starts_at == now + timedelta(days=1)
        assert never not in [each.place for each in found]


def test_a_past_stop_is_never_coming(database: Database, now: datetime) -> None:
    today = now.date()
    with database.transaction() as session:
        bus = add_place(session, "bus", kind="bus")
        add_stop(session, "yesterday", today - timedelta(days=1), place_id=bus.id)
        add_stop(session, "over", today, starts_at=time(7), ends_at=time(9), place_id=bus.id)  # it is nine
        add_stop(session, "given-up", today, active=False, place_id=bus.id)
        assert nearest_stops(session, *CARCASSONNE, now) == []
        assert nearest_places(session, *CARCASSONNE, now)[0].next_stop is None
        later = add_stop(session, "later", today + timedelta(days=9), place_id=bus.id)
        running = add_stop(session, "running", today, starts_at=time(8), ends_at=time(12), place_id=bus.id)
        some_time = add_stop(session, "some-time-today", today)
        far = add_stop(session, "far", today, lat=48.8)
        found = nearest_stops(session, *CARCASSONNE, now, limit=9)
        assert {each.stop.code for each in found[:2]} == {running.code, some_time.code}
        assert [each.stop for each in found[2:]] == [later, far]
        assert nearest_places(session, *CARCASSONNE, now)[0].next_stop == running
        assert nearest_stops(session, *CARCASSONNE, now + timedelta(days=10)) == []


def test_today_is_the_stops_own_day(database: Database) -> None:
    evening = datetime.fromisoformat("2026-11-23T21:00Z")  # already the 24th in La Réunion
    with database.transaction() as session:
        add_stop(session, "past", evening.date(), timezone="Indian/Reunion")
        assert nearest_stops(session, *CARCASSONNE, evening) == []
        add_stop(session, "here", evening.date())
        assert [each.stop.code for each in nearest_stops(session, *CARCASSONNE, evening)] == ["here"]


def test_a_place_by_its_name_with_typos(database: Database) -> None:
    with database.transaction() as session:
        wanted = add_place(session, "max-savy", name="Grazailles, centre social Max Savy")
        add_place(session, "ozanam", name="Ozanam, espace partagé Ozanam")
        for text in ("centre social max savi", "Max Savy", "MAX-SAVY"):
            assert find_place_by_name(session, text) == [wanted]
        assert find_place_by_name(session, "piscine olympique") == []


@pytest.mark.parametrize(
    ("text", "insee_code"),
    [
        ("43.21, 2.34", "11069"),
        ("-20.93 55.45", "97411"),
        ("11000", "11069"),
        ("13 rue Victor Hugo 11000 Carcassonne", "11069"),
        ("Angers", "49007"),
    ],
)
def test_geocode(text: str, insee_code: str) -> None:
    point = geocode(gazetteer(), text)
    assert point is not None
    assert point.insee_code == insee_code


def test_geocode_says_when_it_does_not_know_or_hesitates() -> None:
    assert geocode(gazetteer(), "xqzqxq") is None
    assert geocode(gazetteer(), "95, 200") is None
    point = geocode(gazetteer(), "saint denis")
    assert point is not None
    assert {match.commune.department for match in point.matches} >= {"93", "974"}


def test_ten_thousand_places_take_no_more_statements_than_three(database: Database, now: datetime) -> None:
    """How quick that is, `make bench` measures."""
    with database.transaction() as session:
        for code in "abc":
            add_place(session, code, *CARCASSONNE)
    with database.reading() as session, statements(session) as few:
        nearest_places(session, *CARCASSONNE, now)
    with database.transaction() as session:
        common = {"kind": "adie", "name": "Adie", "insee_code": "11069", "precision": "commune", "active": True}
        common |= {"timezone": "Europe/Paris"}
        session.execute(
            insert(Place),
            [
                common | {"code": f"{number}", "lat": 42 + number % 97 * 0.09, "lon": -4 + number % 89 * 0.13}
                for number in range(10_000)
            ],
        )
    with database.reading() as session, statements(session) as many:
        assert len(nearest_places(session, *CARCASSONNE, now)) == 3
    assert 0 < len(many) <= len(few)
