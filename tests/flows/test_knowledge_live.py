"""Answers follow their files: a change is said without a restart, a broken one is not said at all."""

import logging
import os
from datetime import date
from pathlib import Path

import pytest

from flows.engine.errors import AuthoringError
from flows.knowledge_live import PATIENCE, LiveKnowledge
from tests.flows.test_knowledge import GOOD
from tests.flows.world import write

TODAY = date(2026, 11, 23)


class Clock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Writer:
    """Someone who edits an answer and looks at the phone."""

    def __init__(self, folder: Path) -> None:
        self.path = write(folder, "k.yml", GOOD)
        self.clock = Clock()
        self.knowledge = LiveKnowledge(folder, self.clock)
        self.edits = 0

    def saves(self, text: str, *, patience: float = PATIENCE) -> None:
        """Writes the file, always at another time than before, and waits."""
        self.path.write_text(text, encoding="utf-8")
        self.edits += 1
        os.utime(self.path, (self.edits, self.edits))
        self.clock.now += patience

    def reads(self) -> str:
        """The answer as it is said now."""
        return self.knowledge.answer("faq/tax", TODAY).sms


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    return Writer(tmp_path)


def test_a_changed_answer_is_said_without_a_restart(writer: Writer) -> None:
    assert writer.reads() == "Le taux est 12 %."
    writer.saves(GOOD.replace("Le taux est", "Comptez"))
    assert writer.reads() == "Comptez 12 %."


def test_files_are_looked_at_once_in_a_while(writer: Writer) -> None:
    writer.saves(GOOD.replace("Le taux est", "Comptez"), patience=PATIENCE / 2)
    assert writer.reads() == "Le taux est 12 %."
    writer.clock.now += PATIENCE / 2
    assert writer.reads() == "Comptez 12 %."


@pytest.mark.parametrize(
    "broken",
    [
        GOOD.replace("{rate}", "{rat}"),
        GOOD.replace("{rate}", "{rate"),
        GOOD.replace("{rate}", "12 %"),
        GOOD.replace("source: gov", "source: nobody"),
        "answers: [",
        "",
    ],
)
def test_a_broken_edit_keeps_the_last_good_answers_and_says_where(
    writer: Writer, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        writer.saves(broken)
        assert writer.reads() == "Le taux est 12 %."
    assert "k.yml:" in caplog.text
    writer.saves(GOOD.replace("Le taux est", "Comptez"))
    assert writer.reads() == "Comptez 12 %."


def test_a_broken_file_is_complained_about_once(writer: Writer, caplog: pytest.LogCaptureFixture) -> None:
    writer.saves("answers: [")
    writer.reads()
    said = len(caplog.records)
    writer.clock.now += PATIENCE
    writer.reads()
    assert len(caplog.records) == said


def test_a_file_that_comes_or_goes_counts_as_a_change(writer: Writer, tmp_path: Path) -> None:
    other = write(tmp_path, "more.yml", GOOD[GOOD.index("answers:") :].replace("faq/tax", "faq/other"))
    writer.clock.now += PATIENCE
    assert "faq/other" in writer.knowledge
    other.unlink()
    writer.clock.now += PATIENCE
    assert "faq/other" not in writer.knowledge


def test_a_service_does_not_begin_with_broken_answers(tmp_path: Path) -> None:
    write(tmp_path, "k.yml", "answers: [")
    with pytest.raises(AuthoringError):
        LiveKnowledge(tmp_path)
