"""Files that cannot be used: each fault with its file, its line and its cure."""

from pathlib import Path

import pytest

from flows.engine.errors import AuthoringError
from flows.engine.model import ActionStep, CollectStep, SetSlotsStep
from flows.loader import load_domain, load_flows
from tests.flows.world import write

FLOW = """\
flows:
  f:
    description: d
    steps:
"""
NEXT = f"{FLOW}      - action: a\n        next:\n"
REFUSED = f"{FLOW}      - collect: a\n        rejections:\n"


def faults(error: AuthoringError) -> list[tuple[str, int, str]]:
    return [(Path(problem.file).name, problem.line, problem.what) for problem in error.problems]


def flow_faults(folder: Path, text: str) -> list[tuple[str, int, str]]:
    write(folder, "f.yml", text)
    with pytest.raises(AuthoringError) as error:
        load_flows(folder)
    assert all(problem.cure for problem in error.value.problems)
    return faults(error.value)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("flows: [", 2, "not YAML"),
        ("- a", 1, "the top is not a mapping"),
        ("a: 1", 1, "no flows: here"),
        ("flows:\n  f: {steps: [], description: d}", 2, "the flow f has no steps"),
        ("flows:\n  f: 3", 2, "the flow f has no steps"),
        ("flows:\n  f:\n    steps: [{noop: true}]", 2, "the flow f has no description"),
        ("flows:\n  f:\n    a: 1\n  f:\n    b: 2", 4, "stands twice"),
        ("flows:\n  f:\n    description: d\n    mood: x\n    steps: [{noop: true}]", 4, "a flow has no key mood"),
        ("flows:\n  f:\n    description: d\n    if: town\n    steps: [{noop: true}]", 4, "«town» cannot be read"),
        ("flows:\n  f:\n    description: d\n    persisted_slots: x\n    steps: [{noop: true}]", 4, "is no list"),
        ("flows:\n  f:\n    description: d\n    nlu_trigger: x\n    steps: [{noop: true}]", 4, "names no intent"),
        ("flows:\n  f:\n    description: d\n    nlu_trigger: [{x: y}]\n    steps: [{noop: true}]", 4, "no intent"),
        (f"{FLOW}      - hello", 5, "a step is not a mapping"),
        (f"{FLOW}      - next: END", 5, "a step does exactly one thing"),
        (f"{FLOW}      - action: a\n        collect: b", 5, "a step does exactly one thing"),
        (f"{FLOW}      - action: a\n        utter: b", 6, "a step with action: has no key utter"),
        (f"{FLOW}      - action: a\n        next: far", 6, "the flow f has no step far"),
        (f"{FLOW}      - action: a\n        next: 3", 6, "next leads nowhere"),
        (f"{FLOW}      - action: a\n        next: []", 6, "next has no else"),
        (f"{NEXT}          - if: slots.a\n            then: END", 6, "next has no else"),
        (f"{NEXT}          - when: 1\n          - else: END", 6, "neither if/then nor else"),
        (f"{NEXT}          - if: b\n            then: END\n          - else: END", 7, "«b»"),
        (f'{NEXT}          - if: "a {{"\n            then: END\n          - else: END', 7, "«a {» cannot be read"),
        (f"{NEXT}          - if: {{{{slots.a}}}}\n            then: END", 7, "a key cannot be a mapping"),
        (f'{REFUSED}          - if: "a {{"\n            utter: b', 7, "«a {» cannot be read"),
        (f"{NEXT}          - else: []", 7, "the flow f has no step []"),
        (f"{FLOW}      - id: a\n        noop: true\n      - id: a\n        noop: true", 7, "two steps are called a"),
        (f"{FLOW}      - set_slots: 3", 5, "set_slots sets nothing"),
        (f"{FLOW}      - set_slots: [a]", 5, "set_slots sets nothing"),
        (f"{FLOW}      - collect: a\n        rejections: x", 6, "rejections is no list"),
        (f"{REFUSED}          - if: slots.a", 7, "a rejection needs if: and utter:"),
        (f"{REFUSED}          - if: oops\n            utter: u", 7, "cannot be read"),
    ],
)  # fmt: skip
def test_faults_of_flows(tmp_path: Path, text: str, line: int, what: str) -> None:
    found = flow_faults(tmp_path, text)
    assert any(file == "f.yml" and at == line and what in said for file, at, said in found), found


def test_every_fault_is_said_at_once_in_the_order_of_the_lines(tmp_path: Path) -> None:
    found = flow_faults(tmp_path, f"{FLOW}      - hello\n      - next: END\n  g: 1\n")
    assert [line for _, line, _ in found] == [5, 6, 7]


