"""Entities learnt from marks: any domain, any language, roles and groups; and who finds what."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.engine import Engine
from nlu.fit_crf import fit_crf
from nlu.model import Model
from nlu.tagger import best_path
from nlu.tagger_features import tokens_of
from nlu.train import train
from nlu.understanding import Entity

CITIES = ["paris", "berlin", "rome", "new york", "oslo", "tokyo", "lima", "cairo"]
FLIGHTS = """
version: "3.1"
nlu:
- intent: fly
  examples: |
{fly}
- intent: order
  examples: |
    - a [pizza](dish) please
    - two [salads](dish:salad) please
    - i want a [burger](dish) please
    - a [soup](dish) and a [tea](dish) please
    - one [curry](dish) please
- intent: call
  examples: |
    - call me at [555 0101](phone_us)
    - my number is [555 0199](phone_us)
    - phone [555 0142](phone_us) now
- regex: phone_us
  examples: |
    - \\d{{3}} \\d{{4}}
- regex: broken
  examples: |
    - (
- lookup: dish
  examples: |
    - pizza
    - ramen
- synonym: New York City
  examples: |
    - new york
"""
PAIRS = [(one, other) for one in CITIES for other in CITIES[::3] if one != other]
FLY = "\n".join(
    f'    - fly from [{one}]{{"entity": "city", "role": "from"}} to [{other}]{{"entity": "city", "role": "to"}}'
    for one, other in PAIRS
)


@pytest.fixture(scope="module")
def flights(tmp_path_factory: pytest.TempPathFactory) -> Model:
    path = tmp_path_factory.mktemp("flights") / "data.yml"
    path.write_text(FLIGHTS.format(fly=FLY), encoding="utf-8")
    return train(path)


def found(engine: Engine, text: str) -> list[tuple[str, str | None, str]]:
    return [(entity.entity, entity.role, entity.text) for entity in engine.parse(text).entities]


def test_marks_of_any_domain_are_learnt(flights: Model) -> None:
    engine = flights.engine()
    assert found(engine, "fly from berlin to rome") == [("city", "from", "berlin"), ("city", "to", "rome")]
    assert found(engine, "fly from Madrid to oslo") == [("city", "from", "Madrid"), ("city", "to", "oslo")]
    assert found(engine, "a ramen please") == [("dish", None, "ramen")]  # by the list
    assert found(engine, "call me at 555 0177") == [("phone_us", None, "555 0177")]  # by the pattern
    assert found(engine, "please") == []


def test_what_was_never_said_is_known_by_what_stands_around_it(flights: Model) -> None:
    engine = flights.engine()
    assert found(engine, "fly from ouagadougou to reykjavik") == [
        ("city", "from", "ouagadougou"),
        ("city", "to", "reykjavik"),
    ]
    assert found(engine, "two samosas please") == [("dish", None, "samosas")]
    assert found(engine, "ouagadougou") == []  # nothing stands around it
    assert found(engine, "please fly") == []


def test_what_a_text_means_tells_what_is_named_in_it(tmp_path: Path) -> None:
    path = tmp_path / "data.yml"
    lines = {
        "eat": ["we want [{}](dish) now", "a [{}](dish) for me", "bring [{}](dish)"],
        "go": ["we want [{}](city) now", "to [{}](city) with me", "reach [{}](city)"],
    }
    values = {"eat": ["soup", "ramen", "curry", "bread"], "go": ["oslo", "lima", "cairo", "rome"]}
    text = "nlu:\n"
    for intent, carriers in lines.items():
        examples = [f"    - {carrier.format(one)}\n" for carrier in carriers for one in values[intent]]
        text += f"- intent: {intent}\n  examples: |\n{''.join(examples)}"
    path.write_text(text, encoding="utf-8")
    tagger = train(path).tagger
    assert tagger is not None
    assert [one.entity for one in tagger.told("eat").extract("we want zabaione now")] == ["dish"]
    assert [one.entity for one in tagger.told("go").extract("we want zabaione now")] == ["city"]


def test_synonyms_give_the_value_and_roles_reach_rasas_shape(flights: Model) -> None:
    parsed = flights.engine().parse("fly from new york to rome").to_rasa()["entities"]
    assert [(one["value"], one["role"]) for one in parsed] == [("New York City", "from"), ("rome", "to")]
    assert all(0 < one["confidence_entity"] <= 1 for one in parsed)
    assert "group" not in parsed[0]


def test_a_saved_tagger_finds_the_same(flights: Model, tmp_path: Path) -> None:
    flights.save(tmp_path / "model")
    loaded = Model.load(tmp_path / "model").engine()
    for text in ("fly from berlin to rome", "two salads please", "call 555 0133", ""):
        assert loaded.parse(text).entities == flights.engine().parse(text).entities


def test_rules_are_silent_about_what_the_data_does_not_mark(flights: Model) -> None:
    assert flights.ruled == frozenset()
    assert found(flights.engine(), "un rdv mardi 14h pour 1000 €") == []


def test_rules_give_way_where_the_data_marks_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "data.yml"
    lines = "\n".join(f"    - on [{day} next week](date) then" for day in ("monday", "tuesday", "friday", "sunday") * 3)
    path.write_text(
        f"nlu:\n- intent: when\n  examples: |\n{lines}\n- intent: no\n  examples: |\n    - no\n    - not now\n"
    )
    model = train(path)
    assert "date" not in model.ruled
    assert found(model.engine(), "on tuesday next week then") == [("date", None, "tuesday next week")]


@given(st.text(max_size=80))
@settings(max_examples=60)
def test_spans_always_match_the_text(flights: Model, text: str) -> None:
    assert flights.tagger is not None
    end = 0
    for entity in flights.tagger.extract(text):
        assert isinstance(entity, Entity)
        assert end <= entity.start < entity.end
        assert text[entity.start : entity.end] == entity.text
        end = entity.end


def test_words_signs_numbers_and_scripts_without_spaces_are_tokens() -> None:
    assert [token.text for token in tokens_of("le 03/04, 12.50$ 日本 l'été")] == [
        "le", "03/04", ",", "12.50", "$", "日", "本", "l", "'", "été",
    ]  # fmt: skip


def test_nothing_goes_on_that_did_not_begin() -> None:
    scores = np.asarray([[0, 0, 9, 0, 0], [0, 0, 9, 0, 0], [0, 0, 0, 0, 9]], dtype=np.float32)
    assert best_path(scores, np.zeros((5, 5), np.float32)) == [1, 2, 0]


def test_the_field_learns_what_only_order_tells() -> None:
    """The second of two equal words is marked: one word's features cannot tell them apart."""
    sparse = pytest.importorskip("scipy.sparse")
    rows = sparse.csr_matrix(np.ones((20, 1)))
    weights, steps = fit_crf(rows, [2] * 10, np.asarray([0, 1] * 10), 3, 10.0, 100)
    assert best_path(np.repeat(weights, 2, axis=0), steps) == [0, 1]


def test_the_field_agrees_with_the_sum_over_all_paths() -> None:
    """Its gradient is zero where it stops: expected counts are the observed ones, but for the hold on weights."""
    sparse = pytest.importorskip("scipy.sparse")
    chance = np.random.default_rng(0)
    features = chance.random((9, 4))
    labels = np.asarray([0, 1, 2, 0, 1, 0, 0, 1, 2])
    weights, steps = fit_crf(sparse.csr_matrix(features), [3, 1, 5], labels, 3, 1.0, 500)
    expected = np.zeros_like(weights, dtype=float)
    for start, length in ((0, 3), (3, 1), (4, 5)):
        paths = [[]]
        for _ in range(length):
            paths = [[*path, label] for path in paths for label in range(3)]
        rows = features[start : start + length]
        moves_of = [list(zip([0, *path], path, strict=False)) for path in paths]
        logs = [
            sum(row @ weights[:, to] + steps[since, to] for row, (since, to) in zip(rows, moves, strict=True))
            for moves in moves_of
        ]
        worth = np.exp(logs)
        for path, share in zip(paths, worth / worth.sum(), strict=True):
            for i, label in enumerate(path):
                expected[:, label] += share * rows[i]
    observed = np.zeros_like(expected)
    for row, label in zip(features, labels, strict=True):
        observed[:, label] += row
    np.testing.assert_allclose(expected - observed + weights, 0, atol=0.02)
