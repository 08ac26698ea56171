"""The French that leads read in plain text: templates and labels, from `bot/templates`."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parent.parent / "templates"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - plain text, never a page
    )


@cache
def labels() -> dict[str, dict[str, str]]:
    """What codes mean, by field: `labels()["stage"]["idea"]`."""
    found: dict[str, dict[str, str]] = yaml.safe_load((TEMPLATES / "labels.yml").read_text("utf-8"))
    return found


def render(template: str, **values: Any) -> str:
    """A template of `bot/templates` as plain text, without blank ends."""
    return _environment().get_template(template).render(values).strip()
