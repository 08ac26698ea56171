"""Learning from life: the log of misunderstood messages, labelling them, and the floors that hold what was learnt."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.commands.nlu import nlu
from nlu.adding import add_example
from nlu.engine import Engine
from nlu.errors import ConfigError, DataError
from nlu.floors import Floors
from nlu.misunderstood import LONGEST, MisunderstoodLog
from nlu.training import Example, read
from nlu.understanding import Intent, Understanding
from tests.nlu.test_command import StandIn

DATA = """nlu:
- intent: faq/acre
  examples: |
    - c quoi lacre
    - l'acre

- intent: greet
  examples: |
    - bonjour
- lookup: sector
  examples: |
    - greet
"""


@pytest.fixture
def log(tmp_path: Path) -> MisunderstoodLog:
    return MisunderstoodLog(tmp_path / "deep" / "misunderstood.jsonl")


def doubtful(text: str, *guesses: str) -> Understanding:
    ranking = tuple(Intent(name, 0.3) for name in guesses or ("faq/acre", "greet"))
    return Understanding(text, ranking[0], ranking)


def test_what_was_not_understood_is_kept_without_who_said_it(engine: Engine, log: MisunderstoodLog) -> None:
    parse = log.watching(lambda text: Understanding(text, Intent("x", 0.1), (), engine.parse(text).entities), "x")
    parse("bjr je m'appelle Samira Test je suis a vaulx en velin 06 39 98 12 34 dossier 4412")
    (entry,) = log.read()
    assert entry.text == "bjr je m'appelle *** je suis a *** *** dossier ***"


@pytest.mark.parametrize(
    ("text", "sure"),
    [("je veux un rdv", 0.9), ("Samira", 0.1), ("samira test", 0.1), ("Samira Ben Test", 0.1), ("a b " * LONGEST, 0.1)],
)
def test_what_was_understood_or_may_be_a_name_is_not_kept(log: MisunderstoodLog, text: str, sure: float) -> None:
    log.note(Understanding(text, Intent("greet", sure), ()), "out_of_scope")
    assert log.read() == []


def test_a_log_that_cannot_be_written_stops_no_conversation(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    parse = MisunderstoodLog(tmp_path / "file" / "log").watching(doubtful, "out_of_scope")
    assert parse("je ne sais quoi").text == "je ne sais quoi"
    assert "cannot be kept" in caplog.text


def test_an_example_goes_to_the_end_of_its_intent(tmp_path: Path) -> None:
    path = tmp_path / "data.yml"
    path.write_text(DATA, encoding="utf-8")
    assert add_example(tmp_path, "faq/acre", "kes ke\nl [acre]") == path
    assert path.read_text(encoding="utf-8") == DATA.replace("    - l'acre\n", "    - l'acre\n    - kes ke l (acre)\n")
    assert [example.text for example in read(path).examples if example.intent == "greet"] == ["bonjour"]
    with pytest.raises(DataError, match="no section is called nope"):
        add_example(tmp_path, "nope", "x")


def test_labels_on_the_terminal(engine: Engine, log: MisunderstoodLog, tmp_path: Path) -> None:
    data = tmp_path / "data.yml"
    data.write_text(DATA, encoding="utf-8")
    for text in ("un deux trois", "quatre cinq six", "sept huit neuf", "dix onze douze", "un deux trois"):
        log.note(doubtful(text), "out_of_scope")
    path = tmp_path / "deep" / "misunderstood.jsonl"
    arguments = ["label", "--log", str(path), "--data", str(data)]
    typed = "\nnope\ngre\ngreet\nd\nq\n"  # the first guess; an intent, at the third try; discard; quit
    result = CliRunner().invoke(nlu, arguments, input=typed, obj=StandIn(engine, tmp_path))
    assert result.exit_code == 0, result.output
    assert "Near: greet" in result.output
    assert "2 added" in result.output
    labelled = {example.text: example.intent for example in read(data).examples}
    assert labelled["un deux trois"] == "faq/acre"
    assert labelled["quatre cinq six"] == "greet"
    assert "sept huit neuf" not in labelled
    assert [entry.text for entry in log.read()] == ["dix onze douze"]


def test_labelling_without_a_log_says_how_to_have_one(engine: Engine, tmp_path: Path) -> None:
    result = CliRunner().invoke(nlu, ["label"], obj=StandIn(engine, tmp_path))
    assert result.exit_code == 2
    assert "ALLERVERS_MISUNDERSTOOD_LOG" in result.stderr


def test_an_intent_under_its_floor_is_named() -> None:
    floors = Floors(0.5, {"b": 1.0})
    examples = [Example(str(i), name, (), "f:1") for i, name in enumerate("aabb")]
    read_as = [doubtful("0", "a"), doubtful("1", "b"), doubtful("2", "b"), doubtful("3", "a")]
    assert floors.broken(examples, read_as) == ["b: 1 of 2 understood, its floor is 100%"]


def test_an_evaluation_fails_under_a_floor(engine: Engine, tmp_path: Path, data_file: Path) -> None:
    floors = tmp_path / "floors.yml"
    wiring = StandIn(engine, tmp_path)
    arguments = ["evaluate", str(data_file), "--floors", str(floors), "--json"]
    floors.write_text("usual: 0\nintents: {}\n", encoding="utf-8")
    assert CliRunner().invoke(nlu, arguments, obj=wiring).exit_code == 0
    floors.write_text("usual: 0\nintents: {greet: 1.1}\n", encoding="utf-8")
    result = CliRunner().invoke(nlu, arguments, obj=wiring)
    assert result.exit_code == 1
    assert "under its floor: greet" in result.stderr
    assert json.loads(result.stdout)["sentences"] > 0
    floors.write_text("usual: none\n", encoding="utf-8")
    assert "not floors" in CliRunner().invoke(nlu, arguments, obj=wiring).stderr
    with pytest.raises(ConfigError, match="there is no such file"):
        Floors.load(tmp_path / "nowhere.yml")


def test_our_floors_name_intents_of_ours() -> None:
    package = Path(__file__).parents[2] / "nlu"
    assert set(Floors.load(package / "floors.yml").named) <= set(read(package / "data").intents)
