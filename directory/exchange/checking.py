"""What lines must respect together: no key twice, no reference to nothing, no lead in two places at once."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time
from itertools import combinations
from typing import NamedTuple

from directory.errors import Problem
from directory.exchange.reading import Row

KnownCodes = Mapping[str, set[str]]  # by file name; a file that is absent cannot be checked against


class Hours(NamedTuple):
    """A permanence's weekly hours; `row` when a file says them, None when the database does."""

    code: str
    lead: str
    weekday: int
    starts_at: time
    ends_at: time
    valid_from: date | None
    valid_until: date | None
    row: Row | None = None


def check_together(rows: Sequence[Row], known: KnownCodes, stored: Sequence[Hours]) -> Iterator[Problem]:
    """Everything wrong between lines, and between lines and what is `known` and `stored` already."""
    yield from _check_keys(rows)
    yield from _check_references(rows, known)
    yield from _check_overlaps(rows, stored)


def _check_keys(rows: Sequence[Row]) -> Iterator[Problem]:
    first: dict[tuple[object, ...], Row] = {}
    for row in rows:
        earlier = first.setdefault((row.spec.name, *row.key), row)
        if earlier is not row:
            key = " ".join(str(part) for part in row.key)
            yield row.problem(f"{key} is already on {earlier.file}:{earlier.line}", "keep one line")


def _check_references(rows: Sequence[Row], known: KnownCodes) -> Iterator[Problem]:
    for row in rows:
        for column in row.spec.columns:
            code = row.values[column.name]
            if column.refers_to is None or code is None or column.refers_to not in known:
                continue
            if code not in known[column.refers_to]:
                cure = f"add it to {column.refers_to}.csv, or correct the code"
                yield row.problem(f"unknown {column.name} {code!r}", cure)


def _check_overlaps(rows: Sequence[Row], stored: Sequence[Hours]) -> Iterator[Problem]:
    written = [
        Hours._make([*(row.values[name] for name in Hours._fields[:-1]), row])
        for row in rows
        if row.spec.name == "permanences"
    ]
    rewritten = {hours.code for hours in written}
    by_day: defaultdict[tuple[str, int], list[Hours]] = defaultdict(list)
    for hours in [*(each for each in stored if each.code not in rewritten), *written]:
        by_day[hours.lead, hours.weekday].append(hours)
    for same_day in by_day.values():
        for earlier, later in combinations(same_day, 2):
            if later.row is not None and _overlap(earlier, later):
                where = f"{earlier.row.file}:{earlier.row.line}" if earlier.row else "the database"
                yield later.row.problem(
                    f"{later.code} overlaps {earlier.code} ({where}) of the same lead",
                    "change the day, the hours or the validity of one",
                )


def _overlap(one: Hours, other: Hours) -> bool:
    if one.starts_at >= other.ends_at or other.starts_at >= one.ends_at:
        return False
    starts = max(one.valid_from or date.min, other.valid_from or date.min)
    return starts <= min(one.valid_until or date.max, other.valid_until or date.max)
