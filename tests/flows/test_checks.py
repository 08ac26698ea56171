"""Each check finds its fault in one broken example, and nothing in what is sound."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.commands.flows import segments
from bot.runtime.payloads import parse
from flows import checks_graph, checks_steps, checks_words
from flows.checks import CHECKS, check
from flows.engine.errors import Problem
from flows.knowledge_base import Knowledge
from flows.knowledge_reader import load_knowledge
from flows.loader import load_domain, load_flows
from tests.flows.test_knowledge import GOOD
from tests.flows.world import write

FLOWS = """\
flows:
  trip:
    description: d
    nlu_trigger: [{intent: travel}]
    persisted_slots: [town]
    steps:
      - id: where
        collect: town
        rejections:
          - if: slots.town is null
            utter: utter_needed
      - collect: color
      - set_slots: [{color: red}]
      - call: helper
      - action: action_pack
        next:
          - if: slots.color is "red"
            then: where
          - else: bye
      - id: bye
        action: utter_bye
  helper:
    description: d
    steps:
      - action: utter_hello
"""
DOMAIN = """\
slots:
  town:
    type: text
    mappings: [{type: from_text, conditions: [{requested_slot: color}, {active_loop: trip}]}]
  color: {type: categorical, values: [red, blue], mappings: []}
responses:
  utter_ask_town: [{text: "Où ?"}]
  utter_ask_color:
    - text: "Laquelle ?"
      buttons:
        - {title: Rouge, payload: /SetSlots(color=red)}
        - {title: Menu, payload: "/travel{\\"color\\": \\"blue\\"}"}
  utter_needed: [{text: "Il faut {town}", translation: {en: "We need {town}"}}]
  utter_bye:
    - {text: "Au revoir {name}", condition: [{type: slot, name: color, value: red}]}
    - {text: "Au revoir", channel: sms}
    - {text: "Salut"}
  utter_hello: [{text: Bonjour}]
  utter_made_up: [{text: "Fait {name}"}]
  utter_named: [{text: "Dit"}]
"""
CODE = """
def run(context):
    "Says `utter_nothing` in prose only."
    yield context.utter("utter_named", name=1, choices=())
    yield context.utter(f"utter_made_{context.slots['x']}")
    yield BotUttered("utter_own", {})
    f"utter_ask_{1}"
"""


def problems(folder: Path, flows: str = FLOWS, domain: str = DOMAIN, code: str = CODE, **more: Any) -> list[Problem]:
    write(folder / "definitions", "f.yml", flows)
    write(folder / "domain", "d.yml", domain)
    write(folder / "code", "code.py", code)
    return check(
        load_flows(folder / "definitions"),
        load_domain(folder / "domain"),
        {"action_pack": ()},
        segments=segments,
        read_payload=parse,
        code=[folder / "code"],
        **more,
    )


def changed(text: str, change: Mapping[str, str]) -> str:
    for old, new in change.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new.replace("LONG", LONG))
    return text


def test_what_is_sound_has_no_fault(tmp_path: Path) -> None:
    assert problems(tmp_path) == []


LONG = "à vous de choisir parmi les lieux proches et les jours qui vous vont " * 5
BUTTON = "payload: /SetSlots(color=red)"
BROKEN: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("broken.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("example", BROKEN, ids=lambda example: f"{example['check']}: {example['says']}")
def test_faults_are_found_where_they_stand(tmp_path: Path, example: Mapping[str, Any]) -> None:
    texts = {"flows": FLOWS, "domain": DOMAIN}
    texts[example["in"]] = changed(texts[example["in"]], example["change"])
    found = problems(tmp_path, **texts)
    assert any(problem.line == example["line"] and example["says"] in problem.what for problem in found), found
    assert all(problem.cure for problem in found)


def test_every_check_has_a_broken_example() -> None:
    shown = {example["check"] for example in BROKEN} | {"speechless_answers"}
    assert shown == {each.__name__ for each in CHECKS}
    assert set(CHECKS) == {*checks_steps.CHECKS, *checks_graph.CHECKS, *checks_words.CHECKS}


def test_a_text_of_its_own_for_sms_frees_the_other_from_the_limit(tmp_path: Path) -> None:
    own = f'[{{text: "{LONG}"}}, {{channel: sms, text: Bonjour}}]'
    assert problems(tmp_path, domain=changed(DOMAIN, {"[{text: Bonjour}]": own})) == []


def test_choices_count_in_the_cost(tmp_path: Path) -> None:
    title = "x" * 150
    found = problems(
        tmp_path, domain=changed(DOMAIN, {"title: Rouge": f"title: {title}", "title: Menu": f"title: {title}"})
    )
    assert [problem.what for problem in found] == [
        "utter_ask_color in fr costs 3 SMS segments, choices included, 2 at most"
    ]


def test_an_action_that_asks_needs_no_question_nor_button(tmp_path: Path) -> None:
    flows = "flows: {f: {description: d, steps: [{collect: day}]}}"
    domain = "slots: {day: {type: text, mappings: []}}"
    write(tmp_path / "definitions", "f.yml", flows)
    write(tmp_path / "domain", "d.yml", domain)
    known, words = load_flows(tmp_path / "definitions"), load_domain(tmp_path / "domain")
    assert check(known, words, {"action_ask_day"}, segments=segments, read_payload=parse, code=()) == []
    assert len(check(known, words, set(), segments=segments, read_payload=parse, code=())) == 2


def test_patterns_that_the_source_runs_exist(tmp_path: Path) -> None:
    found = problems(tmp_path, code=CODE + "\nRUN = 'pattern_restart'\nMAY = 'pattern_completed'\n")
    assert [(Path(problem.file).name, problem.what) for problem in found] == [
        ("code.py", "no flow is called pattern_restart")
    ]


def test_texts_of_yaml_files_count_as_said(tmp_path: Path) -> None:
    extra = changed(DOMAIN, {"utter_hello: [": "utter_lonely: [{text: x}]\n  utter_hello: ["})
    write(tmp_path / "code", "words.yml", "greeting: utter_lonely")
    assert problems(tmp_path, domain=extra) == []


def knowledge(folder: Path, text: str) -> Knowledge:
    write(folder, "k.yml", text)
    return load_knowledge(folder)


def test_answers_still_speak_without_figures_and_offer_what_has_words(tmp_path: Path) -> None:
    mute = GOOD.replace('"Le taux change."', '""')
    found = problems(tmp_path, knowledge=knowledge(tmp_path / "k", mute))
    assert [problem.what for problem in found] == [
        "faq/tax offers place:bus, which has no words",
        "faq/tax says nothing under sms once its figures are out of date",
    ]


def test_a_button_may_lead_to_an_answer_or_an_intent_understood_elsewhere(tmp_path: Path) -> None:
    known = knowledge(tmp_path / "k", GOOD.replace("offer: place:bus", "offer: x"))
    offering = changed(DOMAIN, {"  utter_named": "  utter_offer_x: [{text: x}]\n  utter_named"})
    code = CODE.replace("utter_made_", "utter_offer_").replace('"utter_named"', '"utter_made_up", x="utter_named"')
    for payload, faults in (("/faq/tax", 0), ("/faq/none", 1), ("/skip", 0), ("/jump", 1)):
        domain = changed(offering, {BUTTON: f"payload: {payload}"})
        assert len(problems(tmp_path, domain=domain, code=code, knowledge=known, intents=["skip"])) == faults, payload
