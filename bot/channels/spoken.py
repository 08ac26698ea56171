"""A written text as it is to be said: site names instead of addresses, no pictures, a pause at each end of line."""

import re
import unicodedata

from bot.channels.voice import languages
from flows.engine.language import FRENCH

MOST = 3000
"""Characters that are read aloud at most: some three minutes."""

_ADDRESS = re.compile(r"https?://(?:www\.)?([^\s/?#<>\"«»]+)[^\s<>\"«»]*", re.IGNORECASE)
_SITE = re.compile(r"\b(?:[\w-]+\.)+(?:fr|com|org|net|eu|info)\b", re.IGNORECASE)
_PATH = re.compile(r"(?<!\S)/[a-z]\S*")
_SENTENCE = re.compile(r"[.!?…:;](?=\s|$)")
_ENDED = re.compile(r"[.!?…:;,]$")
_PICTURED = frozenset({"So", "Sk", "Cs", "Cn", "Co", "Cf", "Me"})
"""Unicode's categories of what is drawn rather than said: pictures, their colours, what joins them."""
_SAID = frozenset("°")
_DRAWN = frozenset("•·→←↑↓\ufe0f[]")
"""Bullets and arrows; square brackets hold phonemes, for some voices."""


def spoken(text: str, language: str) -> str:
    """What a voice is given to read; empty when nothing of the text can be said."""
    words = languages().get(language) or languages()[FRENCH]
    text = _ADDRESS.sub(lambda found: _named(found[1], words["dot"]) + _end(found[0]), text)
    text = _SITE.sub(lambda found: _named(found[0], words["dot"]), _PATH.sub("", text))
    text = "".join(character for character in text if _is_said(character, language))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    whole = " ".join(line if _ENDED.search(line) else f"{line}." for line in lines if any(map(str.isalnum, line)))
    return whole if len(whole) <= MOST else f"{_cut(whole)} {words['cut']}"


def _named(site: str, dot: str) -> str:
    return site.rstrip(".,;:!?)…").removeprefix("www.").replace(".", f" {dot} ")


def _end(address: str) -> str:
    """The mark that ends the sentence rather than the address."""
    return address[-1] if address[-1] in ".,;:!?…" else ""


def _is_said(character: str, language: str) -> bool:
    """Pictures are not; nor is another alphabet than the voice's, which would be spelled letter by letter."""
    if character in _DRAWN or (unicodedata.category(character) in _PICTURED and character not in _SAID):
        return False
    return language == "ar" or "ARABIC" not in unicodedata.name(character, "")


def _cut(text: str) -> str:
    """The sentences that fit."""
    ends = [found.end() for found in _SENTENCE.finditer(text, 0, MOST)]
    return text[: ends[-1]] if ends else text[:MOST].rpartition(" ")[0] or text[:MOST]
