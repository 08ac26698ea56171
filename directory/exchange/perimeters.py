"""Perimeters of the priority neighbourhoods: GeoJSON in, as data.gouv.fr publishes it, and out."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.coverage import positions
from directory.errors import Problem
from directory.exchange.storing import Counts
from directory.models import Qpv

CURE_FILE = "take the GeoJSON file in WGS84 of data.gouv.fr"


@dataclass(frozen=True)
class Perimeter:
    """One neighbourhood of a file."""

    code: str
    name: str
    insee_code: str
    geometry: dict[str, Any]


def read_perimeters(path: Path) -> tuple[list[Perimeter], list[Problem]]:
    """Every neighbourhood of a GeoJSON file, and everything wrong with it."""
    try:
        features = json.loads(path.read_text(encoding="utf-8-sig"))["features"]
        if not isinstance(features, list):
            raise TypeError
    except OSError as error:
        return [], [Problem(path.name, 1, f"cannot be read: {error.strerror}", "check the path")]
    except (ValueError, KeyError, TypeError):
        return [], [Problem(path.name, 1, "is not a GeoJSON FeatureCollection", CURE_FILE)]
    perimeters: dict[str, Perimeter] = {}
    problems: list[Problem] = []
    for number, feature in enumerate(features, start=1):
        try:
            perimeter = _read(feature)
            if perimeter.code in perimeters:
                raise ValueError(f"has the code {perimeter.code} again")
            perimeters[perimeter.code] = perimeter
        except (KeyError, TypeError, ValueError) as error:
            what = f"lacks {error}" if isinstance(error, KeyError) else str(error)
            problems.append(Problem(path.name, 1, f"feature {number} {what}", CURE_FILE))
    return list(perimeters.values()), problems


def _read(feature: dict[str, Any]) -> Perimeter:
    properties, geometry = feature["properties"], feature["geometry"]
    found = positions(geometry)
    if not found and geometry["type"] != "Point":
        raise ValueError("has no perimeter")
    if not all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in found):
        raise ValueError("is not in degrees of longitude and latitude")
    # A neighbourhood that spans several communes lists them; the first stands for it.
    insee_code = str(properties["insee_com"]).replace(";", ",").split(",")[0].strip()
    return Perimeter(str(properties["code_qp"]), str(properties["lib_qp"]), insee_code, geometry)


def store_perimeters(session: Session, perimeters: list[Perimeter]) -> Counts:
    """Adds or changes each neighbourhood."""
    counts = Counts()
    known = {qpv.code: qpv for qpv in session.scalars(select(Qpv))}
    for perimeter in perimeters:
        found = known.get(perimeter.code)
        if found is None:
            session.add(Qpv(code=perimeter.code, **_values(perimeter)))
            counts.added += 1
        else:
            counts.change(found, _values(perimeter))
    session.flush()
    return counts


def _values(perimeter: Perimeter) -> dict[str, Any]:
    points = positions(perimeter.geometry) or [tuple(perimeter.geometry["coordinates"][:2])]
    return {
        "name": perimeter.name,
        "insee_code": perimeter.insee_code,
        "geometry": perimeter.geometry,
        "west": min(lon for lon, _ in points),
        "east": max(lon for lon, _ in points),
        "south": min(lat for _, lat in points),
        "north": max(lat for _, lat in points),
    }


def export_perimeters(session: Session, path: Path) -> bool:
    """Writes every neighbourhood known; False when there is none."""
    known = session.scalars(select(Qpv).order_by(Qpv.code)).all()
    features = [
        {
            "type": "Feature",
            "properties": {"code_qp": qpv.code, "lib_qp": qpv.name, "insee_com": qpv.insee_code},
            "geometry": qpv.geometry,
        }
        for qpv in known
    ]
    if features:
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False))
    return bool(features)
