"""Which wording is said, in which language, with which values."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from flows.engine.domain import Domain
from flows.engine.errors import FlowsError
from flows.engine.events import Choice
from flows.engine.speech import fill, placeholders, show, utter
from flows.loader import load_domain
from tests.flows.world import write

WORDS = """
responses:
  utter_offer:
    - text: "Bonjour {name}"
      translation: {en: "Hello {name}"}
      buttons:
        - {title: Oui, payload: /yes, translation: {en: "Yes"}}
      attachment: {kind: picture}
    - {channel: sms, text: "Bjr {name}", translation: {en: "Hi {name}"}}
  utter_mood:
    - {text: happy, condition: [{type: slot, name: mood, value: good}]}
    - {text: sms happy, channel: sms, condition: [{type: slot, name: mood, value: good}]}
    - {text: plain}
    - {text: never}
  utter_picky:
    - {text: first, condition: [{type: slot, name: mood, value: good}]}
    - {text: last, condition: [{type: slot, name: mood, value: bad}]}
"""


@pytest.fixture
def words(tmp_path: Path) -> Domain:
    write(tmp_path, "words.yml", WORDS)
    return load_domain(tmp_path)


def test_a_response_has_one_text_per_channel_variant(words: Domain) -> None:
    said = utter(words, "utter_offer", slots={"name": "Ana"})
    assert said.texts == {"": "Bonjour Ana", "sms": "Bjr Ana"}
    assert said.choices == (Choice("Oui", "/yes"),)
    assert said.attachments == ({"kind": "picture"},)


def test_the_language_slot_chooses_the_translation_of_texts_and_buttons(words: Domain) -> None:
    said = utter(words, "utter_offer", slots={"name": "Ana", "language": "en"})
    assert said.texts == {"": "Hello Ana", "sms": "Hi Ana"}
    assert said.choices[0].title == "Yes"


def test_a_language_without_words_is_answered_in_french(words: Domain) -> None:
    assert utter(words, "utter_offer", slots={"language": "tr"}).texts[""] == "Bonjour"


@pytest.mark.parametrize(
    ("slots", "texts"),
    [({"mood": "good"}, {"": "happy", "sms": "sms happy"}), ({"mood": "bad"}, {"": "plain"}), ({}, {"": "plain"})],
)
def test_the_first_wording_that_fits_the_slots_is_said(
    words: Domain, slots: Mapping[str, Any], texts: Mapping[str, str]
) -> None:
    assert utter(words, "utter_mood", slots=slots).texts == texts


def test_when_no_wording_fits_the_last_is_said(words: Domain) -> None:
    assert utter(words, "utter_picky", slots={}).texts == {"": "last"}


def test_an_unknown_response_names_itself(words: Domain) -> None:
    with pytest.raises(FlowsError, match="utter_nothing"):
        utter(words, "utter_nothing", slots={})


def test_arguments_come_before_slots_and_context_has_its_own_braces() -> None:
    filled = fill("{a} {b} {{ context.c }} {missing}.", {"a": 1, "b": {"name": "Lens"}}, {"c": ["x", None, "y"]})
    assert filled == "1 Lens x, , y."


def test_a_value_with_braces_is_not_filled_again() -> None:
    assert fill("{a}", {"a": "{b}", "b": "secret"}, {}) == "{b}"


def test_lines_are_kept_and_gaps_closed() -> None:
    assert fill(" a  {x}  b \n\n c ", {}, {}) == "a b\n\nc"


@pytest.mark.parametrize(
    ("value", "shown"), [(None, ""), (3, "3"), ({"title": "T"}, "T"), ((1, "b"), "1, b"), ({}, "")]
)
def test_values_are_shown_as_people_read_them(value: Any, shown: str) -> None:
    assert show(value) == shown


def test_placeholders_are_slots_and_arguments_only() -> None:
    assert placeholders("{a} {{context.b}} {c}") == {"a", "c"}
