"""Learning from life: labelling what was misunderstood, and the floors that hold what was learnt."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.commands.nlu import nlu
from nlu.adding import add_example
from nlu.engine import Engine
from nlu.errors import ConfigError, DataError
from nlu.floors import Floors
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


def doubtful(text: str, *guesses: str) -> Understanding:
    ranking = tuple(Intent(name, 0.3) for name in guesses or ("faq/acre", "greet"))
    return Understanding(text, ranking[0], ranking)


def test_an_example_goes_to_the_end_of_its_intent(tmp_path: Path) -> None:
    path = tmp_path / "data.yml"
    path.write_text(DATA, encoding="utf-8")
    assert add_example(tmp_path, "faq/acre", "kes ke\nl [acre]") == path
    assert path.read_text(encoding="utf-8") == DATA.replace("    - l'acre\n", "    - l'acre\n    - kes ke l (acre)\n")
    assert [example.text for example in read(path).examples if example.intent == "greet"] == ["bonjour"]
    with pytest.raises(DataError, match="no section is called nope"):
        add_example(tmp_path, "nope", "x")


def gap(text: str, *guesses: str) -> str:
    return json.dumps({"text": text, "times": 2, "stops": [], "neighbourhoods": [], "guesses": guesses})


def label(tmp_path: Path, engine: Engine, lines: list[str], typed: str) -> Result:
    (tmp_path / "data.yml").write_text(DATA, encoding="utf-8")
    (tmp_path / "gaps.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    arguments = ["label", str(tmp_path / "gaps.jsonl"), "--data", str(tmp_path / "data.yml")]
    return CliRunner().invoke(nlu, arguments, input=typed, obj=StandIn(engine, tmp_path))


def test_labels_on_the_terminal(engine: Engine, tmp_path: Path) -> None:
    texts = ("un deux trois", "quatre cinq six", "sept huit neuf", "dix onze douze")
    lines = [gap(text, "faq/acre", "greet") for text in texts]
    typed = "\nnope\ngre\ngreet\nd\nq\n"  # the first guess; an intent, at the third try; discard; quit
    result = label(tmp_path, engine, lines, typed)
    assert result.exit_code == 0, result.output
    assert "Near: greet" in result.output
    assert "2 added" in result.output
    labelled = {example.text: example.intent for example in read(tmp_path / "data.yml").examples}
    assert labelled["un deux trois"] == "faq/acre"
    assert labelled["quatre cinq six"] == "greet"
    assert "sept huit neuf" not in labelled
    assert (tmp_path / "gaps.jsonl").read_text(encoding="utf-8") == lines[3] + "\n"


def test_what_is_hidden_is_written_anew(engine: Engine, tmp_path: Path) -> None:
    result = label(tmp_path, engine, [gap("je suis à <commune> …", "faq/acre")], "1\nl'acre à vichy\n")
    assert result.exit_code == 0, result.output
    assert read(tmp_path / "data.yml").examples[-2].text == "l'acre à vichy"


@pytest.mark.parametrize("line", ["{", "[1]", '{"text": "a"}', '{"guesses": []}'])
def test_a_file_of_something_else_says_how_to_have_one(engine: Engine, tmp_path: Path, line: str) -> None:
    result = label(tmp_path, engine, [gap("a"), line], "d\n")
    assert result.exit_code == 2
    assert "gaps.jsonl:2: no message to label" in result.stderr
    assert "allervers knowledge gaps --json" in result.stderr


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
