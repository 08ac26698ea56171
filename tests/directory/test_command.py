"""The command line of the directory."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.commands.directory import directory
from db.session import Database
from directory.exchange import demo_files


class Wiring:
    def __init__(self, database: Database) -> None:
        self._database = database

    def database(self) -> Database:
        return self._database


@pytest.fixture
def wiring(database: Database) -> Wiring:
    return Wiring(database)


def run(wiring: Wiring | None, *arguments: str) -> Result:
    return CliRunner().invoke(directory, list(arguments), obj=wiring)


def test_import_export_and_check(wiring: Wiring, tmp_path: Path) -> None:
    result = run(wiring, "import", *map(str, demo_files()))
    assert result.exit_code == 0, result.output
    assert "places: 87 added" in result.stdout
    written = run(wiring, "export", str(tmp_path / "out")).stdout.split()
    assert {Path(path).name for path in written} > {path.name for path in demo_files()}
    assert run(None, "check", *written).stdout == "8 files, nothing wrong\n"
    assert "0 added, 0 changed" in run(wiring, "import", *written).stdout
    assert run(None, "check").exit_code == 0


def test_problems_go_to_standard_error_with_exit_code_two(wiring: Wiring, tmp_path: Path) -> None:
    path = tmp_path / "absences.csv"
    path.write_text("lead,starts_on,ends_on\nnobody,2026-12-01,2026-12-02\nnobody,x,2026-12-02\n")
    for arguments, count in ((["import", str(path)], 2), (["check", str(path)], 1)):
        result = run(wiring, *arguments)
        assert result.exit_code == 2
        assert result.stdout == ""
        assert len(result.stderr.splitlines()) == count
        assert "absences.csv:3: starts_on is not a date: 'x'; write it like 2026-12-01" in result.stderr
    (tmp_path / "file").write_text("")
    assert run(wiring, "export", str(tmp_path / "file" / "folder")).exit_code == 2


def test_nearest_of_the_demonstration_territory(wiring: Wiring) -> None:
    result = run(wiring, "nearest", "11000 Carcassonne", "--at", "2026-11-23T09:00", "--json")
    found = json.loads(result.stdout)
    assert found["point"]["insee_code"] == "11069"
    assert [place["code"] for place in found["places"]] == [
        "carcassonne-bastide-pont-vieux",
        "carcassonne-fleming-la-reille",
        "carcassonne-ozanam",
    ]
    first = found["places"][0]
    assert first["next_permanence"]["starts_at"] == "2026-11-23T09:00:00+01:00"
    assert (first["source"], first["source_date"], first["to_check"]) == ("CitésLab Carcassonne", "2018-03-08", True)
    assert found["stops"] == []
    plain = run(wiring, "nearest", "11000 Carcassonne", "--at", "2026-11-23T08:00Z").stdout
    assert "13 rue Victor Hugo, Carcassonne [2018-03-08, to check]" in plain


def test_nearest_shows_stops_that_were_still_to_come(wiring: Wiring) -> None:
    plain = run(wiring, "nearest", "caen", "--at", "2025-08-15T09:00").stdout
    assert "next stop 2025-08-19, La Grâce de Dieu, Caen" in plain
    assert "2025-08-11" not in plain


def test_nearest_refuses_what_it_cannot_read(wiring: Wiring) -> None:
    assert run(wiring, "nearest", "xqzqxq").exit_code == 2
    assert "names no commune" in run(wiring, "nearest", "xqzqxq").stderr
    assert run(wiring, "nearest", "caen", "--at", "demain").exit_code == 2
