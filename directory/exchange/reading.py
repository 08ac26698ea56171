"""Reading CSV files into rows: recognising the file, refusing what cannot be read, line by line."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from directory.errors import Problem
from directory.exchange.formats import BOOLEAN, BadValue
from directory.exchange.specs import FILES, Column, FileSpec

UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Characters that no text of ours holds; PostgreSQL refuses the first."""

REMOVE = Column("remove", BOOLEAN, default=False)


@dataclass(frozen=True)
class Row:
    """One line that could be read. `remove`: take the row of this key away."""

    spec: FileSpec
    file: str
    line: int
    values: dict[str, Any]
    remove: bool = False

    @property
    def key(self) -> tuple[Any, ...]:
        """What identifies the row."""
        return tuple(self.values[name] for name in self.spec.key)

    def problem(self, what: str, cure: str) -> Problem:
        """Something wrong with this line."""
        return Problem(self.file, self.line, what, cure)


@dataclass
class Reading:
    """What a file says: rows, problems, and every code it names, even on lines that cannot be read."""

    spec: FileSpec | None = None
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    codes: set[str] = field(default_factory=set)


def read_csv(path: Path) -> Reading:
    """Every line of a file, and everything wrong with it."""
    file = path.name
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        return Reading(problems=[Problem(file, line, "is not UTF-8", "save the file as CSV UTF-8")])
    except OSError as error:
        return Reading(problems=[Problem(file, 1, f"cannot be read: {error.strerror}", "check the path")])
    reading = Reading()
    lines = _lines(file, text, reading.problems)
    header = [name.strip().lower() for name in next(lines, (1, []))[1]]
    if reading.problems:
        return reading
    spec = recognise(path.stem.lower(), header)
    if spec is None:
        names = ", ".join(f"{spec.name}.csv" for spec in FILES)
        cure = f"name it like one of: {names}"
        return Reading(problems=[Problem(file, 1, "neither its name nor its columns are known", cure)])
    reading.spec = spec
    reading.problems += _check_header(file, spec, header)
    if reading.problems:
        return reading
    for line, cells in lines:
        if any(UNSEEN.search(cell) for cell in cells):
            what, cure = "holds characters that cannot be seen", "type the line again; the file may not be text"
            reading.problems.append(Problem(file, line, what, cure))
        elif any(cell.strip() for cell in cells):
            _read_row(reading, spec, file, line, header, cells)
    return reading


def _lines(file: str, text: str, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line with its number; what cannot be read on ends it with a problem.

    Strict: a quote that is opened and never closed would swallow the lines after it without a word.
    """
    header = text.partition("\n")[0]
    delimiter = ";" if header.count(";") > header.count(",") else ","  # as a French Excel writes it
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    try:
        for cells in rows:
            yield start, cells
            start = rows.line_num + 1
    except csv.Error as error:
        cure = 'close the quote, or write "" for a quote inside a text'
        problems.append(Problem(file, start, f"cannot be read from here on ({error})", cure))


def recognise(stem: str, header: Sequence[str]) -> FileSpec | None:
    """The file meant by a name, or else by its columns."""
    for spec in FILES:
        if stem == spec.name:
            return spec
    fitting = [spec for spec in FILES if spec.required <= set(header) and not _unknown(spec, header)]
    return max(fitting, key=lambda spec: len(spec.required), default=None)


def _unknown(spec: FileSpec, header: Sequence[str]) -> list[str]:
    known = {column.name for column in spec.columns} | ({REMOVE.name} if spec.removable else set())
    return [name for name in header if name not in known]


def _check_header(file: str, spec: FileSpec, header: Sequence[str]) -> list[Problem]:
    columns = ", ".join(column.name for column in spec.columns)
    problems = [
        Problem(file, 1, f"unknown column {name!r}", f"the columns of {spec.name}.csv are: {columns}")
        for name in _unknown(spec, header)
    ]
    problems += [
        Problem(file, 1, f"column {name!r} is there twice", "keep one")
        for name in sorted({name for name in header if header.count(name) > 1})
    ]
    problems += [
        Problem(file, 1, f"column {name!r} is missing", "add it") for name in sorted(spec.required - set(header))
    ]
    return problems


def _read_row(
    reading: Reading, spec: FileSpec, file: str, line: int, header: Sequence[str], cells: Sequence[str]
) -> None:
    if len(cells) > len(header):
        what = f"has {len(cells)} values for {len(header)} columns"
        cure = 'put "…" around a text that contains the separator'
        reading.problems.append(Problem(file, line, what, cure))
        return
    written = {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
    reading.codes.add(written.get("code", ""))
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    columns = [*spec.columns, REMOVE] if spec.removable else spec.columns
    for column in columns:
        try:
            values[column.name] = _read_value(column, written.get(column.name, ""))
        except BadValue as error:
            problems.append(Problem(file, line, f"{column.name} {error.what}", error.cure))
    if not problems:
        spec.complete(values)
        problems = [Problem(file, line, what, cure) for what, cure in spec.check(values)]
    if not problems:
        reading.rows.append(Row(spec, file, line, values, values.pop(REMOVE.name, False)))
    reading.problems += problems


def _read_value(column: Column, text: str) -> Any:
    if text:
        return column.format.read(text)
    if column.required:
        raise BadValue("is empty", "fill it")
    return column.default
