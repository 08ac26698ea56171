"""The directory's data in and out: CSV files, and GeoJSON for the perimeters. docs/directory.md has the format.

Everything is checked before anything is written, and every problem is reported at once. Importing twice changes
nothing; importing what was exported changes nothing.
"""

import csv
from collections.abc import Iterable
from importlib.resources import as_file, files
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.errors import ImportRejected, Problem
from directory.exchange.checking import Hours, check_together
from directory.exchange.perimeters import Perimeter, export_perimeters, read_perimeters, store_perimeters
from directory.exchange.reading import Reading, read_csv
from directory.exchange.specs import FILES
from directory.exchange.storing import MODELS, Counts, store_rows, written_rows
from directory.models import Lead, Permanence
from directory.posters import give_codes

__all__ = ["Counts", "check", "demo_files", "export", "import_files", "load_demo"]

PERIMETERS = "qpv.geojson"


def check(paths: Iterable[Path]) -> list[Problem]:
    """Everything wrong with files, without a database: references are checked among the files given."""
    readings, _, problems = _read(paths)
    rows = [row for reading in readings for row in reading.rows]
    return sorted([*problems, *check_together(rows, _named(readings), [])])


def import_files(session: Session, paths: Iterable[Path]) -> dict[str, Counts]:
    """Adds and changes rows as files say, and gives a poster's code to what has none.

    Raises ImportRejected, with every problem, before writing anything.
    """
    readings, perimeters, problems = _read(paths)
    rows = [row for reading in readings for row in reading.rows]
    known = _named(readings)
    for spec in FILES:
        if spec.key == ("code",):
            known.setdefault(spec.name, set()).update(session.scalars(select(MODELS[spec.name].code)))
    problems += check_together(rows, known, _stored_hours(session))
    if problems:
        raise ImportRejected(problems)
    given = {reading.spec for reading in readings}
    counts = {
        spec.name: store_rows(session, spec, [row for row in rows if row.spec is spec])
        for spec in FILES
        if spec in given
    }
    give_codes(session)
    if perimeters:
        counts["qpv"] = store_perimeters(session, perimeters)
    return counts


def export(session: Session, folder: Path) -> list[Path]:
    """Writes the whole directory, one file a table, as `import_files` reads it."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for spec in FILES:
        path = folder / f"{spec.name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(column.name for column in spec.columns)
            writer.writerows(written_rows(session, spec))
        paths.append(path)
    if export_perimeters(session, folder / PERIMETERS):
        paths.append(folder / PERIMETERS)
    return paths


def demo_files() -> list[Path]:
    """The demonstration territory packaged with the directory."""
    with as_file(files("directory") / "data" / "demo") as folder:
        return sorted(folder.glob("*.csv"))


def load_demo(session: Session) -> dict[str, Counts]:
    """Imports the demonstration territory; again changes nothing."""
    return import_files(session, demo_files())


def _read(paths: Iterable[Path]) -> tuple[list[Reading], list[Perimeter], list[Problem]]:
    readings: list[Reading] = []
    perimeters: list[Perimeter] = []
    problems: list[Problem] = []
    for path in paths:
        if path.suffix.lower() in (".geojson", ".json"):
            found, wrong = read_perimeters(path)
            perimeters += found
            problems += wrong
        else:
            readings.append(read_csv(path))
            problems += readings[-1].problems
    return readings, perimeters, problems


def _named(readings: Iterable[Reading]) -> dict[str, set[str]]:
    """The codes each kind of file names."""
    named: dict[str, set[str]] = {}
    for reading in readings:
        if reading.spec is not None:
            named.setdefault(reading.spec.name, set()).update(reading.codes)
    return named


def _stored_hours(session: Session) -> list[Hours]:
    rows = session.execute(
        select(
            Permanence.code,
            Lead.code,
            Permanence.weekday,
            Permanence.starts_at,
            Permanence.ends_at,
            Permanence.valid_from,
            Permanence.valid_until,
        ).join(Permanence.lead)
    )
    return [Hours(*row) for row in rows]
