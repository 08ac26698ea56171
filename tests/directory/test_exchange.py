"""Files in and out: everything wrong is said at once, nothing is written before, the same comes out as went in."""

import json
from pathlib import Path

import pytest
from sqlalchemy import func, select

from db.session import Database
from directory.errors import ImportRejected
from directory.exchange import check, demo_files, export, import_files, load_demo
from directory.models import Absence, Coverage, Lead, Permanence, PermanenceException, Place, Poster, Qpv, Stop

LEADS = "code,role,email\nanna,Cheffe de projet,anna@example.org\n"
PLACES = "code,kind,name,insee_code\nhere,citeslab,Ici,11069\nthere,citeslab,Là,97411\n"
PERMANENCES = "code,place,lead,weekday,starts_at,ends_at\nmonday,here,anna,lundi,09:00,12:00\n"


def write(folder: Path, **contents: str) -> list[Path]:
    paths = [folder / f"{name}.csv" for name in contents]
    for path, content in zip(paths, contents.values(), strict=True):
        path.write_text(content, encoding="utf-8")
    return paths


def said(paths: list[Path]) -> list[str]:
    return [str(problem) for problem in check(paths)]


def test_import_fills_what_the_insee_code_says(database: Database, tmp_path: Path) -> None:
    with database.transaction() as session:
        counts = import_files(session, write(tmp_path, places=PLACES, leads=LEADS, permanences=PERMANENCES))
        assert {name: count.added for name, count in counts.items()} == {"leads": 1, "places": 2, "permanences": 1}
        here, there = session.scalars(select(Place).order_by(Place.code)).all()
        assert (here.timezone, there.timezone) == ("Europe/Paris", "Indian/Reunion")
        assert (round(here.lat, 2), round(here.lon, 2), here.precision) == (43.21, 2.34, "commune")
        permanence = session.scalars(select(Permanence)).one()
        assert (permanence.weekday, permanence.opening_minutes, permanence.capacity) == (0, 30, 1)
        assert permanence.lead.email == "anna@example.org"


def test_import_again_changes_nothing_and_a_new_value_changes_one_row(database: Database, tmp_path: Path) -> None:
    with database.transaction() as session:
        import_files(session, write(tmp_path, places=PLACES, leads=LEADS))
        again = import_files(session, write(tmp_path, places=PLACES, leads=LEADS))
        assert [(count.added, count.changed, count.same) for count in again.values()] == [(0, 0, 1), (0, 0, 2)]
        changed = import_files(session, write(tmp_path, places=PLACES.replace("Là", "Là-bas")))
        assert (changed["places"].changed, changed["places"].same) == (1, 1)


def test_rows_without_a_code_can_be_removed(database: Database, tmp_path: Path) -> None:
    absences = "lead,starts_on,ends_on\nanna,2026-12-01,2026-12-05\n"
    with database.transaction() as session:
        import_files(session, write(tmp_path, leads=LEADS, absences=absences))
        removal = "lead,starts_on,ends_on,remove\nanna,2026-12-01,2026-12-05,yes\nanna,2027-01-01,2027-01-02,no\n"
        counts = import_files(session, write(tmp_path, absences=removal))["absences"]
        assert (counts.removed, counts.added) == (1, 1)