def test_a_problem_reads_as_file_line_what_and_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "flows", "f.yml", "flows:\n  f: 1\n")
    with pytest.raises(AuthoringError) as error:
        load_flows(tmp_path / "flows")
    assert str(error.value) == "flows/f.yml:2: the flow f has no steps; give it a list under steps:"


def test_two_flows_of_one_name_in_two_files(tmp_path: Path) -> None:
    write(tmp_path, "e.yml", "flows: {f: {description: d, steps: [{noop: true}]}}")
    found = flow_faults(tmp_path, f"{FLOW}      - noop: true\n")
    assert found[0][:2] == ("f.yml", 2)
    assert "e.yml:1" in found[0][2]


def test_a_folder_without_flows(tmp_path: Path) -> None:
    with pytest.raises(AuthoringError, match=r"holds no \.yml file"):
        load_flows(tmp_path)


def test_a_file_that_is_no_utf8(tmp_path: Path) -> None:
    (tmp_path / "f.yml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(AuthoringError, match="UTF-8"):
        load_flows(tmp_path)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("slots: [a]", 1, "slots is no mapping"),
        ("actions: [a]\nslots: {}", 1, "a domain file has no key actions"),
        ("slots:\n  a: text", 2, "the slot a has no type"),
        ("slots:\n  a:\n    type: colour", 3, "a slot cannot be of type colour"),
        ("slots:\n  a:\n    type: text\n    mood: x", 4, "a slot has no key mood"),
        ("slots:\n  a:\n    type: categorical", 2, "the slot a lists no values"),
        ("slots:\n  a:\n    type: text\n    mappings: [x]", 4, "no list of mappings"),
        ("slots:\n  a:\n    type: text\n    mappings: [{type: from_moon}]", 4, "a cannot be mapped from_moon"),
        ("responses:\n  hello:\n    - text: x", 2, "is not called utter_"),
        ("responses:\n  utter_a: x", 2, "the response utter_a says nothing"),
        ("responses:\n  utter_a:\n    - channel: sms", 3, "a variation of utter_a has no text"),
        ("responses:\n  utter_a:\n    - text: x\n      colour: y", 4, "a variation has no key colour"),
        ("responses:\n  utter_a:\n    - text: x\n      translation: y", 4, "names no language"),
        ("responses:\n  utter_a:\n    - text: x\n      condition: [{value: y}]", 4, "names no slot"),
        ("responses:\n  utter_a:\n    - text: x\n      condition: y", 4, "names no slot"),
        ("responses:\n  utter_a:\n    - text: x\n      buttons: [{title: y}]", 4, "lacks title or payload"),
        ("responses:\n  utter_a:\n    - text: x\n      buttons: y", 4, "lacks title or payload"),
        ("responses:\n  utter_a:\n    - text: x\n  utter_a:\n    - text: y", 4, "stands twice"),
        ("slots: {\n", 2, "not YAML"),
    ],
)
def test_faults_of_the_domain(tmp_path: Path, text: str, line: int, what: str) -> None:
    write(tmp_path, "d.yml", text)
    with pytest.raises(AuthoringError) as error:
        load_domain(tmp_path)
    found = faults(error.value)
    assert any(file == "d.yml" and at == line and what in said for file, at, said in found), found


def test_slots_and_responses_stand_once(tmp_path: Path) -> None:
    for name in ("c.yml", "d.yml"):
        write(tmp_path, name, "slots:\n  a: {type: text}\nresponses:\n  utter_a: [{text: x}]\n")
    with pytest.raises(AuthoringError) as error:
        load_domain(tmp_path)
    assert [(file, line) for file, line, _ in faults(error.value)] == [("d.yml", 2), ("d.yml", 4)]


def test_nested_steps_lie_flat_in_file_order(tmp_path: Path) -> None:
    text = """
    flows:
      f:
        description: d
        nlu_trigger: [{intent: go}, {intent: {name: run, confidence_threshold: 0.5}}]
        steps:
          - collect: a
            next:
              - if: slots.a
                then:
                  - set_slots: [{b: 1}, {c: null}]
                  - action: utter_x
              - else: last
          - action: utter_x
          - id: last
            noop: true
    """
    write(tmp_path, "f.yml", text)
    flow = load_flows(tmp_path)["f"]
    assert [step.id for step in flow.steps] == ["collect_a", "set_slots", "action_utter_x_2", "action_utter_x", "last"]
    collect, given, said, after, _ = flow.steps
    assert isinstance(collect, CollectStep)
    assert isinstance(given, SetSlotsStep)
    assert isinstance(said, ActionStep)
    assert [branch.target for branch in collect.next] == ["set_slots", "last"]
    assert given.values == {"b": 1, "c": None}
    assert (given.next[0].target, said.next[0].target, after.next[0].target) == ("action_utter_x_2", "END", "last")
    assert flow.intents == ("go", "run")
    assert (collect.line, given.line) == (7, 11)
