"""The engine: training, saving, loading, parsing anything."""

import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from nlu import cache
from nlu.cache import load_or_train
from nlu.classifier import LetterScorer
from nlu.engine import Engine
from nlu.errors import ConfigError, DataError, ModelError
from nlu.features import FeatureSpace, NgramOptions, count
from nlu.model import FORMAT, Model
from nlu.pipeline import load_pipeline, read_pipeline
from nlu.train import train
from nlu.training import read
from nlu.understanding import Entity, Intent, Understanding
from tests.nlu.conftest import EMBEDDER

TEXTS = ["un rdv a vaulx", "un un deux", "acre", "je veux un rdv", "a", ""]


def test_understands(engine: Engine) -> None:
    understood = engine.parse("bjr jve un rdv stp")
    assert understood.intent.name == "book_appointment"
    assert understood.intent == understood.ranking[0]
    confidences = [intent.confidence for intent in understood.ranking]
    assert confidences == sorted(confidences, reverse=True)
    assert sum(confidences) == pytest.approx(1)
    assert engine.intents == ("book_appointment", "faq/acre", "greet", "out_of_scope")


@pytest.mark.parametrize("text", ["", " ", "???", "zzzzzz kkkkk", "\x00\u200b", "🛸", "\ud800", "¿" * 20_000])
def test_what_nobody_understands_is_the_fallback(engine: Engine, text: str) -> None:
    assert engine.parse(text).intent.name == "out_of_scope"


def test_a_doubtful_text_is_refused_and_the_ranking_says_what_it_could_be(model: Model) -> None:
    careful = replace(model.classifier, alone=replace(model.classifier.alone, threshold=0.999999))
    understood = replace(model, classifier=careful).engine().parse("un rdv")
    assert understood.intent.name == "out_of_scope"
    assert understood.ranking[1].name == "book_appointment"
    assert understood.intent.confidence == pytest.approx(1 - understood.ranking[1].confidence)
    assert [intent.name for intent in understood.ranking].count("out_of_scope") == 1


@given(st.text(max_size=200))
@settings(max_examples=60)
def test_parsing_never_fails(engine: Engine, text: str) -> None:
    understood = engine.parse(text)
    assert understood.text == text
    for entity in understood.entities:
        assert text[entity.start : entity.end] == entity.text
        json.dumps(entity.value)


def test_a_very_long_text_is_read_in_time(engine: Engine) -> None:
    engine.parse("je veux un rdv mardi à 14h à vaulx, 06 39 98 12 34 " * 2000)
    engine.parse("1" * 20_000)
    engine.parse("a " * 10_000)
    engine.parse("le 8/" * 4000)


def test_threads_share_one_engine(engine: Engine) -> None:
    wanted = [engine.parse(text).to_rasa() for text in TEXTS]
    answers: list[list[dict[str, object]]] = []

    def work() -> None:
        for _ in range(20):
            answers.append([engine.parse(text).to_rasa() for text in TEXTS])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 80
    assert all(answer == wanted for answer in answers)


def test_a_saved_model_answers_the_same(model: Model, engine: Engine, tmp_path: Path) -> None:
    model.save(tmp_path / "deep" / "model")
    model.save(tmp_path / "deep" / "model")  # again, over the first
    loaded = Model.load(tmp_path / "deep" / "model").engine(EMBEDDER)
    for text in [*TEXTS, "st denis 93", "val fourré", "mardi 14h", "coifeur"]:
        assert loaded.parse(text).to_rasa() == engine.parse(text).to_rasa()
    assert not [path for path in (tmp_path / "deep").rglob("*") if path.suffix in (".pkl", ".joblib")]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["model"]


def test_weights_of_eight_bits_score_as_those_they_stand_for() -> None:
    dice = np.random.default_rng(3)
    space = FeatureSpace.fit([NgramOptions("word", 1, 1)], [count([NgramOptions("word", 1, 1)], "un deux trois")])
    weights = dice.normal(size=(3, 4)).astype(np.float32)
    weights[1] = 0
    full = LetterScorer(space, weights, np.ones(3, np.float32), np.zeros(4, np.float32))
    lean = full.lean()
    assert (lean.weights.dtype, np.abs(lean.weights).max()) == (np.int8, 127)
    wanted, given = full.scores("deux trois"), lean.scores("deux trois")
    assert wanted is not None and given is not None
    assert np.abs(wanted - given).max() <= np.abs(weights).max() / 127
    assert np.array_equal(lean.lean().weights, lean.weights)


def test_a_damaged_model_says_so(model: Model, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"is missing\. Train the model again"):
        Model.load(tmp_path / "nowhere")
    folder = tmp_path / "model"
    model.save(folder)
    meta = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**meta, "format": 0}))
    with pytest.raises(ModelError, match=f"format 0, not {FORMAT}"):
        Model.load(folder)
    (folder / "model.json").write_text("{}")
    with pytest.raises(ModelError, match="damaged"):
        Model.load(folder)


def test_features_are_scikit_learns(model: Model) -> None:
    texts = [text for text in TEXTS if text]
    for analyser, ours in (("word", "word"), ("char_wb", "char")):
        options = [NgramOptions(ours, 1 if ours == "word" else 2, 3)]
        space = FeatureSpace.fit(options, [count(options, text) for text in texts])
        theirs = TfidfVectorizer(
            analyzer=analyser,
            ngram_range=(1 if ours == "word" else 2, 3),
            sublinear_tf=True,
            token_pattern=r"\S+" if ours == "word" else None,
        ).fit(texts)
        assert list(space.blocks[0].grams) == sorted(theirs.vocabulary_)
        for text in texts:
            indices, values = space.row(text)
            dense = np.zeros(space.width)
            dense[indices] = values
            np.testing.assert_allclose(dense, theirs.transform([text]).toarray()[0], atol=1e-6)


