"""Posters' codes: short, stable, never a word; and what is printed beside them."""

from datetime import date, datetime, time
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db.session import Database
from directory import posters
from directory.errors import ImportRejected, PosterUnknown
from directory.exchange import import_files
from directory.models import Place, Poster, Stop
from directory.poster_codes import LETTERS, code_for, is_code
from tests.directory.builders import add_lead, add_permanence, add_place, add_stop


def poster_of(session: Session, code: str) -> Poster:
    posters.give_codes(session)
    return posters.meant(session, code)


def test_codes_have_nothing_that_looks_like_something_else() -> None:
    for index in range(500):
        code = code_for("stop", f"stop-{index}")
        assert is_code(code)
        assert not set(code) & set("0O1ILZSGB")


@pytest.mark.parametrize(
    "said",
    ["RDV24", "14H30", "18H", "B2B", "CM2", "A2", "75018", "R5G", "BJR", "2EME", "H24", "OK", "K7P4", "COVID", "M2A4X"],
)
def test_what_people_write_is_no_code(said: str) -> None:
    assert not is_code(said)


def test_no_code_spells_a_word() -> None:
    assert not set(LETTERS) & set("AEIOUY")


def test_everything_has_one_code_and_keeps_it(database: Database) -> None:
    with database.transaction() as session:
        place = add_place(session, "mairie")
        add_permanence(session, add_lead(session), place)
        add_stop(session, "marche", date(2026, 12, 1))
        assert posters.give_codes(session) == 3
        codes = set(session.scalars(select(Poster.code)))
        assert codes == {
            code_for("place", "mairie"),
            code_for("stop", "marche"),
            code_for("permanence", "lead-mairie-0-9"),
        }
        assert posters.give_codes(session) == 0


def test_a_code_somebody_has_is_drawn_again(database: Database) -> None:
    with database.transaction() as session:
        other, place = add_place(session, "autre"), add_place(session, "mairie")
        session.add(Poster(code=code_for("place", "mairie"), place_id=other.id))
        posters.give_codes(session)
        assert posters.meant(session, "mairie").code == code_for("place", "mairie", attempt=1)
        assert posters.meant(session, "mairie").place_id == place.id


def test_a_poster_leads_to_one_thing(database: Database) -> None:
    with database.transaction() as session:
        place, stop = add_place(session), add_stop(session, "marche", date(2026, 12, 1))
        for wrong in ({}, {"place_id": place.id, "stop_id": stop.id}):
            with pytest.raises(IntegrityError), session.begin_nested():
                session.add(Poster(code="K7P4X", **wrong))
                session.flush()


def test_a_code_is_found_however_it_is_typed(database: Database) -> None:
    with database.transaction() as session:
        add_place(session, "mairie")
        poster = poster_of(session, "mairie")
        for typed in (poster.code, poster.code.lower(), f" {poster.code} ", "Mairie"):
            assert posters.meant(session, typed).id == poster.id
        with pytest.raises(PosterUnknown, match="directory export"):
            posters.meant(session, "K9X9K")


def test_files_give_codes_and_further_posters(database: Database, tmp_path: Path) -> None:
    (tmp_path / "places.csv").write_text("code,kind,name,insee_code\nmairie,citeslab,CitésLab,11069\n")
    (tmp_path / "posters.csv").write_text("code,place,label\nk7p4x,mairie,boulangerie\n")
    with database.transaction() as session:
        import_files(session, [tmp_path / "places.csv"])
        first = session.scalars(select(Poster)).one()
        import_files(session, [tmp_path / "posters.csv"])
        assert {each.code: each.label for each in session.scalars(select(Poster))} == {
            first.code: None,
            "K7P4X": "boulangerie",
        }


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("K7P4,mairie,", "is not a poster's code"),
        ("K7P4X,,", "does not lead to one thing"),
        ("K7P4X,mairie,marche", "does not lead to one thing"),
        ("K7P4X,nulle-part,", "unknown place"),
    ],
)
def test_a_poster_that_leads_nowhere_is_refused(database: Database, tmp_path: Path, line: str, what: str) -> None:
    (tmp_path / "posters.csv").write_text(f"code,place,stop\n{line}\n")
    with database.transaction() as session:
        add_place(session, "mairie")
        add_stop(session, "marche", date(2026, 12, 1))
        with pytest.raises(ImportRejected, match=what):
            import_files(session, [tmp_path / "posters.csv"])


