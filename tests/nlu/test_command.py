"""`allervers nlu` on the command line."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.commands.nlu import nlu
from nlu.embedding.base import Embedder
from nlu.engine import Engine
from nlu.entities.base import CommuneRow
from tests.nlu.conftest import COMMUNES, EMBEDDER


class StandIn:
    """What the command line's context object offers."""

    def __init__(self, engine: Engine, vectors: Path) -> None:
        self._engine = engine
        self._vectors = vectors

    def engine(self) -> Engine:
        return self._engine

    def embedder(self) -> Embedder:
        return EMBEDDER

    @property
    def vectors(self) -> Path:
        return self._vectors

    def gazetteer_names(self) -> Iterable[CommuneRow]:
        return COMMUNES


@pytest.fixture
def wiring(engine: Engine, tmp_path: Path) -> StandIn:
    return StandIn(engine, tmp_path / "vectors")


def test_parses_a_line_a_text(wiring: StandIn) -> None:
    typed = "je veux un rdv à vaulx\n\nsalut 👋\r\n".encode() + b"\xff\n"
    result = CliRunner().invoke(nlu, ["parse"], input=typed, obj=wiring)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["text"] for line in lines] == ["je veux un rdv à vaulx", "", "salut 👋", "\ufffd"]
    assert lines[0]["intent"]["name"] == "book_appointment"
    assert lines[0]["entities"][0]["value"] == {"insee_code": "69256", "name": "Vaulx-en-Velin"}


def test_trains_then_parses_and_evaluates(wiring: StandIn, data_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "model"
    trained = CliRunner().invoke(nlu, ["train", "--data", str(data_file), "--out", str(out)], obj=wiring)
    assert (trained.exit_code, trained.stdout) == (0, "")
    assert "4 intents" in trained.stderr
    parsed = CliRunner().invoke(nlu, ["parse", "--model", str(out)], input="bonjour\n", obj=wiring)
    assert json.loads(parsed.stdout)["intent"]["name"] == "greet"
    arguments = ["evaluate", str(data_file), "--model", str(out)]
    measured = CliRunner().invoke(nlu, [*arguments, "--json"], obj=wiring)
    assert json.loads(measured.stdout)["accuracy"] > 0.9
    assert "macro f1" in CliRunner().invoke(nlu, arguments, obj=wiring).stdout


def test_checks_data(wiring: StandIn, data_file: Path, tmp_path: Path) -> None:
    fine = CliRunner().invoke(nlu, ["check", "--data", str(data_file)], obj=wiring)
    assert fine.exit_code == 0
    assert "22 examples, 4 intents, 0 errors" in fine.stderr
    bad = tmp_path / "bad.yml"
    bad.write_text("nlu:\n- intent: a\n  examples: |\n    - x\n- intent: b\n  examples: |\n    - x\n", encoding="utf-8")
    result = CliRunner().invoke(nlu, ["check", "--data", str(bad)], obj=wiring)
    assert result.exit_code == 2
    assert "error:" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["parse", "--model", "nowhere"], "Train the model again"),
        (["train", "--data", "nowhere", "--out", "x"], "there is no such file"),
        (["evaluate", "nowhere"], "there is no such file"),
        (["check", "--data", "nowhere"], "there is no such file"),
    ],
)
def test_errors_are_one_line_and_exit_2(wiring: StandIn, arguments: list[str], says: str) -> None:
    result = CliRunner().invoke(nlu, arguments, obj=wiring)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert says in result.stderr


def test_a_file_without_examples_is_refused(wiring: StandIn, tmp_path: Path) -> None:
    (tmp_path / "stories.yml").write_text("stories: []\n", encoding="utf-8")
    result = CliRunner().invoke(nlu, ["evaluate", str(tmp_path)], obj=wiring)
    assert result.exit_code == 2
    assert "no example to measure on" in result.stderr
