"""The files of the directory: their columns, what identifies a line, and what a line must respect by itself."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from db.base import Base
from directory.exchange import formats as f
from directory.geography import gazetteer
from directory.models import Absence, Coverage, Lead, Permanence, PermanenceException, Place, Poster, Stop
from directory.territories import zone_of

RowRule = Callable[[dict[str, Any]], Iterator[tuple[str, str]]]  # yields (what, cure)


@dataclass(frozen=True)
class Column:
    """A column of a file. `refers_to` names the file whose `code` it holds; it is stored in `<name>_id`."""

    name: str
    format: f.Format
    required: bool = False
    default: Any = None
    refers_to: str | None = None

    @property
    def attribute(self) -> str:
        """The model's attribute that holds it."""
        return f"{self.name}_id" if self.refers_to else self.name


@dataclass(frozen=True)
class FileSpec:
    """One file. `key`: the columns that identify a line from one import to the next."""

    name: str
    model: type[Base]
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ("code",)
    complete: Callable[[dict[str, Any]], None] = lambda _values: None
    check: RowRule = lambda _values: iter(())

    @property
    def required(self) -> set[str]:
        """Columns that must be there, and filled on every line."""
        return {column.name for column in self.columns if column.required}

    @property
    def removable(self) -> bool:
        """Whether a line may take its row away, with `remove` set to yes: rows that nothing refers to."""
        return self.key != ("code",)

    def column(self, name: str) -> Column:
        """The column of this name."""
        return next(column for column in self.columns if column.name == name)


def _needed(name: str, form: f.Format, refers_to: str | None = None) -> Column:
    return Column(name, form, required=True, refers_to=refers_to)


def _locate(values: dict[str, Any]) -> None:
    """Fills what the INSEE code says: the zone, and the commune's centroid where no point is given."""
    commune = gazetteer().by_insee(values["insee_code"])
    if commune is not None and values["lat"] is None and values["lon"] is None:
        values["lat"], values["lon"] = commune.lat, commune.lon
        if "precision" in values:
            values["precision"] = "commune"
    values["timezone"] = values["timezone"] or zone_of(values["insee_code"])