def test_a_file_is_known_by_its_columns_and_may_come_from_a_spreadsheet(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "mes lieux.csv"
    path.write_bytes("\ufeffCode;Kind;Name;insee_code\r\nici;adie;Adie, Carcassonne;11069\r\n".encode())
    with database.transaction() as session:
        assert import_files(session, [path])["places"].added == 1


@pytest.mark.parametrize(
    ("contents", "problem"),
    [
        ({"places": PLACES.replace("name", "nom")}, "places.csv:1: unknown column 'nom'"),
        ({"places": PLACES.replace("name", "nom")}, "places.csv:1: column 'name' is missing; add it"),
        ({"places": "code,code,kind,name,insee_code\n"}, "places.csv:1: column 'code' is there twice; keep one"),
        ({"places": PLACES.replace("11069", "11000")}, "places.csv:2: insee_code is not an INSEE code: '11000'"),
        ({"places": PLACES.replace("here,", "Here !,")}, "places.csv:2: code cannot be 'Here !'"),
        ({"places": PLACES.replace("Là", "")}, "places.csv:3: name is empty; fill it"),
        ({"places": PLACES.replace("Là", "Là,et,là")}, "places.csv:3: has 6 values for 4 columns"),
        ({"places": PLACES + "here,adie,Ici,11069\n"}, "places.csv:4: here is already on places.csv:2"),
        ({"leads": LEADS, "places": PLACES, "permanences": PERMANENCES.replace("anna", "zoe")}, "unknown lead 'zoe'"),
        ({"places": PLACES, "permanences": PERMANENCES.replace("here", "nowhere")}, "unknown place 'nowhere'"),
        ({"leads": 'code,role\nanna,"Cheffe\nzoe,Cheffe\n'}, "leads.csv:2: cannot be read from here on"),
        ({"leads": 'code,role\nanna,"Che"ffe\n'}, "leads.csv:2: cannot be read from here on"),
        ({"leads": 'code,"role\n'}, "leads.csv:1: cannot be read from here on"),
        ({"leads": "code,role\nanna,Che\0ffe\n"}, "leads.csv:2: holds characters that cannot be seen"),
        ({"leads": f"code,role\nanna,{'a' * 200_000}\n"}, "leads.csv:2: cannot be read from here on"),
        ({"permanences": PERMANENCES.replace("09:00", "9h05")}, ""),
        ({"permanences": PERMANENCES.replace("09:00", "09:02")}, "permanences.csv:2: starts_at is not a multiple"),
        ({"permanences": PERMANENCES.replace("09:00", "neuf")}, "permanences.csv:2: starts_at is not a time of day"),
        ({"permanences": PERMANENCES.replace("12:00", "08:00")}, "permanences.csv:2: ends_at is not after starts_at"),
        ({"permanences": PERMANENCES.replace("lundi", "8")}, "permanences.csv:2: weekday is not a weekday: '8'"),
        ({"absences": "lead,starts_on,ends_on\nanna,2026-12-05,2026-12-01\n"}, "ends_on is not after starts_on"),
        ({"absences": "lead,starts_on,ends_on\nanna,2026-02-30,2026-03-01\n"}, "starts_on is not a date"),
        ({"coverage": "lead,scope,code\nanna,commune,00000\n"}, "coverage.csv:2: no commune has the code 00000"),
        ({"coverage": "lead,scope,code\nanna,region,76\n"}, "coverage.csv:2: scope cannot be 'region'"),
        ({"exceptions": "permanence,on_date,kind\nmonday,2026-12-07,moved\n"}, "neither hours nor place"),
        ({"leads": "code,role,phone\nanna,Cheffe,06 39 98 12 34\n"}, "write +33639981234"),
        ({"leads": "code,role,phone\nanna,Cheffe,3998\n"}, "write it with its country"),
        ({"unknown": "a,b\n1,2\n"}, "unknown.csv:1: neither its name nor its columns are known"),
    ],
)
def test_problems_say_where_what_and_the_cure(tmp_path: Path, contents: dict[str, str], problem: str) -> None:
    found = said(write(tmp_path, **contents))
    assert bool(found) is bool(problem)
    assert any(problem in line for line in found) or not problem, found


@pytest.mark.parametrize("point", ["95,2", "43,181", "nord,2", "43,"])
def test_points_are_in_range(tmp_path: Path, point: str) -> None:
    (line,) = said(write(tmp_path, places=f"code,kind,name,insee_code,lat,lon\nici,adie,Ici,11069,{point}\n"))
    assert line.startswith("places.csv:2: ")


def test_a_line_is_counted_as_an_editor_counts_it(tmp_path: Path) -> None:
    content = 'code,kind,name,insee_code\nfirst,adie,"On\ntwo lines",11069\n\nbad,adie,Bad,1\n'
    assert said(write(tmp_path, places=content))[0].startswith("places.csv:5: insee_code")


def test_a_file_that_is_not_text_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "places.csv"
    path.write_bytes("code,kind,name,insee_code\nici,adie,Là,11069\n".encode("latin-1"))
    assert said([path]) == ["places.csv:2: is not UTF-8; save the file as CSV UTF-8"]
    assert said([tmp_path / "missing.csv"])[0].startswith("missing.csv:1: cannot be read")


def test_one_lead_is_not_in_two_places_at_once(database: Database, tmp_path: Path) -> None:
    more = PERMANENCES + "other,there,anna,0,11:30,13:00\nlater,there,anna,0,12:00,13:00\n"
    line = said(write(tmp_path, leads=LEADS, places=PLACES, permanences=more))[0]
    assert line.startswith("permanences.csv:3: other overlaps monday (permanences.csv:2)")
    with database.transaction() as session:
        import_files(session, write(tmp_path, leads=LEADS, places=PLACES, permanences=PERMANENCES))
        header = PERMANENCES.splitlines()[0]
        clash = write(tmp_path, permanences=f"{header}\nother,there,anna,0,11:30,13:00\n")
        with pytest.raises(ImportRejected, match="overlaps monday \\(the database\\)"):
            import_files(session, clash)
        over = f"{header},valid_until\nmonday,here,anna,0,09:00,12:00,2026-12-31\n"
        next_year = f"{header},valid_from\nother,there,anna,0,11:30,13:00,2027-01-01\n"
        import_files(session, write(tmp_path, permanences=over))
        assert import_files(session, write(tmp_path, permanences=next_year))["permanences"].added == 1


def test_nothing_is_written_when_one_line_is_wrong(database: Database, tmp_path: Path) -> None:
    paths = write(tmp_path, leads=LEADS, places=PLACES + "x,adie,X,0\ny,adie,Y,0\n", permanences=PERMANENCES)
    with database.transaction() as session:
        with pytest.raises(ImportRejected) as rejected:
            import_files(session, paths)
        assert [problem.line for problem in rejected.value.problems] == [4, 5]
        assert all(not session.scalar(select(func.count()).select_from(model)) for model in (Lead, Place, Permanence))


def test_the_demonstration_comes_out_as_it_went_in(database: Database, tmp_path: Path) -> None:
    assert check(demo_files()) == []
    with database.transaction() as session:
        load_demo(session)
        assert all(not count.added and not count.changed for count in load_demo(session).values())
        written = {path.name: path.read_text() for path in export(session, tmp_path)}
    assert {path.name: path.read_text() for path in demo_files()}.items() <= written.items()


def test_the_demonstration_is_sourced_and_names_nobody() -> None:
    lines = [
        line for path in demo_files() if path.stem in ("places", "stops") for line in path.read_text().splitlines()
    ]
    assert len(lines) > 100
    assert all("http" in line or "2018-03-08" in line or "2017-02-02" in line or "source_url" in line for line in lines)
    assert all("@" not in line for line in lines)


def test_export_then_import_is_identity(database: Database, tmp_path: Path) -> None:
    geometry = {"type": "Polygon", "coordinates": [[[2.3, 43.2], [2.4, 43.2], [2.4, 43.3], [2.3, 43.2]]]}
    properties = {"code_qp": "QN01101M", "lib_qp": "Le Viguier", "insee_com": "11069, 11220"}
    feature = {"type": "Feature", "properties": properties, "geometry": geometry}
    (tmp_path / "qpv.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    exceptions = "permanence,on_date,kind,starts_at,ends_at,place\n"
    exceptions += "monday,2026-12-07,cancelled,,,\nmonday,2026-12-14,moved,14:00,15:00,there\n"
    stops = "code,place,bus,insee_code,label,on_date,starts_at,ends_at,source_date,active\n"
    stops += 'one,here,"Bus, ""le grand""",11069,"place;du\nmarché",2026-12-01,09:00,,2026-11,no\n'
    paths = write(
        tmp_path,
        leads=LEADS,
        places=PLACES,
        permanences=PERMANENCES,
        coverage="lead,scope,code\nanna,commune,11069\nanna,national,FR\nanna,qpv,QN01101M\nanna,department,2A\n",
        exceptions=exceptions,
        absences="lead,starts_on,ends_on\nanna,2026-12-24,2027-01-02\n",
        stops=stops,
    )
    with database.transaction() as session:
        import_files(session, [*paths, tmp_path / "qpv.geojson"])
        first = export(session, tmp_path / "first")
        counts = import_files(session, first)
        assert {name: (count.added, count.changed, count.removed) for name, count in counts.items()} == dict.fromkeys(
            (*[path.stem for path in first],), (0, 0, 0)
        )
        for model in (Poster, Absence, PermanenceException, Coverage, Permanence, Stop, Place, Lead, Qpv):
            for row in session.scalars(select(model)):
                session.delete(row)
            session.flush()
        import_files(session, first)
        second = export(session, tmp_path / "second")
        assert [path.read_bytes() for path in second] == [path.read_bytes() for path in first]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("[]", "is not a GeoJSON FeatureCollection"),
        ('{"features": 3}', "is not a GeoJSON FeatureCollection"),
        ("not json", "is not a GeoJSON FeatureCollection"),
        ({"type": "Point", "coordinates": [2, 43]}, "feature 1 lacks 'insee_com'"),
        ({"type": "Polygon", "coordinates": [[[652000, 6862000]]]}, "feature 1 is not in degrees"),
        ({"type": "LineString", "coordinates": []}, "feature 1 has no perimeter"),
    ],
)
def test_perimeters_are_checked(tmp_path: Path, content: str | dict[str, object], problem: str) -> None:
    path = tmp_path / "qpv.geojson"
    if not isinstance(content, str):
        content = json.dumps({"features": [{"properties": {}, "geometry": content}]})
    path.write_text(content)
    (line,) = said([path])
    assert problem in line
