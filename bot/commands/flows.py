"""`allervers flows`: what the conversation is made of, checked and drawn.

Results go to standard output, problems to standard error; exit code 2 when there is one.
"""

from collections.abc import Mapping
from pathlib import Path

import click
import yaml

from bot.app import utc_now
from bot.channels import gsm7
from bot.commands import sms_costs
from bot.commands.refusing import project, refuse
from bot.commands.wiring import Wiring
from bot.runtime import interpreter, payloads
from bot.site_words import SiteWords
from flows.actions import ACTIONS
from flows.checks import check
from flows.draw import draw
from flows.engine.errors import AuthoringError
from flows.knowledge_reader import load_knowledge
from flows.loader import load_domain, load_flows
from flows.translations import begun, to_translate

PICTURES = Path("docs") / "flows"


@click.group()
def flows() -> None:
    """What the conversation is made of: check, draw, translate."""


@flows.command("check")
@click.option("--sms", "each", is_flag=True, help="Also what each text costs by SMS, the dearest first.")
@click.pass_obj
def check_(wiring: Wiring, each: bool) -> None:
    """Says what is wrong with flows, texts and answers, one problem a line; else what they cost by SMS."""
    try:
        click.echo(f"{count()}: no fault")
    except AuthoringError as error:
        refuse(*map(str, error.problems))
    texts, price = sms_costs.priced(load_domain(), load_knowledge(), utc_now()), wiring.settings.sms_price
    for line in sms_costs.table(texts, price):
        click.echo(line)
    for text in texts if each else ():
        cost = "" if price is None else f"  {text.sent * price:.3f} €"
        click.echo(f"{text.words} -> {text.sent}  {text.alphabet}{cost}  {text.name} ({text.language})")
    if too_long := [text for text in texts if text.is_too_long]:
        refuse(*(f"{text.name} in {text.language} costs {text.sent} SMS segments; shorten it" for text in too_long))


def count() -> str:
    """How much is authored, in words; raises AuthoringError with everything that is wrong with it."""
    known, domain, knowledge = load_flows(), load_domain(), load_knowledge()
    site = SiteWords()
    problems = [*site.problems(begun(domain))]
    problems += check(
        known,
        domain,
        ACTIONS,
        knowledge=knowledge,
        segments=segments,
        read_payload=payloads.parse,
        intents={*interpreter.REPLIES, *interpreter.CONTROLS},
    )
    if problems:
        raise AuthoringError(problems)
    authored = f"{len(known)} flows, {len(domain.responses)} responses, {len(knowledge.topics)} answers"
    return f"{authored}, {len(site.french)} words of the site"


@flows.command("translate")
@click.argument("language")
def translate_(language: str) -> None:
    """Prints what is not said in a language yet, ready to be translated into files that end in .LANGUAGE.yml."""
    try:
        missing = {**to_translate(load_domain(), language), "site": SiteWords().to_translate(language)}
    except AuthoringError as error:
        refuse(*map(str, error.problems))
    click.echo(yaml.safe_dump(missing, allow_unicode=True, sort_keys=False, width=1000), nl=False)


@flows.command("draw")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; fail when a picture is out of date.")
def draw_(only_check: bool) -> None:
    """Writes docs/flows: a page and a picture for each flow."""
    try:
        pages = draw(load_flows())
    except AuthoringError as error:
        refuse(*map(str, error.problems))
    folder = project() / PICTURES
    late = out_of_date(folder, pages)
    if only_check and late:
        refuse(*(f"{PICTURES / name}: out of date; run make flows" for name in late))
    if not only_check:
        folder.mkdir(parents=True, exist_ok=True)
        for name in late:
            if name in pages:
                (folder / name).write_text(pages[name], encoding="utf-8")
            else:
                (folder / name).unlink()
    click.echo(f"{len(pages)} pages in {PICTURES}, {0 if only_check else len(late)} changed")


def segments(text: str) -> int:
    """What a text costs by SMS, in the handset's alphabet."""
    return gsm7.cost(gsm7.fold(text)).segments


def out_of_date(folder: Path, pages: Mapping[str, str]) -> list[str]:
    """The names of pages that are missing, differ, or have no flow any more."""
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    return sorted(name for name in {*there, *pages} if there.get(name) != pages.get(name))
