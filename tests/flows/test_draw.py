"""Pictures of flows, and the commands that check and draw."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.commands import flows as command
from bot.commands.wiring import Wiring
from flows.draw import chart, draw
from flows.loader import load_flows
from tests.flows.world import write

ROOT = Path(__file__).parents[2]
FLOW = """
flows:
  trip:
    name: le voyage
    description: Somebody travels.
    if: slots.ready
    nlu_trigger: [{intent: travel}]
    persisted_slots: [town, day]
    steps:
      - collect: town
        rejections: [{if: slots.town is "Mars", utter: utter_no}]
        next:
          - if: slots.town < 3
            then:
              - set_slots: [{a: 1}, {b: null}]
              - link: other
          - else: last
      - id: last
        action: action_go
      - call: other
      - noop: true
      - action: utter_bye
  other: {description: Else., steps: [{noop: true}]}
  pattern_x: {description: Repairs., steps: [{noop: true}]}
"""


def test_a_picture_shows_every_kind_of_step(tmp_path: Path) -> None:
    write(tmp_path, "trip.yml", FLOW)
    assert chart(load_flows(tmp_path)["trip"]) == [
        "flowchart TD",
        '    start((" "))',
        '    s1(["town ?<br/>refused if town is #quot;Mars#quot;"])',
        '    s2["a = 1<br/>b = empty"]',
        '    s3>"on to other"]',
        '    s4[["action_go"]]',
        '    s5[["runs other"]]',
        '    s6{" "}',
        '    s7[/"utter_bye"/]',
        '    finish((("end")))',
        "    start --> s1",
        '    s1 -->|"town #lt; 3"| s2',
        "    s1 -->|else| s4",
        "    s2 --> s3",
        "    s4 --> s5",
        "    s5 --> s6",
        "    s6 --> s7",
        "    s7 --> finish",
    ]


def test_pages_tell_what_begins_a_flow_and_what_it_keeps(tmp_path: Path) -> None:
    write(tmp_path, "trip.yml", FLOW)
    pages = draw(load_flows(tmp_path))
    assert list(pages) == ["README.md", "other.md", "trip.md", "pattern_x.md"]
    assert "*le voyage*. Somebody travels." in pages["trip.md"]
    for fact in ("- Begins with: `travel`", "- Only if: `slots.ready`", "- Keeps afterwards: `day`, `town`"):
        assert fact in pages["trip.md"]
    assert "[flows/definitions/trip.yml](../../flows/definitions/trip.yml)" in pages["trip.md"]
    assert "- Begins from other flows" in pages["other.md"]
    assert "- A repair" in pages["pattern_x.md"]
    assert "## Repairs\n\n- [pattern_x](pattern_x.md): Repairs." in pages["README.md"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command.flows, arguments, obj=Wiring())


def test_the_pictures_in_the_repository_are_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    result = run("draw", "--check")
    assert result.exit_code == 0, result.stderr


def test_the_authored_content_is_sound() -> None:
    result = run("check")
    assert result.exit_code == 0, result.stderr
    assert ": no fault\n" in result.stdout
    assert [word for word in result.stdout.split(":")[0].split() if not word.isdigit()] == [
        "flows,", "responses,", "answers,", "words", "of", "the", "site",
    ]  # fmt: skip


def test_drawing_writes_what_changed_and_removes_what_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "pyproject.toml", "")
    monkeypatch.chdir(tmp_path)
    late = run("draw", "--check")
    assert late.exit_code == 2
    assert "docs/flows/help.md: out of date; run make flows" in late.stderr.splitlines()
    assert not (tmp_path / "docs").exists()
    assert run("draw").exit_code == 0
    assert run("draw", "--check").exit_code == 0
    gone = write(tmp_path / "docs" / "flows", "gone.md", "x")
    assert "docs/flows/gone.md: out of date" in run("draw", "--check").stderr
    assert "1 changed" in run("draw").stdout
    assert not gone.exists()


def test_outside_the_project_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("draw")
    assert result.exit_code == 2
    assert "not inside the project" in result.stderr


def test_problems_come_one_a_line_with_exit_code_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "definitions"
    shutil.copytree(ROOT / "flows" / "definitions", folder)
    monkeypatch.setattr(command, "load_flows", lambda: load_flows(folder))
    write(folder, "z.yml", "flows:\n  z: {description: d, steps: [{action: action_sing}]}\n")
    result = run("check")
    assert (result.exit_code, result.stdout) == (2, "")
    assert any("z.yml:2: no action is called action_sing" in line for line in result.stderr.splitlines())
    write(folder, "z.yml", "flows:\n  z: 1\n  y: 2\n")
    for arguments in (["check"], ["draw"]):
        result = run(*arguments)
        assert result.exit_code == 2
        assert len(result.stderr.splitlines()) == 2
