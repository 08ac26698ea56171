"""`allervers poster`: a poster as a PDF file."""

from datetime import datetime
from pathlib import Path
from typing import Protocol

import click

from bot.app import utc_now
from bot.commands.moments import Moment
from bot.commands.territory import ensure_territory
from bot.errors import SettingsError
from bot.posters.pdf import FORMATS, draw
from bot.posters.sheet import compose
from bot.settings import Settings
from db.session import Database
from directory import posters


class Wiring(Protocol):
    """What this command needs of the command line's context object."""

    @property
    def settings(self) -> Settings: ...
    def database(self) -> Database: ...


@click.command()
@click.argument("code")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The PDF file to write.")
@click.option(
    "--format", "format_", default="a4", show_default=True, type=click.Choice(list(FORMATS)), help="Its size."
)
@click.option("--at", type=Moment(), help="The next dates as of this time.")
@click.pass_obj
def poster(wiring: Wiring, code: str, out: Path, format_: str, at: datetime | None) -> None:
    """Draws the poster of a CODE, or of the stop, place or permanence that has it, as a PDF to print.

    `card` is a page of eight cards to cut out. An empty database gets the demonstration territory first.
    """
    database = wiring.database()
    ensure_territory(database)
    with database.reading() as session:
        found = posters.meant(session, code)
        sheet = compose(session, wiring.settings, found, at or utc_now())
    try:
        out.write_bytes(draw(sheet, format_))
    except OSError as error:
        raise SettingsError(f"{out}: {error.strerror}; choose a file that can be written") from None
    click.echo(f"{out}: {sheet.code}, {sheet.name}, {sheet.url}")
