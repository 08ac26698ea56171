"""Completeness: what an operator can set, type or open has a line in the documentation."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from sqlalchemy import make_url
from starlette.routing import BaseRoute, Mount, Route

from bot.app import Services, create_app
from bot.cli import COMMANDS, allervers
from bot.settings import PREFIX, Settings
from desk.app import GUARDED

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
INNER = {"/static", "/desk/static", "/desk/login"}
"""What the pages themselves fetch or lead to: nobody types it."""
PHONE = "/phone/"
"""What the phone's script asks for; described as one thing."""


def words(*paths: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


EVERYTHING = words(ROOT / "README.md", *sorted(DOCS.glob("*.md")))


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_a_setting_is_described(name: str) -> None:
    row = re.search(
        rf"^\|[^|]*`{PREFIX}{name.upper()}`[^|]*\|([^|]*)\|([^|\n]+)\|$", words(DOCS / "operations.md"), re.M
    )
    assert row, f"{PREFIX}{name.upper()} has no row in docs/operations.md"
    assert row.group(2).strip()


def test_no_setting_is_described_that_does_not_exist() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    told = set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", EVERYTHING + words(*(DOCS / "fr").glob("*.md"))))
    assert told - {PREFIX} <= known


def commands(group: click.Group, named: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        if isinstance(found, click.Group):
            yield from commands(found, f"{named} {name}")
        else:
            yield f"{named} {name}", found


@pytest.mark.parametrize(("name", "command"), list(commands(allervers, "allervers")))
def test_a_command_is_in_the_readme(name: str, command: click.Command) -> None:
    first, _, last = name.removeprefix("allervers ").partition(" ")
    rows = [row for row in words(ROOT / "README.md").splitlines() if f"`allervers {first}" in row]
    assert any(last in row for row in rows), f"{name} is missing in README.md"
    assert command.help, f"{name} has no help"


@pytest.mark.parametrize(("name", "command"), list(commands(allervers, "allervers")))
def test_an_option_is_in_the_documentation(name: str, command: click.Command) -> None:
    first = name.split()[1]
    rows = "\n".join(line for line in EVERYTHING.splitlines() if f"allervers {first}" in line)
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.opts[0] in rows, f"{name} {option.opts[0]} is nowhere in README.md or docs"


def test_every_command_is_listed() -> None:
    assert set(COMMANDS) < set(allervers.list_commands(click.Context(allervers)))


def paths(routes: list[BaseRoute], prefix: str = "") -> Iterator[str]:
    for route in routes:
        if isinstance(route, Route):
            yield prefix + route.path
        elif isinstance(route, Mount):
            yield prefix + route.path
            yield from paths(list(route.routes), prefix + route.path)


def test_every_route_is_in_the_documentation(tmp_path: Path) -> None:
    url = make_url(f"sqlite:///{tmp_path}/a.db").render_as_string()
    services = Services(Settings(database_url=url, data_dir=tmp_path, _env_file=None), lambda: datetime.now(UTC))  # type: ignore[call-arg]
    found = set(paths(list(create_app(services).routes)))
    services.close()
    assert {"/", "/desk", "/healthz"} <= found
    below_desk = {"/desk" + item.path for item in GUARDED}
    for path in sorted(found - INNER - below_desk):
        shown = re.sub(r":\w+\}", "}", path)
        shown = PHONE if path.startswith(PHONE) else shown
        assert f"`{shown}`" in EVERYTHING, f"{shown} is nowhere in README.md or docs"


def test_every_guide_in_french_is_in_its_index() -> None:
    index = words(DOCS / "fr" / "README.md")
    for guide in (DOCS / "fr").glob("guide-*.md"):
        assert f"({guide.name})" in index


@pytest.mark.parametrize("page", sorted([ROOT / "README.md", *DOCS.rglob("*.md")]), ids=lambda path: path.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"
