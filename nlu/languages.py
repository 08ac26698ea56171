"""Which language a message is written in, told by its commonest words and its letters: a few words are enough.

Lists rather than a model: on short texts full of French borrowings they err less, and whoever speaks the language can
mend them. French is what is assumed, so a message says nothing else unless it clearly does.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from nlu.folding import fold

LISTS = Path(__file__).with_name("languages.yml")
FRENCH = "fr"
ENOUGH = 2.0
"""Signs that make a language; one is enough when every word is of that language."""
HALF = 0.5
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class _Language:
    words: Mapping[str, float]
    letters: re.Pattern[str] | None

    def signs(self, said: set[str], text: str) -> float:
        letters = ENOUGH if self.letters and self.letters.search(text) else 0.0
        return letters + sum(self.words.get(word, 0.0) for word in said)


def language_of(text: str) -> str | None:
    """The language a text is clearly written in (ISO 639-1), None when it may be any."""
    languages, said = _languages(), set(_WORD.findall(fold(text)))
    signs = {code: language.signs(said, text) for code, language in languages.items()}
    best, next_best = sorted(signs, key=lambda code: signs[code], reverse=True)[:2]
    whole = bool(said) and said <= languages[best].words.keys()
    if signs[best] == signs[next_best] or signs[best] < (1.0 if whole else ENOUGH):
        return None
    french_besides = languages[FRENCH].signs(said - languages[best].words.keys(), "")
    return best if best == FRENCH or signs[best] >= 2 * french_besides else None


@cache
def _languages() -> Mapping[str, _Language]:
    lists = yaml.safe_load(LISTS.read_text(encoding="utf-8"))
    return {code: _language(body) for code, body in lists.items()}


def _language(body: Mapping[str, str]) -> _Language:
    letters = re.compile(f"[{body['letters']}]") if "letters" in body else None
    borrowed = dict.fromkeys(body.get("borrowed", "").split(), HALF)
    return _Language({**dict.fromkeys(body.get("words", "").split(), 1.0), **borrowed}, letters)
