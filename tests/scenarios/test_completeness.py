"""Nothing the assistant can do is without a dialogue. Each scenario's `exercises` is checked when it is played."""

from flows.actions import ACTIONS
from flows.loader import load_flows
from tests.scenarios.reading import scenarios

EXERCISED = {name for scenario in scenarios() for name in scenario.then.get("exercises", ())}


def test_every_flow_has_a_scenario() -> None:
    assert not set(load_flows()) - EXERCISED


def test_every_action_has_a_scenario() -> None:
    assert not set(ACTIONS) - EXERCISED


def test_scenarios_name_flows_and_actions_that_exist() -> None:
    assert not EXERCISED - set(load_flows()) - set(ACTIONS)
