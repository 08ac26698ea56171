"""Rows of files to rows of tables and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.days import parse_source_date
from directory.exchange.reading import Row
from directory.exchange.specs import FILES, Column, FileSpec

MODELS: dict[str, Any] = {spec.name: spec.model for spec in FILES}


@dataclass
class Counts:
    """What an import did to one kind of row."""

    added: int = 0
    changed: int = 0
    same: int = 0
    removed: int = 0

    def change(self, row: Any, values: Mapping[str, Any]) -> None:
        """Sets what differs on a row, and counts it."""
        differing = {name: value for name, value in values.items() if getattr(row, name) != value}
        for name, value in differing.items():
            setattr(row, name, value)
        self.changed += bool(differing)
        self.same += not differing


def store_rows(session: Session, spec: FileSpec, rows: Sequence[Row]) -> Counts:
    """Adds, changes or removes the rows of one file; what they refer to is stored already."""
    counts = Counts()
    codes = _codes_by_id(session, spec)
    ids = {name: {code: key for key, code in by_id.items()} for name, by_id in codes.items()}
    key = [spec.column(name) for name in spec.key]
    known = {tuple(_written(column, codes, row) for column in key): row for row in _all(session, spec)}
    for row in rows:
        found = known.get(row.key)
        if row.remove:
            if found is not None:
                session.delete(found)
                counts.removed += 1
            continue
        values = {column.attribute: _stored(column, ids, row.values) for column in spec.columns}
        if "source_date" in values:
            values["source_on"] = parse_source_date(row.values["source_date"])
        if found is None:
            session.add(spec.model(**values))
            counts.added += 1
            continue
        counts.change(found, values)
    session.flush()
    return counts


def written_rows(session: Session, spec: FileSpec) -> list[list[str]]:
    """Every row of a table as its file has it, in the same order each time."""
    codes = _codes_by_id(session, spec)
    lines = []
    for row in _all(session, spec):
        values = ((column, _written(column, codes, row)) for column in spec.columns)
        lines.append(["" if value is None else column.format.write(value) for column, value in values])
    return sorted(lines)


def _all(session: Session, spec: FileSpec) -> Sequence[Any]:
    return session.scalars(select(spec.model)).all()


def _codes_by_id(session: Session, spec: FileSpec) -> dict[str, dict[int, str]]:
    """For each column that refers to another file: the code behind each id."""
    return {
        column.name: {row.id: row.code for row in session.execute(select(model.id, model.code))}
        for column in spec.columns
        if column.refers_to and (model := MODELS[column.refers_to])
    }


def _written(column: Column, codes: Mapping[str, Mapping[int, str]], row: Any) -> Any:
    value = getattr(row, column.attribute)
    return codes[column.name].get(value) if column.refers_to else value


def _stored(column: Column, ids: Mapping[str, Mapping[str, int]], values: Mapping[str, Any]) -> Any:
    value = values[column.name]
    return ids[column.name].get(value) if column.refers_to else value
