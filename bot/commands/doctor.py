"""`allervers doctor`: what is configured, what is missing, what would fail, and the cure."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import click
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from bot import keys
from bot.commands.wiring import Wiring
from bot.errors import BotError
from bot.faults import describe
from bot.mail import SmtpMailer
from bot.settings import Settings
from db.errors import StorageError
from db.migrate import current, head
from directory.models import Lead, Permanence, Place
from flows.engine.errors import FlowsError
from flows.knowledge_base import load_knowledge
from flows.loader import load_domain, load_flows

OK, MISSING, FAILS = "ok", "missing", "fails"
SIGNS = {OK: "✓", MISSING: "·", FAILS: "✗"}


class Finding(NamedTuple):
    """One thing looked at: how it is, and what to do about it."""

    subject: str
    state: str
    words: str


@click.command()
@click.pass_obj
def doctor(wiring: Wiring) -> None:
    """Looks at everything this service needs. Exit code 1 when something would fail."""
    findings = list(examine(wiring))
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        click.echo(f"{SIGNS[finding.state]} {finding.subject:<{width}}  {finding.words}")
    if any(finding.state == FAILS for finding in findings):
        raise SystemExit(1)


def examine(wiring: Wiring) -> Iterable[Finding]:
    """Every finding, in the order in which to mend them. Raises SettingsError when settings cannot be read."""
    settings = wiring.settings
    for check in CHECKS:
        yield from check(wiring, settings)


def _keys(_wiring: Wiring, settings: Settings) -> Iterable[Finding]:
    try:
        keys.prepare(settings)
    except BotError as error:
        yield Finding("encryption key", FAILS, str(error))
        return
    where = "ALLERVERS_SECRET_KEY" if settings.secret_key else f"{settings.data_dir / 'secret.key'} (save it elsewhere)"
    yield Finding("encryption key", OK, where)


def _database(wiring: Wiring, settings: Settings) -> Iterable[Finding]:
    try:
        database = wiring.database()
        database.ping()
        if current(database.url) != head():
            yield Finding("database", FAILS, "its tables are not of this version; run: allervers migrate")
            return
        with database.reading() as session:
            counts = [session.scalar(select(func.count()).select_from(table)) for table in (Place, Permanence, Lead)]
    except (SQLAlchemyError, BotError, StorageError, OSError) as error:
        yield Finding("database", FAILS, f"does not answer ({describe(error)}); check ALLERVERS_DATABASE_URL")
        return
    yield Finding("database", OK, database.dialect)
    words = "{} places, {} permanences, {} leads".format(*counts)
    if all(counts):
        yield Finding("directory", OK, words)
    else:
        yield Finding("directory", MISSING, f"{words}; run: allervers directory import FILE… or allervers demo")


def _flows(_wiring: Wiring, _settings: Settings) -> Iterable[Finding]:
    try:
        flows, domain, knowledge = load_flows(), load_domain(), load_knowledge()
    except FlowsError as error:
        yield Finding("flows", FAILS, str(error))
        return
    words = f"{len(flows)} flows, {len(domain.responses)} responses, {len(knowledge.topics)} answers"
    yield Finding("flows", OK, words)


def _data_dir(_wiring: Wiring, settings: Settings) -> Iterable[Finding]:
    folder: Path = settings.data_dir
    writable = os.access(folder if folder.exists() else folder.parent, os.W_OK)
    yield Finding("data folder", OK if writable else FAILS, str(folder) if writable else f"{folder} cannot be written")


def _outside(_wiring: Wiring, settings: Settings) -> Iterable[Finding]:
    if settings.public_url is None:
        yield Finding("public address", MISSING, "set ALLERVERS_PUBLIC_URL: links and calendar files need it")
    else:
        safe = settings.public_url.scheme == "https"
        yield Finding("public address", OK if safe else FAILS, str(settings.public_url) if safe else "use https://")
    if settings.smtp_url is None:
        yield Finding("e-mail", MISSING, "set ALLERVERS_SMTP_URL; until then notifications are printed")
        return
    try:
        SmtpMailer(settings.smtp_url.get_secret_value(), settings.mail_from)
    except BotError as error:
        yield Finding("e-mail", FAILS, str(error))
    else:
        yield Finding("e-mail", OK, f"from {settings.mail_from}")


CHECKS: tuple[Callable[[Wiring, Settings], Iterable[Finding]], ...] = (_keys, _data_dir, _database, _flows, _outside)