def test_any_rasa_data_in_any_language(tmp_path: Path) -> None:
    path = tmp_path / "tr.yml"
    path.write_text(
        'version: "3.1"\nnlu:\n- intent: selam\n  examples: |\n    - merhaba\n    - selam dostum\n'
        "- intent: veda\n  examples: |\n    - hoşça kal\n    - görüşürüz\n",
        encoding="utf-8",
    )
    engine = train(path).engine()
    assert engine.parse("merhaba dostum").intent.name == "selam"
    assert engine.parse("hosca kal").intent.name == "veda"


def test_one_intent_alone_trains(tmp_path: Path) -> None:
    path = tmp_path / "one.yml"
    path.write_text("nlu:\n- intent: hi\n  examples: |\n    - hello you\n", encoding="utf-8")
    assert train(path).engine().parse("hello").intent == Intent("hi", 1.0)


def test_no_example_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty.yml").write_text("nlu: []\n", encoding="utf-8")
    with pytest.raises(DataError, match="there is no example"):
        train(tmp_path)


def test_the_cache_trains_once(data_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[object] = []
    real = cache.training

    def counting(*arguments: Any) -> Any:
        trained.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(cache, "training", counting)
    first = load_or_train(data_file, tmp_path)
    again = load_or_train(data_file, tmp_path)
    assert len(trained) == 1
    assert again.engine().parse("acre").to_rasa() == first.engine().parse("acre").to_rasa()
    load_or_train(data_file, tmp_path, lookups={"qpv": ("Ici",)})
    assert len(trained) == 2
    for meta in tmp_path.glob("*/model.json"):
        meta.write_text("{}")
    load_or_train(data_file, tmp_path)
    assert len(trained) == 3
    load_or_train(data_file, tmp_path, embedder=EMBEDDER)  # another model altogether
    assert len(trained) == 4


def test_a_model_is_stale_when_its_data_or_its_config_changed(data_file: Path, tmp_path: Path) -> None:
    data, config = tmp_path / "data.yml", tmp_path / "config.yml"
    data.write_text(data_file.read_text(encoding="utf-8"), encoding="utf-8")
    config.write_text("pipeline:\n- {name: nlu.features.NgramBlock, analyser: word, smallest: 1, largest: 1}\n")
    prints = [cache.fingerprint([data], (), {}, config)]
    data.write_text(f"{data.read_text(encoding='utf-8')}\n# more\n", encoding="utf-8")
    prints.append(cache.fingerprint([data], (), {}, config))
    config.write_text(config.read_text(encoding="utf-8").replace("largest: 1", "largest: 2"), encoding="utf-8")
    prints.append(cache.fingerprint([data], (), {}, config))
    prints.append(cache.fingerprint([data], (), {}, config, EMBEDDER))
    prints.append(cache.fingerprint([data], (("1", "Ici", (), 3),), {}, config, EMBEDDER))
    assert len(set(prints)) == len(prints)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "the config has no pipeline"),
        ({"pipeline": [{"name": "Nope"}]}, "unknown stage 'Nope'"),
        ({"pipeline": ["text"]}, "unknown stage None"),
        ({"pipeline": [{"name": "nlu.normalise.Normaliser"}]}, "the pipeline counts nothing"),
        ({"pipeline": [{"name": "nlu.normalise.Normaliser", "colour": 1}]}, "has no option colour"),
        ({"pipeline": [{"name": "nlu.features.NgramBlock"}]}, "missing 3 required"),
        (
            {"pipeline": [{"name": "nlu.features.NgramBlock", "analyser": "x", "smallest": 1, "largest": 2}]},
            "analyser is one of word, char",
        ),
        (
            {
                "pipeline": [
                    {"name": "nlu.features.NgramBlock", "analyser": "word", "smallest": 1, "largest": 2},
                    {"name": "nlu.classifier.Fallback"},
                    {"name": "nlu.classifier.Fallback"},
                ]
            },
            "named 2 times",
        ),
    ],
)
def test_a_wrong_pipeline_is_explained(content: object, says: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=says):
        read_pipeline(content, tmp_path)


def test_a_missing_or_broken_config_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such config"):
        load_pipeline(tmp_path / "nope.yml")
    (tmp_path / "bad.yml").write_text("a: [", encoding="utf-8")
    with pytest.raises(ConfigError, match="not YAML"):
        load_pipeline(tmp_path / "bad.yml")


def test_the_ranking_is_cut_at_ten_in_rasas_shape() -> None:
    ranking = tuple(Intent(f"i{number}", 0.05) for number in range(20))
    entity = Entity("x", 0, 1, "v", "t", "E")
    parsed = Understanding("t", ranking[0], ranking, (entity,)).to_rasa()
    assert len(parsed["intent_ranking"]) == 10
    assert parsed["entities"][0]["value"] == "v"


@pytest.mark.parametrize("name", ["heldout.yml", "second_heldout.yml", "third_heldout.yml", "fourth_heldout.yml"])
def test_our_training_data_never_meets_the_held_out_sentences(name: str) -> None:
    root = Path(__file__).parents[2]
    known = {" ".join(example.text.lower().split()) for example in read(root / "nlu" / "data").examples}
    held_out = read(root / "tests" / "nlu" / name).examples
    assert [example.text for example in held_out if example.text.lower() in known] == []
