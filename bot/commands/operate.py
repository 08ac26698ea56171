"""Running the service: migrate, demo, serve, worker."""

from contextlib import suppress
from importlib.metadata import entry_points

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import process, web_server
from bot.app import create_app
from bot.commands.wiring import Wiring
from bot.errors import SettingsError
from directory.exchange import demo_files, load_demo
from directory.exchange.reading import read_csv
from directory.models import Lead

DEMO = "allervers.demo"
"""Entry point group of what else a demonstration needs; each returns (login, password) pairs it made."""


@click.command()
@click.pass_obj
def migrate(wiring: Wiring) -> None:
    """Brings the database's tables to this version."""
    wiring.database().close()
    click.echo("The database is up to date.")


@click.command()
@click.pass_obj
def demo(wiring: Wiring) -> None:
    """Prepares a demonstration: tables, the demonstration territory, accounts for the desk, understanding."""
    services = wiring.services()
    accounts: list[tuple[str, str]] = []
    with services.database.transaction() as session:
        _refuse_real_leads(session)
        load_demo(session)
        session.flush()
        for entry_point in entry_points(group=DEMO):
            accounts += entry_point.load()(session, services.clock())
    click.echo("Understanding residents: learning from the examples, a minute or two if they changed…")
    assert services.understanding is not None
    for login, password in accounts:
        click.echo(f"Desk account: {login}  password: {password}")
    services.close()


def _refuse_real_leads(session: Session) -> None:
    """A demonstration gives every lead a new password: leads of a real service must not lose theirs."""
    ours = {code for path in demo_files() if path.stem == "leads" for code in read_csv(path).codes}
    others = sorted(set(session.scalars(select(Lead.code))) - ours)
    if others:
        raise SettingsError(
            f"ALLERVERS_DATABASE_URL: this database has leads of its own ({', '.join(others[:3])}…): a demonstration "
            "would change their passwords; choose another database"
        )


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on.")
@click.pass_obj
def serve(wiring: Wiring, host: str, port: int) -> None:
    """Serves the site and takes turns, in one process."""
    services = wiring.services()
    assert services.mind is not None  # ready before the first message, not at it
    process.settle()
    with web_server.listen(host, port) as listening, suppress(KeyboardInterrupt):  # Ctrl-C is how it is meant to stop
        site = f"http://{host}:{listening.getsockname()[1]}"
        click.echo(f"allervers: {site}  the leads' desk: {site}/desk  (Ctrl-C stops)", err=True)
        web_server.serve(create_app(services), services.web.bell, listening)


@click.command()
@click.pass_obj
def worker(wiring: Wiring) -> None:
    """Takes turns and does what is owed, beside other processes. Needs a database they share."""
    services = wiring.services()
    wait_for_the_end = process.stopping()
    assert services.mind is not None
    process.settle()
    services.worker.start()
    wait_for_the_end()
    services.worker.stop()
    services.close()
