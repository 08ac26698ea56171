"""The index of communes: every way a name is written, and which commune is meant when several share it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from nlu.entities.base import CommuneRow, key_of

DOMINANCE = 20  # a commune this many times as populous as its namesakes is the one meant
_DWARFING = 5  # a shortened long name competes with a full name from this many times its population on
SURE_POPULATION = 40_000  # from here on the city is meant, not the ordinary word
_SHORTENED_POPULATION = 10_000
_SHORTENED_LETTERS = 4
ARTICLES = ("le ", "la ", "les ", "l ")
_CONTRACTED = {"le ": ("au ", "du "), "les ": ("aux ", "des ")}
_DISTRICT = re.compile(r"^(.+) (\d+)(er|e) arrondissement$")
_LINK = re.compile(r" (?:en|sur|sous|les|lez|le|la|de|d|l|du|des|aux|et|a) ")
_SAINT = {"saint": "st", "sainte": "ste"}


class Commune(NamedTuple):
    """A commune or a district of Paris, Lyon or Marseille."""

    insee_code: str
    name: str
    postcodes: tuple[str, ...]
    population: int


def name_key(text: str) -> str:
    """A name ready for comparison: folded words, "saint" as "st"."""
    key = key_of(text)
    return " ".join(_SAINT.get(word, word) for word in key.split()) if "saint" in key else key


class CommuneIndex:
    """From a folded name to the communes it may mean, the most populous first."""

    def __init__(
        self,
        rows: Iterable[CommuneRow],
        short_forms: Mapping[str, Iterable[str]],
        ordinary: frozenset[str],
        known_words: frozenset[str],
    ) -> None:
        communes = [Commune(code, name, tuple(codes), int(people)) for code, name, codes, people in rows]
        # Tuples of one from the start: thirty thousand names have one bearer.
        exact: dict[str, tuple[Commune, ...]] = {}
        shortened: dict[str, tuple[Commune, ...]] = {}
        for commune in communes:
            key = name_key(commune.name)
            for name in _full_names(key):
                exact[name] = (*exact.get(name, ()), commune)
            for name in _short_names(key, commune.population):
                shortened[name] = (*shortened.get(name, ()), commune)
        by_code = {commune.insee_code: commune for commune in communes}
        chosen = {
            name_key(form): tuple(by_code[code] for code in codes if code in by_code)
            for form, codes in short_forms.items()
        }
        self._shortened = frozenset(shortened.keys() - exact.keys())
        self._names = exact
        contested = shortened.keys() | {name for name, found in exact.items() if len(found) > 1}
        self._names |= {name: _meant(exact.get(name, ()), shortened.get(name, ())) for name in contested}
        self._names |= {name: found for name, found in chosen.items() if found}
        self._listed = ordinary
        self._known = known_words
        self.longest = max((name.count(" ") + 1 for name in self._names), default=0)

    def get(self, name: str) -> tuple[Commune, ...]:
        """The communes a folded name may mean."""
        return self._names.get(name, ())

    def is_ordinary(self, name: str) -> bool:
        """Whether the name is made of ordinary words. A city's full name is no ordinary word unless listed."""
        words = [word for word in name.split() if f"{word} " not in ARTICLES]
        if all(word in self._listed for word in words):
            return True
        city = self._names[name][0].population >= SURE_POPULATION and name not in self._shortened
        return not city and all(word in self._listed or word in self._known for word in words)

    def populous(self, at_least: int) -> dict[str, list[str]]:
        """The names of the larger communes by first letter, for guessing typos."""
        names: dict[str, list[str]] = {}
        for name, communes in self._names.items():
            if communes[0].population >= at_least and not self.is_ordinary(name):
                names.setdefault(name[0], []).append(name)
        return names


def choose(communes: tuple[Commune, ...], postcodes: Iterable[str], departments: Iterable[str]) -> Any:
    """The value of a find: one commune, or the candidates when nothing tells them apart."""
    codes, departments = set(postcodes), tuple(departments)
    told = [commune for commune in communes if codes & set(commune.postcodes)] or [
        commune for commune in communes if departments and commune.insee_code.startswith(departments)
    ]
    candidates = told or list(communes)
    if len(candidates) == 1 or candidates[0].population > DOMINANCE * candidates[1].population:
        return {"insee_code": candidates[0].insee_code, "name": candidates[0].name}
    return {"candidates": [commune.insee_code for commune in candidates[:10]], "name": candidates[0].name}


def _meant(exact: Sequence[Commune], shortened: Sequence[Commune]) -> tuple[Commune, ...]:
    """Full names first; a shortened one only counts when it is much larger."""
    largest = max((commune.population for commune in exact), default=0)
    dwarfing = [commune for commune in shortened if commune.population > _DWARFING * largest]
    candidates = {commune.insee_code: commune for commune in (*exact, *(dwarfing if exact else shortened))}
    return tuple(sorted(candidates.values(), key=lambda commune: -commune.population))


def _full_names(key: str) -> Iterable[str]:
    yield key
    district = _DISTRICT.match(key)
    if district:
        city, number, _ = district.groups()
        yield from (f"{city} {number}", f"{city} {number}e", f"{city} {number}eme", f"{city} {number}er")
    for article, contracted in _CONTRACTED.items():
        if key.startswith(article):
            yield from (prefix + key.removeprefix(article) for prefix in contracted)


def _short_names(key: str, population: int) -> Iterable[str]:
    if population < _SHORTENED_POPULATION:
        return
    for article in ARTICLES:
        if key.startswith(article):
            yield key.removeprefix(article)
    head = _LINK.split(key)[0]
    if head != key and len(head) >= _SHORTENED_LETTERS and f"{head} " not in ARTICLES:
        yield head
