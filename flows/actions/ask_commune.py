"""Asks where the person lives; homonyms are offered, never guessed."""

from collections.abc import Iterable

from flows.actions.tools import Tools
from flows.engine.actions import ActionContext
from flows.engine.events import Choice, Event, SlotSet

MAX_CANDIDATES = 4


def run(context: ActionContext) -> Iterable[Event]:
    """A question with the possible communes when the name has several, else the plain question."""
    tools: Tools = context.tools
    codes = context.slots.get("commune_candidates") or ()
    communes = [commune for code in codes if (commune := tools.gazetteer.by_insee(str(code)))][:MAX_CANDIDATES]
    if len(communes) < 2:
        yield context.utter("utter_ask_commune" if context.may_skip else "utter_ask_commune_needed", asks="commune")
        return
    choices = [
        Choice(f"{commune.name} ({commune.department})", f"/SetSlots(commune={commune.insee_code})")
        for commune in communes
    ]
    yield SlotSet("commune_candidates", None)
    yield context.utter("utter_ask_commune_which", asks="commune", choices=choices)
