"""Greets whoever came by a poster, where they stand."""

from collections.abc import Iterable
from datetime import UTC, datetime

from directory import posters
from directory.posters import Day
from flows.actions.tools import Tools
from flows.actions.wording import moment
from flows.engine.actions import ActionContext
from flows.engine.events import Event


def run(context: ActionContext) -> Iterable[Event]:
    """The place or bus of the poster, when somebody is there next, and what to do now."""
    tools: Tools = context.tools
    code = str(context.slots.get("poster") or "")
    poster = posters.find(tools.session, code)
    if poster is None:
        yield context.utter("utter_unknown_poster", code=code)
        return
    coming = posters.days(tools.session, poster, context.now)
    spot = posters.spot(poster, context.now)
    when = context.utter("utter_arrival_next", on=_words(context, coming[0])).texts[""] if coming else ""
    check = context.utter("utter_to_check").texts[""] if coming and spot.to_check else ""
    yield context.utter("utter_arrival", spot=spot.town, when=when, to_check=check)


def _words(context: ActionContext, day: Day) -> str:
    """The day with its hour, when that is known; both are local already."""
    if day.starts_at is None:
        return moment(context, datetime.combine(day.on, datetime.min.time(), UTC), "UTC", "utter_pattern_date")
    return moment(context, datetime.combine(day.on, day.starts_at, UTC), "UTC")
