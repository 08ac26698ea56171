"""The language a person writes in, when it is another than the one they are answered in."""

from bot.runtime.reading import Turn
from flows.engine.speech import LANGUAGE_SLOT
from nlu.languages import FRENCH, language_of

CHOSEN = "language_chosen"
"""The slot that says they asked for a language: from then on it changes at their word only."""
WORDY = 3  # words from which a reply tells a language: fewer may be a name or a place


def spoken(turn: Turn) -> str | None:
    """The other language they clearly write in; None while nothing is to change."""
    if turn.inbound.payload is not None or turn.state.slots.get(CHOSEN):
        return None
    if turn.asked is not None and len(turn.text.split()) < WORDY:
        return None
    found = language_of(turn.text)
    known = turn.domain.slots[LANGUAGE_SLOT].values if LANGUAGE_SLOT in turn.domain.slots else ()
    return found if found in known and found != (turn.state.slots.get(LANGUAGE_SLOT) or FRENCH) else None
