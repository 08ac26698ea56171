"""A case in a few plain sentences, written from what the person told and from nothing else."""

from collections.abc import Mapping
from typing import Any

from bot.conversations.wording import labels, render
from flows.engine.speech import show

FIELDS = ("idea", "sector", "stage", "need", "situation", "age_band", "commune", "qpv", "reach")
"""What the summary speaks of. Name and phone stay out of it: the desk shows them on their own."""


def summarise(profile: Mapping[str, Any] | None) -> str:
    """At most five French lines on a project; what was not told is not mentioned."""
    told = profile or {}
    return render("case_summary.txt.j2", **{name: _label(name, told.get(name)) for name in FIELDS})


def _label(name: str, value: Any) -> str:
    shown = show(value).strip()
    return labels().get(name, {}).get(shown, shown)
