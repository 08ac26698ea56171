"""Openings and permanences as the database has them."""

from datetime import UTC, date, datetime, time, timedelta

from db.session import Database
from directory.models import Absence, PermanenceException
from directory.timetable import next_permanences, open_times
from tests.directory.builders import add_lead, add_permanence, add_place
from tests.directory.counting import statements


def test_openings_come_in_order_from_two_hours_to_eight_weeks(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        add_permanence(session, add_lead(session), add_place(session), 0)
        found = open_times(session, now)
        assert [f"{opening.starts_at:%d %H:%M}" for opening in found[:3]] == ["23 10:00", "23 10:30", "30 08:00"]
        assert found[-1].starts_at <= now + timedelta(weeks=8)
        assert open_times(session, now, limit=2) == found[:2]
        assert open_times(session, now, from_at=found[2].starts_at)[0] == found[2]
        assert open_times(session, now, until_at=found[1].starts_at) == found[:2]
        assert open_times(session, now, from_at=now + timedelta(weeks=9)) == []
        early = open_times(session, now, min_notice=timedelta())
        assert early[0].starts_at == now


def test_openings_of_a_place_a_lead_or_a_commune(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        lead, other = add_lead(session), add_lead(session, "other")
        here = add_place(session, "here")
        there = add_place(session, "there", insee_code="75118")
        add_permanence(session, lead, here, 0)
        add_permanence(session, other, there, 0)
        assert {each.place_id for each in open_times(session, now)} == {here.id, there.id}
        assert {each.place_id for each in open_times(session, now, place_ids=[here.id])} == {here.id}
        assert {each.place_id for each in open_times(session, now, lead_ids=[other.id])} == {there.id}
        assert {each.place_id for each in open_times(session, now, insee_code="75056")} == {there.id}
        assert {each.place_id for each in open_times(session, now, insee_code="11069")} == {here.id}
        assert open_times(session, now, place_ids=[]) == []


def test_exceptions_absences_and_holidays_are_respected(database: Database) -> None:
    now = datetime(2026, 12, 1, 8, tzinfo=UTC)
    with database.transaction() as session:
        lead = add_lead(session)
        here, there = add_place(session, "here"), add_place(session, "there")
        permanence = add_permanence(session, lead, here, 4)  # Fridays; 25 December and 1 January are two
        session.add_all(
            [
                PermanenceException(permanence_id=permanence.id, on_date=date(2026, 12, 4), kind="cancelled"),
                PermanenceException(
                    permanence_id=permanence.id,
                    on_date=date(2026, 12, 11),
                    kind="moved",
                    starts_at=time(14),
                    ends_at=time(15),
                    place_id=there.id,
                ),
                Absence(lead_id=lead.id, starts_on=date(2026, 12, 18), ends_on=date(2026, 12, 20)),
            ]
        )
        session.flush()
        found = open_times(session, now)
        assert [(f"{each.starts_at:%m-%d %H:%M}", each.place_id) for each in found[:3]] == [
            ("12-11 13:00", there.id),
            ("12-11 13:30", there.id),
            ("01-08 08:00", here.id),
        ]
        assert [each.place_id for each in open_times(session, now, place_ids=[there.id])] == [there.id] * 2
        assert there.id not in {each.place_id for each in open_times(session, now, place_ids=[here.id])}


def test_the_next_permanence_of_each_place(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        lead = add_lead(session)
        today, tomorrow, never = (add_place(session, code) for code in ("today", "tomorrow", "never"))
        add_permanence(session, lead, tomorrow, 1)
        add_permanence(session, lead, today, 0)
        found = next_permanences(session, now + timedelta(hours=1), [today.id, tomorrow.id, never.id])
        assert {key: f"{held.starts_at:%d %H:%M}" for key, held in found.items()} == {
            today.id: "23 08:00",  # it runs now
            tomorrow.id: "24 08:00",
        }
        later = next_permanences(session, now + timedelta(hours=3), [today.id])
        assert f"{later[today.id].starts_at:%d %H:%M}" == "30 08:00"
        assert next_permanences(session, now, []) == {}


def test_four_hundred_places_take_no_more_statements_than_one(database: Database, now: datetime) -> None:
    """How quick that is, `make bench` measures."""
    with database.transaction() as session:
        lead, place = add_lead(session), add_place(session)
        add_permanence(session, lead, place, 0)
    with database.reading() as session, statements(session) as few:
        open_times(session, now, limit=10)
    with database.transaction() as session:
        for number in range(400):
            lead, place = add_lead(session, f"lead{number}"), add_place(session, f"place{number}")
            add_permanence(session, lead, place, number % 5)
    with database.reading() as session:
        with statements(session) as many:
            assert len(open_times(session, now, limit=10)) == 10
        assert 0 < len(many) <= len(few)
        assert len(open_times(session, now)) > 15_000
