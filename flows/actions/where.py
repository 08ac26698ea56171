"""From the slots to a point on the map and the lead who covers it."""

from typing import NamedTuple

from directory import coverage
from directory.models import Lead
from flows.actions.tools import Tools
from flows.engine.actions import ActionContext


class Where(NamedTuple):
    """A point in degrees, its commune and what to call it."""

    lat: float
    lon: float
    insee_code: str
    label: str


def where(context: ActionContext) -> Where | None:
    """The shared location, unless another commune was named; else that commune's centre; None when none is known."""
    tools: Tools = context.tools
    commune = context.slots.get("commune") or {}
    known = tools.gazetteer.by_insee(str(commune.get("insee_code"))) if commune else None
    location = context.slots.get("location")
    if location:
        near = tools.gazetteer.nearest(location["lat"], location["lon"])
        if known is None or near.insee_code == known.insee_code:  # another town named since is where they mean
            return Where(location["lat"], location["lon"], near.insee_code, near.name)
    if known is None or known.lat is None or known.lon is None:
        return None
    return Where(known.lat, known.lon, known.insee_code, known.name)


def lead_of(context: ActionContext) -> Lead | None:
    """The lead who covers where the person lives; the coordination when nobody nearer does."""
    tools: Tools = context.tools
    commune = context.slots.get("commune") or {}
    qpv = context.slots.get("qpv") or {}
    insee_code = str(commune.get("insee_code") or "")
    return coverage.lead_for(tools.session, insee_code, qpv.get("code") if isinstance(qpv, dict) else None)
