"""`allervers stats`: what the service brought, in numbers that are nobody's."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Protocol

import click
from sqlalchemy.orm import Session

from bot.app import utc_now
from bot.posters.counts import UNKNOWN, Tally, tallies
from bot.settings import Settings
from db.session import Database
from directory import posters


class Wiring(Protocol):
    """What this group needs of the command line's context object."""

    @property
    def settings(self) -> Settings: ...
    def database(self) -> Database: ...


@click.group()
def stats() -> None:
    """What the service brought."""


@stats.command("posters")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only who came since that day, and openings since.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on standard output.")
@click.pass_obj
def posters_(wiring: Wiring, since: datetime | None, as_json: bool) -> None:
    """Openings, people, cases and bookings of each poster, one a line; the last line is for unknown codes."""
    with wiring.database().reading() as session:
        found = tallies(session, wiring.settings.zone, since.date() if since else None)
        lines = [
            {"code": code or None, **_about(session, code), **asdict(found[code])}
            for code in sorted(found, key=lambda code: (code == UNKNOWN, code))
        ]
    for line in lines:
        click.echo(json.dumps(line, ensure_ascii=False) if as_json else _shown(line))


def _about(session: Session, code: str) -> Mapping[str, str | None]:
    poster = posters.find(session, code) if code != UNKNOWN else None
    if poster is None:
        return {"to": None, "commune": None, "on": None, "label": None}
    spot = posters.spot(poster, utc_now())
    on = spot.on.isoformat() if spot.on else None
    return {"to": spot.name, "commune": spot.commune, "on": on, "label": poster.label}


def _shown(line: Mapping[str, object]) -> str:
    numbers = " ".join(f"{line[field.name]:>5} {field.name}" for field in fields(Tally))
    about = ", ".join(str(line[name]) for name in ("to", "commune", "on", "label") if line[name])
    return f"{line['code'] or '?':<6} {numbers}  {about}"
