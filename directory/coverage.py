"""Which lead answers for a territory, and which priority neighbourhood a point lies in."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from directory.models import Coverage, Lead, Qpv
from directory.territories import commune_of, department_of

NATIONAL = "FR"
SCOPES = ("qpv", "commune", "department", "national")  # the most precise first


def lead_for(session: Session, insee_code: str | None, qpv_code: str | None = None) -> Lead | None:
    """The active lead of the most precise territory: neighbourhood, commune, department, country.

    An arrondissement counts before its city. Among equals, the first by code: always the same one.
    """
    wanted = [("qpv", qpv_code)] if qpv_code else []
    if insee_code:
        wanted += [("commune", insee_code), ("commune", commune_of(insee_code))]
        wanted += [("department", department_of(insee_code))]
    wanted += [("national", NATIONAL)]
    rows = session.execute(
        select(Coverage.scope, Coverage.code, Lead)
        .join(Coverage.lead)
        .where(Lead.active, or_(*((Coverage.scope == scope) & (Coverage.code == code) for scope, code in wanted)))
        .order_by(Lead.code)
    ).all()
    ranked = sorted(rows, key=lambda row: wanted.index((row[0], row[1])))
    return ranked[0][2] if ranked else None


class Territory(NamedTuple):
    """What a lead answers for: communes, departments, or the country."""

    communes: frozenset[str]
    departments: frozenset[str]
    everywhere: bool

    def holds(self, insee_code: str) -> bool:
        """Whether a commune lies in it."""
        return (
            self.everywhere
            or not self.communes.isdisjoint({insee_code, commune_of(insee_code)})
            or department_of(insee_code) in self.departments
        )


def territory_of(session: Session, lead_id: int) -> Territory:
    """The territory of a lead; of a neighbourhood, its whole commune where the perimeter is known."""
    rows = session.execute(select(Coverage.scope, Coverage.code).where(Coverage.lead_id == lead_id)).all()
    codes = {scope: frozenset(code for each, code in rows if each == scope) for scope in SCOPES}
    around = session.scalars(select(Qpv.insee_code).where(Qpv.code.in_(codes["qpv"])))
    return Territory(codes["commune"].union(around), codes["department"], bool(codes["national"]))


def qpv_at(session: Session, lat: float, lon: float) -> Qpv | None:
    """The priority neighbourhood a point lies in, if its perimeters were imported."""
    near = session.scalars(
        select(Qpv).where(Qpv.south <= lat, Qpv.north >= lat, Qpv.west <= lon, Qpv.east >= lon).order_by(Qpv.code)
    )
    return next((qpv for qpv in near if _contains(qpv.geometry, lon, lat)), None)


def positions(geometry: Any) -> list[tuple[float, float]]:
    """Every (lon, lat) of a GeoJSON geometry."""
    return [(lon, lat) for polygon in _polygons(geometry) for ring in polygon for lon, lat, *_ in ring]


def _polygons(geometry: Any) -> list[Any]:
    match geometry:
        case {"type": "Polygon", "coordinates": rings}:
            return [rings]
        case {"type": "MultiPolygon", "coordinates": polygons}:
            return list(polygons)
        case {"type": "GeometryCollection", "geometries": geometries}:
            return [polygon for each in geometries for polygon in _polygons(each)]
        case _:
            return []


def _contains(geometry: Any, lon: float, lat: float) -> bool:
    """Inside the outer ring of a polygon and in none of its holes: an odd number of rings surround the point."""
    return any(sum(_surrounds(ring, lon, lat) for ring in rings) % 2 for rings in _polygons(geometry))


def _surrounds(ring: Sequence[Sequence[float]], lon: float, lat: float) -> bool:
    inside = False
    for (x1, y1, *_), (x2, y2, *_) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (y1 > lat) != (y2 > lat) and lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside
