"""Reads flows and domain from their folders into what the engine runs, reporting every fault with file and line."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from flows.domain_reader import read_domain_file
from flows.engine.domain import Domain, Response, SlotSpec
from flows.engine.errors import AuthoringError, Problem
from flows.engine.model import Flow
from flows.flow_reader import read_flow_file
from flows.sources import display
from flows.translations import is_translation, translated

HERE = Path(__file__).parent
DEFINITIONS = HERE / "definitions"
DOMAIN = HERE / "domain"


def load_flows(folder: Path = DEFINITIONS) -> Mapping[str, Flow]:
    """Every flow of a folder by id; raises AuthoringError with all faults at once."""
    flows: dict[str, Flow] = {}
    problems: list[Problem] = []
    for path in _files(folder):
        try:
            found, faults = read_flow_file(path)
        except AuthoringError as error:
            problems += error.problems
            continue
        problems += faults
        for flow in found:
            if flow.id in flows:
                other = flows[flow.id]
                what = f"the flow {flow.id} is already defined at {other.file}:{other.line}"
                problems.append(Problem(flow.file, flow.line, what, "rename one of them"))
            flows[flow.id] = flow
    if problems:
        raise AuthoringError(problems)
    return flows


def load_domain(folder: Path = DOMAIN) -> Domain:
    """Every slot and response of a folder; raises AuthoringError with all faults at once."""
    slots: dict[str, SlotSpec] = {}
    responses: dict[str, Response] = {}
    problems: list[Problem] = []
    files = _files(folder)
    for path in files:
        if is_translation(path):
            continue
        try:
            domain, faults = read_domain_file(path)
        except AuthoringError as error:
            problems += error.problems
            continue
        problems += faults
        problems += _twice(slots, domain.slots.values()) + _twice(responses, domain.responses.values())
        slots.update(domain.slots)
        responses.update(domain.responses)
    if problems:
        raise AuthoringError(problems)
    return translated(Domain(slots, responses), filter(is_translation, files))


def _files(folder: Path) -> list[Path]:
    files = sorted(folder.glob("*.yml"))
    if not files:
        raise AuthoringError([Problem(display(folder), 1, "holds no .yml file", "give the folder of the flows")])
    return files


def _twice(known: Mapping[str, SlotSpec | Response], found: Iterable[SlotSpec | Response]) -> list[Problem]:
    return [
        Problem(item.file, item.line, f"{item.name} is already defined at {other.file}:{other.line}", "keep one")
        for item in found
        if (other := known.get(item.name))
    ]
