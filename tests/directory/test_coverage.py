"""Which lead answers, and which neighbourhood a point lies in."""

from db.session import Database
from directory.coverage import lead_for, qpv_at
from directory.models import Lead, Qpv
from tests.directory.builders import add_lead


def code(lead: Lead | None) -> str | None:
    return lead.code if lead else None


def test_the_most_precise_territory_wins(database: Database) -> None:
    with database.transaction() as session:
        assert lead_for(session, "11069") is None
        add_lead(session, "country", ("national", "FR"))
        add_lead(session, "aude", ("department", "11"))
        add_lead(session, "city", ("commune", "11069"))
        add_lead(session, "quarter", ("qpv", "QN01101M"))
        add_lead(session, "paris", ("commune", "75056"))
        assert code(lead_for(session, "11069", "QN01101M")) == "quarter"
        assert code(lead_for(session, "11069", "QN01102M")) == "city"
        assert code(lead_for(session, "11262")) == "aude"
        assert code(lead_for(session, "75118")) == "paris"
        assert code(lead_for(session, "97411")) == "country"
        assert code(lead_for(session, None)) == "country"


def test_an_inactive_lead_answers_for_nothing(database: Database) -> None:
    with database.transaction() as session:
        add_lead(session, "gone", ("commune", "11069")).active = False
        add_lead(session, "second", ("commune", "11069"))
        add_lead(session, "first", ("commune", "11069"))
        assert code(lead_for(session, "11069")) == "first"


def square(west: float, south: float, side: float) -> list[list[float]]:
    east, north = west + side, south + side
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def test_the_neighbourhood_of_a_point(database: Database) -> None:
    polygon = {"type": "Polygon", "coordinates": [square(0, 0, 10), square(4, 4, 2)]}
    two = {"type": "MultiPolygon", "coordinates": [[square(20, 0, 1)], [square(30, 0, 1)]]}
    nested = {"type": "GeometryCollection", "geometries": [two, {"type": "Point", "coordinates": [50, 0]}]}
    with database.transaction() as session:
        for qpv_code, geometry, west, east in (("QN00001A", polygon, 0, 10), ("QN00002A", nested, 20, 31)):
            session.add(
                Qpv(
                    code=qpv_code,
                    name=qpv_code,
                    insee_code="11069",
                    geometry=geometry,
                    south=0,
                    north=10,
                    west=west,
                    east=east,
                )
            )
        session.flush()

        def at(lat: float, lon: float) -> str | None:
            qpv = qpv_at(session, lat, lon)
            return qpv.code if qpv else None

        assert at(1, 1) == "QN00001A"
        assert at(5, 5) is None, "a hole"
        assert at(0.5, 30.5) == "QN00002A"
        assert at(0.5, 25) is None, "in the box, between the two parts"
        assert at(50, 50) is None
