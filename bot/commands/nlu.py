"""`allervers nlu`: what texts mean, and how well that is known.

Results go to standard output, problems to standard error; exit code 2 when there is one.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn, Protocol

import click

from bot.commands.labelling import label_all
from nlu.cache import PACKAGE, doubter, training
from nlu.check import check as inspect
from nlu.embedding.base import Embedder
from nlu.engine import Engine, build_normaliser
from nlu.entities.base import CommuneRow
from nlu.errors import NluError
from nlu.evaluate import read_all, report_on
from nlu.floors import Floors
from nlu.model import Model
from nlu.pipeline import DEFAULT_CONFIG, load_pipeline
from nlu.progress import Bar
from nlu.training import read

PATH = click.Path(path_type=Path)
DATA = PACKAGE / "data"
FLOORS = PACKAGE / "floors.yml"


class Wiring(Protocol):
    """What this group needs of the command line's context object."""

    def engine(self) -> Engine: ...

    def embedder(self) -> Embedder | None: ...

    @property
    def vectors(self) -> Path: ...

    def gazetteer_names(self) -> Iterable[CommuneRow]: ...


@click.group()
def nlu() -> None:
    """What texts mean: parse, train, evaluate, check, label."""


@nlu.command()
@click.option("--model", type=PATH, help="A trained model's folder; the assistant's own otherwise.")
@click.pass_obj
def parse(wiring: Wiring, model: Path | None) -> None:
    """Reads one text a line, prints Rasa's parse JSON a line."""
    engine = _engine(wiring, model)
    lines = sys.stdin.buffer
    while raw := lines.readline():
        text = raw.decode("utf-8", "replace").rstrip("\r\n")
        click.echo(json.dumps(engine.parse(text).to_rasa(), ensure_ascii=False))
        sys.stdout.flush()


@nlu.command()
@click.option("--data", type=PATH, required=True, multiple=True, help="Rasa NLU YAML: a file or a folder.")
@click.option("--out", type=PATH, required=True, help="The folder the model is written to.")
@click.option("--config", type=PATH, default=DEFAULT_CONFIG, help="A Rasa-shaped pipeline.")
@click.pass_obj
def train(wiring: Wiring, data: tuple[Path, ...], out: Path, config: Path) -> None:
    """Trains a model on any Rasa NLU data."""
    try:
        learn, means = training(wiring.embedder(), wiring.vectors, Bar())
        model = learn(data, wiring.gazetteer_names(), config=config, means=means)
        model.save(out)
    except (NluError, OSError) as error:
        _fail(error)
    learnt = model.classifier
    unseen = "too thin to measure" if learnt.unseen_accuracy is None else f"{learnt.unseen_accuracy:.3f}"
    click.echo(f"{out}: {len(learnt.intents)} intents, accuracy in cross-validation: {unseen}", err=True)


@nlu.command()
@click.argument("file", type=PATH, nargs=-1, required=True)
@click.option("--model", type=PATH, help="A trained model's folder; the assistant's own otherwise.")
@click.option("--floors", type=PATH, help="Floors by intent; nlu/floors.yml for the assistant's own model.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
@click.pass_obj
def evaluate(wiring: Wiring, file: tuple[Path, ...], model: Path | None, floors: Path | None, as_json: bool) -> None:
    """Measures a model on labelled sentences (Rasa NLU YAML) it never saw. Exit code 1 when one is under its floor."""
    engine = _engine(wiring, model)
    try:
        examples = read(file).examples
    except NluError as error:
        _fail(error)
    if not examples:
        _fail(NluError(f"{', '.join(map(str, file))}: no example to measure on. Add `- intent:` sections"))
    answers, seconds = read_all(engine, examples)
    report = report_on(engine, examples, answers, seconds)
    click.echo(json.dumps(report.to_json(), ensure_ascii=False) if as_json else report.to_text())

    if floors or not model:
        try:
            broken = Floors.load(floors or FLOORS).broken(examples, answers)
        except NluError as error:
            _fail(error)
        for line in broken:
            click.echo(f"under its floor: {line}", err=True)
        if broken:
            sys.exit(1)


@nlu.command()
@click.argument("file", type=PATH)
@click.option("--data", type=PATH, default=DATA, help="Rasa NLU YAML that is added to: a file or a folder.")
def label(file: Path, data: Path) -> None:
    """Goes through the messages of `allervers knowledge gaps --json`: take a guess, name another intent, or discard."""
    try:
        labelled = label_all(file, data, read(data).intents)
    except (NluError, OSError) as error:
        _fail(error)
    click.echo(f"{labelled} added to {data}", err=True)


@nlu.command()
@click.option("--data", type=PATH, default=DATA, help="Rasa NLU YAML: a file or a folder.")
@click.option("--config", type=PATH, default=DEFAULT_CONFIG, help="A Rasa-shaped pipeline.")
@click.option("--doubts", is_flag=True, help="Also labels that a cross-validated model doubts; half a minute.")
@click.pass_obj
def check(wiring: Wiring, data: Path, config: Path, doubts: bool) -> None:
    """Lists what would hurt in the training data: sentences under two intents, thin intents, broken marks."""
    try:
        content, pipeline = read(data), load_pipeline(config)
        issues = inspect(content, build_normaliser(pipeline), pipeline.unless)
        if doubts:
            _, means = training(wiring.embedder(), wiring.vectors, Bar())
            issues += doubter()(content, pipeline, means)
    except NluError as error:
        _fail(error)
    for issue in issues:
        click.echo(f"{'error' if issue.blocking else 'advice'}: {issue}")
    blocking = sum(issue.blocking for issue in issues)
    click.echo(
        f"{len(content.examples)} examples, {len(content.intents)} intents, {blocking} errors, "
        f"{len(issues) - blocking} pieces of advice",
        err=True,
    )
    if blocking:
        sys.exit(2)


def _engine(wiring: Wiring, model: Path | None) -> Engine:
    try:
        return Model.load(model).engine(wiring.embedder()) if model else wiring.engine()
    except NluError as error:
        _fail(error)


def _fail(error: Exception) -> NoReturn:
    click.echo(f"error: {error}", err=True)
    sys.exit(2)