def test_a_stop_tells_when_its_bus_comes_back_there(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        bus = add_place(session, "bus", kind="bus", name="Le bus")
        hours = {"place_id": bus.id, "bus": "Le bus", "label": "place du Marché", "source_on": date(2026, 6, 1)}
        add_stop(session, "hier", date(2026, 11, 20), **hours)
        add_stop(session, "demain", date(2026, 11, 24), starts_at=time(9), ends_at=time(12), **hours)
        add_stop(session, "ailleurs", date(2026, 11, 25), **{**hours, "insee_code": "31555"})
        add_stop(session, "ferme", date(2026, 11, 26), active=False, **hours)
        poster = poster_of(session, "hier")
        spot = posters.spot(poster, now)
        assert (spot.kind, spot.name, spot.address, spot.commune) == (
            "stop",
            "Le bus",
            "place du Marché",
            "Carcassonne",
        )
        assert (spot.on, spot.to_check) == (date(2026, 11, 20), False)
        assert posters.days(session, poster, now) == [
            posters.Day(date(2026, 11, 24), time(9), time(12), "place du Marché")
        ]
        assert [day.on.day for day in posters.days(session, poster_of(session, "bus"), now)] == [24, 25]


def test_a_place_tells_its_next_permanences_on_its_own_wall(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        lead, place = add_lead(session), add_place(session, "cilaos", insee_code="97424", timezone="Indian/Reunion")
        monday = add_permanence(session, lead, place)
        add_permanence(session, lead, place, weekday=3, start=14, end=17)
        found = posters.days(session, poster_of(session, "cilaos"), now)
        assert found[:2] == [
            posters.Day(date(2026, 11, 26), time(14), time(17)),  # it is noon there: Monday's is over
            posters.Day(date(2026, 11, 30), time(9), time(12)),
        ]
        assert len(found) == posters.MOST_DAYS
        poster = poster_of(session, monday.code)
        assert [day.on.isoweekday() for day in posters.days(session, poster, now)] == [1] * 4
        assert posters.spot(poster, now)[:2] == ("permanence", "CitésLab cilaos")


def test_a_lead_has_the_posters_of_their_territory(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        aude = add_lead(session, "aude", ("department", "11"))
        marseille = add_lead(session, "marseille", ("commune", "13055"))
        add_place(session, "carcassonne")
        add_place(session, "ferme", active=False)
        add_place(session, "noailles", insee_code="13201")
        add_stop(session, "passe", date(2026, 11, 1))
        add_stop(session, "bientot", date(2026, 11, 30))
        lille = add_place(session, "lille", insee_code="59350")
        add_permanence(session, aude, lille)
        posters.give_codes(session)

        def names(lead_id: int, *, sees_all: bool = False) -> list[str]:
            found = posters.of_lead(session, lead_id, now, sees_all=sees_all)
            return [(poster.stop or poster.place or poster.permanence).code for poster, _ in found]  # type: ignore[union-attr]

        assert names(aude.id) == ["bientot", "carcassonne", "aude-lille-0-9"]
        assert names(marseille.id) == ["noailles"]
        assert len(names(marseille.id, sees_all=True)) == 5
        assert posters.is_of_lead(session, posters.meant(session, "noailles"), marseille.id)
        assert not posters.is_of_lead(session, posters.meant(session, "noailles"), aude.id)
        assert {Place, Stop} <= {
            type(poster.place or poster.stop) for poster, _ in posters.of_lead(session, aude.id, now)
        }
