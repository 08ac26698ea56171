"""Pages of the desk: Jinja templates, escaped by default, with French dates at hand."""

import hashlib
from datetime import date, datetime, tzinfo
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from desk import words

HERE = Path(__file__).parent
STATIC = HERE / "static"


def _static_version() -> str:
    """Changes when a style or script does, so that browsers may keep them for long."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@cache
def _environment() -> jinja2.Environment:
    """Templates, compiled once in a process."""
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {
        "phone": words.phone,
        "label": lambda code, group: words.label(group, code),
        "first_upper": lambda said: said[:1].upper() + said[1:],
    }
    templates.globals |= {"words": words.WORDS, "weekly": words.weekly, "static_version": _static_version()}
    return templates


class Renderer:
    """Templates of the desk. `zone`: where times are read when a place does not say otherwise."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone

    def html(self, template: str, now: datetime, /, **context: Any) -> str:
        """A template with its context. Times are said as seen at `now`."""

        def moment(at: datetime, zone: tzinfo | None = None) -> str:
            return words.moment(at, now, zone or self.zone)

        def hour(at: datetime, zone: tzinfo | None = None) -> str:
            return words.hour(at, zone or self.zone)

        def day(on: date) -> str:
            return words.day(on, now.astimezone(self.zone).date())

        def ago(since: datetime) -> str:
            return words.ago(since, now)

        said = {"moment": moment, "hour": hour, "day": day, "ago": ago}
        return _environment().get_template(template).render(said | context)

    def section(self, element_id: str, template: str, now: datetime, /, **context: Any) -> tuple[Markup, str]:
        """A part of a page that the script may refresh, in an element with this id; and the version of its content."""
        inner = self.html(template, now, **context)
        version = hashlib.sha256(inner.encode()).hexdigest()[:12]
        opening = Markup('<div id="{}" data-section data-version="{}">').format(element_id, version)
        return opening + Markup(inner) + Markup("</div>"), version  # noqa: S704  # the template escaped it
