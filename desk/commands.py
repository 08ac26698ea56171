"""`allervers desk`: the operator's side of the desk."""

from datetime import UTC, datetime
from typing import Protocol

import click

from db.session import Database
from desk import accounts
from desk.errors import DeskError


class Wiring(Protocol):
    """What the command line hands to its groups."""

    def database(self) -> Database: ...


class Failure(click.ClickException):
    """What we know how to explain, with the exit code of the other commands."""

    exit_code = 2


@click.group()
def desk() -> None:
    """The leads' web desk."""


@desk.command()
@click.argument("lead_code")
@click.option("--login", help="How the lead signs in; the lead's code when not given.")
@click.pass_obj
def account(wiring: Wiring, lead_code: str, login: str | None) -> None:
    """Gives a lead an account, or a new password. The password is shown this once."""
    try:
        with wiring.database().transaction() as session:
            login, password = accounts.set_account(session, lead_code, login, datetime.now(UTC))
    except DeskError as error:
        raise Failure(str(error)) from error
    click.echo(f"login:    {login}")
    click.echo(f"password: {password}")
    click.echo("Not stored anywhere: hand it over now, and run this again if it is lost.", err=True)
