"""`allervers knowledge`: the answers, checked, listed, and what people ask that has none.

Results go to standard output, problems to standard error; exit code 2 when there is one.
"""

import json
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Protocol

import click

from bot.app import TRAINING_DATA
from bot.commands.flows import segments
from bot.commands.refusing import project, refuse
from bot.conversations.gaps import Gap, gaps, ordinary_words
from db.session import Database
from flows import knowledge_checks
from flows.engine.errors import AuthoringError
from flows.knowledge_reader import load_knowledge
from flows.knowledge_table import table
from flows.loader import load_domain
from nlu.engine import Engine
from nlu.training import read

PAGE = Path("docs") / "knowledge.md"


class Wiring(Protocol):
    """What this group needs of the command line's context object."""

    def database(self) -> Database: ...

    def engine(self) -> Engine: ...


@click.group()
def knowledge() -> None:
    """The answers: check, table, gaps."""


def _today() -> date:
    return datetime.now(UTC).date()


_ON = click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="As of that day; today otherwise.")


@knowledge.command("check")
@click.option("--due", "only_due", is_flag=True, help="Lists what must be checked again this month, by source.")
@_ON
def check_(only_due: bool, on: datetime | None) -> None:
    """Says what is hard to read, too long, without a way on, or due; one problem a line."""
    subject = _subject(on.date() if on else _today())
    if only_due:
        _list_due(subject)
        return
    problems = knowledge_checks.check(subject)
    if problems:
        refuse(*map(str, problems))
    for late in knowledge_checks.advice(subject):
        click.echo(f"advice: {late}")
    known = subject.knowledge
    click.echo(f"{len(known.topics)} answers, {len(known.facts)} facts: no fault")


@knowledge.command("table")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; fail when the page is out of date.")
def table_(only_check: bool) -> None:
    """Writes docs/knowledge.md: each topic with its certainty, source, dates, languages and segments."""
    known = _subject(_today()).knowledge
    # As of the last check: the page changes when the answers do, not when a day passes.
    page = table(_subject(max(topic.checked_on for topic in known.topics.values())))
    path = project() / PAGE
    late = not path.is_file() or path.read_text(encoding="utf-8") != page
    if only_check and late:
        refuse(f"{PAGE}: out of date; run make knowledge")
    if late:
        path.write_text(page, encoding="utf-8")
    click.echo(f"{PAGE}: {'rewritten' if late else 'up to date'}")


@knowledge.command("gaps")
@click.option("--days", type=click.IntRange(1, 1095), default=30, show_default=True, help="How far to look back.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, to be labelled.")
@click.pass_obj
def gaps_(wiring: Wiring, days: int, as_json: bool) -> None:
    """Lists what was not understood, most frequent first, by stop and neighbourhood, nobody recognisable in it."""
    database, since = wiring.database(), datetime.now(UTC) - timedelta(days=days)
    ordinary = ordinary_words(example.text for example in read(TRAINING_DATA).examples)
    try:
        with database.reading() as session:
            found = gaps(session, wiring.engine().parse, ordinary, since)
    finally:
        database.close()
    for gap in found:
        click.echo(json.dumps(gap._asdict(), ensure_ascii=False) if as_json else _line(gap))
    click.echo(f"{sum(gap.times for gap in found)} messages not understood in {days} days", err=True)


def _line(gap: Gap) -> str:
    where = [*gap.stops, *gap.neighbourhoods]
    return f"{gap.times:4} {gap.text}{'  (' + ', '.join(where) + ')' if where else ''}"


def _list_due(subject: knowledge_checks.Subject) -> None:
    facts = knowledge_checks.due(subject.knowledge, subject.on)
    for (title, url), together in groupby(facts, key=lambda fact: (fact.source.title, fact.source.url)):
        click.echo(f"{title}, {url}")
        for fact in together:
            shown = f"{fact.value} {fact.unit}".strip()
            click.echo(f"  {fact.review_by.isoformat()}  {fact.id}: {shown}  {fact.file}:{fact.line}")
    click.echo(f"{len(facts)} facts to check again by the end of {subject.on:%Y-%m}", err=True)


def _subject(on: date) -> knowledge_checks.Subject:
    try:
        return knowledge_checks.Subject(load_knowledge(), load_domain(), on, segments)
    except AuthoringError as error:
        refuse(*map(str, error.problems))
