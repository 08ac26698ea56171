"""Shows the place a question names ("c ou le centre social"), when the directory knows one of that name."""

import re
from collections.abc import Iterable

from directory.folding import fold
from directory.search import NearbyPlace, find_place_by_name
from directory.timetable import next_permanences
from flows.actions.find_places import LIMIT, describe
from flows.actions.tools import Tools
from flows.engine.actions import ActionContext
from flows.engine.events import Event, SlotSet

_ASKING = re.compile(
    r"^(?:(?:bonjour|bjr|svp|c|est|ou|se|trouve|situe|comment|on|je|va|peux|aller|venir|quelle|adresse|"
    r"exactement|precisement|deja|dites|moi|stp|merci|"
    r"le|la|les|l|du|de|des|d|a|au|aux)\s+)+"
)
"""The words of the question before the name: they would count as misspelled ones."""


def run(context: ActionContext) -> Iterable[Event]:
    """Sets `place_found`; says nothing when no place has that name, so that the town is asked."""
    tools: Tools = context.tools
    asked = str(context.slots.get("place_query") or "")
    places = find_place_by_name(tools.session, _ASKING.sub("", fold(asked)), LIMIT)
    yield SlotSet("place_query", None)
    yield SlotSet("place_found", bool(places))
    if not places:
        return
    permanences = next_permanences(tools.session, context.now, [place.id for place in places])
    lines = [describe(context, NearbyPlace(place, 0.0, permanences.get(place.id), None)) for place in places]
    yield context.utter("utter_named_places", places="\n".join(lines))
