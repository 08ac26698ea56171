"""Reading Rasa NLU data, and the words errors come with."""

from collections import Counter
from pathlib import Path

import pytest

from nlu import doubts as doubting
from nlu.check import check
from nlu.errors import DataError
from nlu.normalise import Lexicon, Normaliser
from nlu.pipeline import load_pipeline
from nlu.train import Means
from nlu.training import Annotation, parse_example, read


def test_reads_intents_lookups_and_synonyms(data_file: Path) -> None:
    data = read(data_file)
    assert data.intents == ["book_appointment", "faq/acre", "greet", "out_of_scope"]
    assert data.lookups == {"sector": ("coiffure", "tresses", "vente de vêtements")}
    assert data.synonyms == {"coiffeur": "coiffure", "formation": "coiffure"}
    first = data.examples[0]
    assert (first.text, first.where) == ("c quoi lacre", f"{data_file}:6")


def test_takes_marks_out() -> None:
    example = parse_example(
        'à [vaulx](commune) ou [lyon]{"entity": "commune", "value": "Lyon"} le [8](date:8th)', "x", "f:1"
    )
    assert example.text == "à vaulx ou lyon le 8"
    assert example.annotations == (
        Annotation("commune", 2, 7, "vaulx"),
        Annotation("commune", 11, 15, "Lyon"),
        Annotation("date", 19, 20, "8th"),
    )


def test_reads_folders_and_the_long_form_and_passes_stories_over(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.yaml").write_text(
        "nlu:\n- intent: hi\n  examples:\n  - text: |\n      hello\n  - text: hey\n", encoding="utf-8"
    )
    (tmp_path / "stories.yml").write_text("stories:\n- story: s\n  steps: []\n", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no", encoding="utf-8")
    assert [example.text for example in read(tmp_path).examples] == ["hello", "hey"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("nlu:\n- intent: a\n  examples: |\n    - ok\n    oops\n", r"bad.yml:5: “oops” has no bullet"),
        ("nlu:\n- intent: a\n", r"bad.yml:2: intent a has no examples"),
        ("nlu:\n- intent:\n  examples: |\n    - ok\n", r"bad.yml:2: this intent has no name"),
        ("nlu:\n- nope: a\n", r"bad.yml:2: unknown section \(nope\)"),
        ("nlu:\n- just text\n", r"bad.yml:2: this section is not a mapping"),
        ("nlu: text\n", r"bad.yml:1: `nlu:` is not a list"),
        ("nlu:\n- intent: a\n  examples: {b: c}\n", r"bad.yml:3: examples are neither text nor a list"),
        ('nlu:\n- intent: a\n  examples: |\n    - [b]{"entity"}\n', r"bad.yml:4: .* is not a JSON object"),
        ('nlu:\n- intent: a\n  examples: |\n    - [b]{"x": 1}\n', r"bad.yml:4: .* names no entity"),
        ("nlu:\n  - intent: [\n", r"bad.yml:3: not YAML"),
    ],
)
def test_says_where_and_how_to_mend(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "bad.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=says) as error:
        read(path)
    assert error.value.cure


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere: there is no such file"):
        read(tmp_path / "nowhere")


def test_check_finds_what_would_hurt(tmp_path: Path) -> None:
    path = tmp_path / "data.yml"
    path.write_text(
        "nlu:\n- intent: a\n  examples: |\n    - Un café\n    - un cafe\n    - [open](x\n    - ...\n"
        "- intent: b\n  examples: |\n    - un café !\n    - un café\n    - [ah ](x) bon\n",
        encoding="utf-8",
    )
    issues = check(read(path), Normaliser(Lexicon.empty()))
    said = "\n".join(str(issue) for issue in issues)
    assert "data.yml:5: “un cafe” is twice in a" in said
    assert "data.yml:11: “un café” reads like “Un café” of a" in said
    assert "“...” has no word in it" in said
    assert "a has 4 examples" in said
    assert "“[open](x” has a mark that is not closed" in said
    assert "takes a space in" in said
    assert [issue.where.rsplit(":", 1)[1] for issue in issues if issue.blocking] == ["11", "6"]


def test_our_own_data_has_no_mistake() -> None:
    package = Path(__file__).parents[2] / "nlu"
    normaliser = Normaliser(Lexicon.load(package / "lexicon.yml"))
    assert list(map(str, check(read(package / "data"), normaliser, load_pipeline().unless))) == []


def test_our_own_data_has_enough_of_each_intent() -> None:
    counts = Counter(example.intent for example in read(Path(__file__).parents[2] / "nlu" / "data").examples)
    assert counts.pop("out_of_scope") >= 600
    wanted = {intent: 45 if intent.startswith("faq/") else 80 for intent in counts}
    assert {intent: count for intent, count in counts.items() if count < wanted[intent]} == {}


def test_check_gives_advice_on_near_duplicates_and_missing_marks(tmp_path: Path) -> None:
    path = tmp_path / "data.yml"
    path.write_text(
        "nlu:\n- intent: a\n  examples: |\n    - un salon de [coiffure](sector)\n    - la coiffure\n"
        "- intent: b\n  examples: |\n    - de un coiffure salon\n- lookup: sector\n  examples: |\n    - coiffure\n",
        encoding="utf-8",
    )
    advice = [issue for issue in check(read(path), Normaliser(Lexicon.empty())) if not issue.blocking]
    said = "\n".join(map(str, advice))
    assert "“de un coiffure salon” has the words of “un salon de coiffure” of a" in said
    assert "2 examples name a sector without its mark, such as “la coiffure”" in said
    spared = check(read(path), Normaliser(Lexicon.empty()), {"sector": ["la coiffure", "un coiffure"]})
    assert "without its mark" not in "\n".join(map(str, spared))


def test_a_label_that_a_model_doubts_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doubting, "SURE", 0.5)  # in so little data
    monkeypatch.setattr(doubting, "UNLIKELY", 0.5)
    words = ["one", "two", "three", "four", "five", "six"]
    ups, downs = ([f"    - {name} {word} {name}" for word in words] for name in ("up", "down"))
    sections = ["nlu:", "- intent: up", "  examples: |", *ups, "    - down seven down"]
    path = tmp_path / "data.yml"
    path.write_text("\n".join([*sections, "- intent: down", "  examples: |", *downs, ""]), encoding="utf-8")
    named = [issue.what for issue in doubting.doubts(read(path), load_pipeline(), Means())]
    assert named == ["“down seven down” is up, and reads like down"]
