"""Says what was corrected; a new town, once nothing else is under way, is searched again."""

from collections.abc import Iterable

from flows.actions import find_places
from flows.actions.wording import label
from flows.engine.actions import ActionContext
from flows.engine.events import Event


def run(context: ActionContext) -> Iterable[Event]:
    """One short message with the new value, and the places near the new town."""
    slot = str(context.context["slot"])
    yield context.utter("utter_corrected", value=label(context, slot, context.context["value"]))
    if slot == "commune" and not context.context.get("active"):
        yield from find_places.run(context)
