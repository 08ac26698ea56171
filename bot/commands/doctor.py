"""`allervers doctor`: what is configured, what is missing, what would fail, and the cure."""

import difflib
import os
from collections.abc import Callable, Iterable

import click
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from bot.commands import doctor_rasa, doctor_telegram, doctor_twilio, doctor_voice, flows, storage
from bot.commands.findings import FAILS, MISSING, OK, Finding
from bot.commands.wiring import Wiring
from bot.embedding import name_of
from bot.errors import BotError
from bot.faults import describe
from bot.settings import PREFIX, Settings
from directory.models import Lead, Permanence, Place
from flows.engine.errors import AuthoringError
from nlu.errors import EmbeddingError

SIGNS = {OK: "✓", MISSING: "·", FAILS: "✗"}


@click.command()
@click.pass_obj
def doctor(wiring: Wiring) -> None:
    """Looks at everything this service needs. Exit code 2 when something would fail."""
    findings = list(examine(wiring))
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        click.echo(f"{SIGNS[finding.state]} {finding.subject:<{width}}  {finding.words}")
    if any(finding.state == FAILS for finding in findings):
        raise SystemExit(2)


def examine(wiring: Wiring) -> Iterable[Finding]:
    """Every finding, in the order in which to mend them. Raises SettingsError when settings cannot be read."""
    settings = wiring.settings
    for check in CHECKS:
        yield from check(settings)


def _variables(_settings: Settings) -> Iterable[Finding]:
    """A misspelt variable is silently not a setting: the service would run on the default."""
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    for name in sorted(os.environ):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            close = difflib.get_close_matches(name.upper(), known, n=1)
            cure = f"did you mean {close[0]}?" if close else "see docs/operations.md for the settings"
            yield Finding("settings", FAILS, f"{name} is no setting; {cure}")


def _keys(settings: Settings) -> Iterable[Finding]:
    try:
        storage.prepare_keys(settings)
    except BotError as error:
        yield Finding("encryption key", FAILS, str(error))
        return
    where = "ALLERVERS_SECRET_KEY" if settings.secret_key else f"{settings.data_dir / 'secret.key'} (save it elsewhere)"
    yield Finding("encryption key", OK, where)


def _data_dir(settings: Settings) -> Iterable[Finding]:
    folder = settings.data_dir.absolute()
    first = next(each for each in (folder, *folder.parents) if each.exists())
    if first.is_dir() and os.access(first, os.W_OK | os.X_OK):
        yield Finding("data folder", OK, str(settings.data_dir))
    else:
        cure = "set ALLERVERS_DATA_DIR to a folder this user can write"
        yield Finding("data folder", FAILS, f"{settings.data_dir} cannot be written; {cure}")


def _database(settings: Settings) -> Iterable[Finding]:
    try:
        database = storage.reach(settings)
    except BotError as error:
        yield Finding("database", FAILS, str(error))
        return
    try:
        if not storage.is_up_to_date(database):
            yield Finding("database", FAILS, "its tables are not of this version; run: allervers migrate")
            return
        storage.check_keys(database, settings)
        with database.reading() as session:
            counts = [session.scalar(select(func.count()).select_from(table)) for table in (Place, Permanence, Lead)]
    except SQLAlchemyError as error:
        yield Finding("database", FAILS, f"cannot be read ({describe(error)}); put a backup in its place")
        return
    except BotError as error:
        yield Finding("database", FAILS, str(error))
        return
    finally:
        database.close()
    yield Finding("database", OK, database.dialect)
    words = "{} places, {} permanences, {} leads".format(*counts)
    if all(counts):
        yield Finding("directory", OK, words)
    else:
        yield Finding("directory", MISSING, f"{words}; run: allervers directory import FILE… or allervers demo")


def _flows(_settings: Settings) -> Iterable[Finding]:
    try:
        yield Finding("flows", OK, flows.count())
    except AuthoringError as error:
        for problem in error.problems:
            yield Finding("flows", FAILS, str(problem))


def _understanding(settings: Settings) -> Iterable[Finding]:
    try:
        yield Finding("understanding", OK, f"sentences are embedded by {name_of(settings)}")
    except EmbeddingError as error:
        yield Finding("understanding", MISSING, f"messages are read by their letters alone: {error}")


def _outside(settings: Settings) -> Iterable[Finding]:
    if settings.public_url is None:
        yield Finding("public address", MISSING, "set ALLERVERS_PUBLIC_URL: links and calendar files need it")
    elif settings.public_url.scheme != "https":
        yield Finding("public address", FAILS, f"ALLERVERS_PUBLIC_URL: {settings.public_url} must begin with https://")
    else:
        yield Finding("public address", OK, str(settings.public_url))
    if settings.smtp_url is None:
        yield Finding("e-mail", MISSING, "set ALLERVERS_SMTP_URL; until then notifications are printed")
    else:
        yield Finding("e-mail", OK, f"from {settings.mail_from}")


CHECKS: tuple[Callable[[Settings], Iterable[Finding]], ...] = (
    _variables,
    _keys,
    _data_dir,
    _database,
    _flows,
    _understanding,
    _outside,
    doctor_rasa.examine,
    doctor_telegram.examine,
    doctor_twilio.examine,
    doctor_voice.examine,
)
