"""The language a person writes in, when it is another than the one they are answered in."""

from bot.runtime import texts
from bot.runtime.reading import Turn
from flows.engine.language import FRENCH, LANGUAGE_SLOT, language_in
from nlu.understanding import Entity

CHOSEN = "language_chosen"
"""The slot that says they asked for a language: from then on it changes at their word only."""
WORDY = 3  # words from which a reply tells a language: fewer may be a name or a place


def spoken(turn: Turn) -> str | None:
    """The other language they clearly write in; None while nothing is to change."""
    if turn.inbound.payload is not None or turn.state.slots.get(CHOSEN):
        return None
    if turn.asked is not None and len(turn.text.split()) < WORDY:
        return None
    found = turn.written_in
    known = turn.domain.slots[LANGUAGE_SLOT].values if LANGUAGE_SLOT in turn.domain.slots else ()
    return found if found in known and found != language_known(turn) else None


def is_another_word(turn: Turn, town: Entity) -> bool:
    """True when a town is most likely a common word of another language ("quero vender bolos", which is near Boos)."""
    named = town.text[:1].isupper() or turn.asked == "commune" or texts.tells_home(turn.text)
    return not named and turn.written_in not in (None, FRENCH)


def language_known(turn: Turn) -> str:
    """The language they are answered in so far."""
    return language_in(turn.state.slots)