def _located(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if values["lat"] is None or values["lon"] is None:
        yield (
            "no point is known",
            "write both lat and lon: the centroid of this commune is not known, or one is missing",
        )


def _ordered(values: dict[str, Any], first: str, last: str, *, strictly: bool) -> Iterator[tuple[str, str]]:
    start, end = values[first], values[last]
    if start is not None and end is not None and (end < start or (strictly and end == start)):
        yield (
            f"{last} is not after {first}",
            f"write {last} after {first}, on the same day" if strictly else "swap them",
        )


def _on_cells(values: dict[str, Any], name: str) -> Iterator[tuple[str, str]]:
    if values[name] is not None and values[name].minute % 5:
        yield f"{name} is not a multiple of five minutes", "write it like 09:00 or 09:05"


def _check_permanence(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _ordered(values, "starts_at", "ends_at", strictly=True)
    yield from _on_cells(values, "starts_at")
    yield from _ordered(values, "valid_from", "valid_until", strictly=False)


def _check_exception(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _ordered(values, "starts_at", "ends_at", strictly=True)
    yield from _on_cells(values, "starts_at")
    changes = any(values[name] is not None for name in ("starts_at", "ends_at", "place"))
    if values["kind"] == "moved" and not changes:
        yield "moved, but neither hours nor place", "fill starts_at, ends_at or place; or write cancelled"
    if values["kind"] == "cancelled" and changes:
        yield "cancelled, but with hours or a place", "empty starts_at, ends_at and place; or write moved"


def _check_absence(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _ordered(values, "starts_on", "ends_on", strictly=False)


def _check_stop(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _located(values)
    yield from _ordered(values, "starts_at", "ends_at", strictly=True)


def _check_poster(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if sum(values[name] is not None for name in ("stop", "place", "permanence")) != 1:
        yield "does not lead to one thing", "fill one of stop, place and permanence"


TERRITORIES: dict[str, tuple[Callable[[str], bool], str]] = {
    "commune": (lambda code: gazetteer().by_insee(code) is not None, "write the commune's INSEE code"),
    "department": (lambda code: code in gazetteer().departments(), "write its number, like 11, 2A or 974"),
    "qpv": (lambda code: len(code) == 8 and code.startswith("Q"), "write a code like QN01101M"),
    "national": (lambda code: code == "FR", "write FR"),
}


def _check_coverage(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    is_known, cure = TERRITORIES[values["scope"]]
    if not is_known(values["code"]):
        yield f"no {values['scope']} has the code {values['code']}", cure


SOURCE = (Column("source_name", f.TEXT), Column("source_url", f.URL), Column("source_date", f.SOURCE_DATE))
ACTIVE = Column("active", f.BOOLEAN, default=True)
POINT = (Column("lat", f.LATITUDE), Column("lon", f.LONGITUDE))

LEADS = FileSpec(
    "leads",
    Lead,
    (
        _needed("code", f.CODE),
        _needed("role", f.TEXT),
        Column("email", f.EMAIL),
        Column("phone", f.PHONE),
        Column("telegram_group", f.TEXT),
        ACTIVE,
    ),
)
PLACES = FileSpec(
    "places",
    Place,
    (
        _needed("code", f.CODE),
        _needed("kind", f.KIND),
        _needed("name", f.TEXT),
        Column("operator", f.TEXT),
        Column("address", f.TEXT),
        Column("postcode", f.POSTCODE),
        _needed("insee_code", f.INSEE),
        *POINT,
        Column("precision", f.one_of("address", "street", "quartier", "commune"), default="address"),
        Column("timezone", f.ZONE),
        Column("phone", f.PHONE),
        Column("email", f.EMAIL),
        Column("url", f.URL),
        Column("hours_note", f.TEXT),
        *SOURCE,
        ACTIVE,
    ),
    complete=_locate,
    check=_located,
)
COVERAGE = FileSpec(
    "coverage",
    Coverage,
    (
        _needed("lead", f.CODE, "leads"),
        _needed("scope", f.one_of("commune", "qpv", "department", "national")),
        _needed("code", f.TERRITORY),
    ),
    key=("lead", "scope", "code"),
    check=_check_coverage,
)
PERMANENCES = FileSpec(
    "permanences",
    Permanence,
    (
        _needed("code", f.CODE),
        _needed("place", f.CODE, "places"),
        _needed("lead", f.CODE, "leads"),
        _needed("weekday", f.WEEKDAY),
        _needed("starts_at", f.TIME),
        _needed("ends_at", f.TIME),
        Column("opening_minutes", f.whole(5, 240, 5), default=30),
        Column("capacity", f.whole(1, 100), default=1),
        Column("valid_from", f.DATE),
        Column("valid_until", f.DATE),
        *SOURCE,
    ),
    check=_check_permanence,
)
EXCEPTIONS = FileSpec(
    "exceptions",
    PermanenceException,
    (
        _needed("permanence", f.CODE, "permanences"),
        _needed("on_date", f.DATE),
        _needed("kind", f.one_of("cancelled", "moved")),
        Column("starts_at", f.TIME),
        Column("ends_at", f.TIME),
        Column("place", f.CODE, refers_to="places"),
    ),
    key=("permanence", "on_date"),
    check=_check_exception,
)
ABSENCES = FileSpec(
    "absences",
    Absence,
    (_needed("lead", f.CODE, "leads"), _needed("starts_on", f.DATE), _needed("ends_on", f.DATE)),
    key=("lead", "starts_on"),
    check=_check_absence,
)
STOPS = FileSpec(
    "stops",
    Stop,
    (
        _needed("code", f.CODE),
        Column("place", f.CODE, refers_to="places"),
        _needed("bus", f.TEXT),
        Column("operator", f.TEXT),
        Column("label", f.TEXT),
        Column("quartier", f.TEXT),
        _needed("insee_code", f.INSEE),
        Column("address", f.TEXT),
        *POINT,
        Column("timezone", f.ZONE),
        _needed("on_date", f.DATE),
        Column("starts_at", f.TIME),
        Column("ends_at", f.TIME),
        *SOURCE,
        ACTIVE,
    ),
    complete=_locate,
    check=_check_stop,
)
POSTERS = FileSpec(
    "posters",
    Poster,
    (
        _needed("code", f.POSTER),
        Column("stop", f.CODE, refers_to="stops"),
        Column("place", f.CODE, refers_to="places"),
        Column("permanence", f.CODE, refers_to="permanences"),
        Column("label", f.TEXT),
    ),
    check=_check_poster,
)

# In an order in which what is referred to comes first.
FILES = (LEADS, PLACES, COVERAGE, PERMANENCES, EXCEPTIONS, ABSENCES, STOPS, POSTERS)
