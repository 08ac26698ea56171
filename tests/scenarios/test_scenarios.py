"""Every dialogue of this folder, on each of its channels and databases."""

from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from bot.runtime.turn import Mind
from bot.settings import Settings
from db.session import Database
from tests.scenarios.given import moment
from tests.scenarios.reading import GOLDEN, Scenario, scenarios
from tests.scenarios.runner import Play
from tests.scenarios.stage import Clock, House, Stage, Watch
from tests.scenarios.telegram_stage import TelegramStage
from tests.scenarios.whatsapp_stage import WhatsappStage

NOW = "2026-11-23T09:00"  # a Monday
ALL = scenarios()


def _performances() -> list[ParameterSet]:
    """Every database but the first is played on one channel only: the words are the same on both."""
    alone = {scenario.file for scenario in ALL if sum(each.file == scenario.file for each in ALL) == 1}
    performances = []
    for scenario in ALL:
        for database in scenario.databases:
            for channel in scenario.channels if database == scenario.databases[0] else scenario.channels[:1]:
                parts = [scenario.file, *([] if scenario.file in alone else [scenario.name]), channel]
                parts += [database] if database != "sqlite" else []
                performances.append(pytest.param(scenario, channel, database, id="::".join(parts)))
    return performances


@pytest.mark.parametrize(("scenario", "channel", "scenario_database"), _performances(), indirect=["scenario_database"])
def test_scenario(
    scenario: Scenario,
    channel: str,
    scenario_database: Database,
    scenario_settings: Settings,
    mind: Mind,
    watch: Watch,
    request: pytest.FixtureRequest,
) -> None:
    clock = Clock(moment(str(scenario.given.get("now", NOW))))
    house = House(scenario_settings, scenario_database, mind, clock, scenario.given.get("unsure", {}))
    watch.begin(scenario.given.get("broken", ()))
    play = Play(scenario, _stage(request, house, channel, clock))
    play.run(watch.ran)
    if scenario.golden:
        _compare(str(play.transcript), scenario.transcript(channel), update=request.config.getoption("--update-golden"))


def _stage(request: pytest.FixtureRequest, house: House, channel: str, clock: Clock) -> Stage:
    if channel == "whatsapp":
        return WhatsappStage(house, clock, request.getfixturevalue("twilio"))
    return (TelegramStage if channel == "telegram" else Stage)(house, channel, clock)


def _compare(transcript: str, path: Path, *, update: bool) -> None:
    if update:
        path.parent.mkdir(exist_ok=True)
        path.write_text(transcript, encoding="utf-8")
    assert path.exists(), f"{path.name} is not there yet: pytest tests/scenarios --update-golden"
    assert transcript == path.read_text(encoding="utf-8"), "read the difference; --update-golden if it is right"


def test_golden_transcripts_have_a_scenario() -> None:
    wanted = {scenario.transcript(channel) for scenario in ALL if scenario.golden for channel in scenario.channels}
    assert set(GOLDEN.glob("*.txt")) == wanted


def test_a_golden_scenario_is_alone_in_its_file() -> None:
    files = [scenario.file for scenario in ALL]
    assert not [scenario.file for scenario in ALL if scenario.golden and files.count(scenario.file) > 1]
