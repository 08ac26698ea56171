"""Communes of France: by code, by postcode, by a name with typos, by a point; and distances."""

import csv
import gzip
import io
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from sys import intern
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from directory.folding import fold, fold_official
from directory.territories import ARRONDISSEMENTS

EARTH_RADIUS_KM = 6371.0088
EXACT, PREFIX, WITHIN, CUTOFF = 100.0, 95.0, 90.0, 82.0
TOWN = 10_000  # people; below, a commune has to be called by its whole name

_POSTCODE = re.compile(r"\b(\d{5})\b")
_DEPARTMENT = re.compile(r"\b(\d{2,3}|2[ab])\b")
_DISTRICT = re.compile(r"\b(paris|lyon|marseille) (\d{1,2}) ?(?:er?|eme|ieme)?(?: arr\w*)?\b")
_LEADS_IN = re.compile(r"^(?:(?:je suis|j habite|habite|ville|commune|vers|pres|dans|sur|a|de|d|en) )+")
_STREET = re.compile(
    r"\b(?:rue|avenue|av|bd|boulevard|place|quai|allee|chemin|route|cours|impasse|esplanade)"
    r" (?:(?:de|du|des|d|la|le|les|l) )*\w+"
)
_ARTICLE = re.compile(r"^(?:le|la|les|l) ")
_TAIL = re.compile(r" (?:sur|en|sous|les|la|le|lez|aux|au|de|du|des|d|l|a)(?: .*)$")
_CONTRACTED = (("au ", "le "), ("aux ", "les "), ("du ", "le "), ("des ", "les "))


class Commune(NamedTuple):
    """A commune, or (type "ARM") an arrondissement of Paris, Lyon or Marseille."""

    insee_code: str
    name: str
    postcodes: tuple[str, ...]
    lat: float | None  # centroid; a few overseas islands have none
    lon: float | None
    population: int
    department: str
    type: str


class CommuneMatch(NamedTuple):
    """A commune a text may mean. score: 0 to 100; 100 is the very name or postcode."""

    commune: Commune
    score: float


def distance_km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Great-circle distance of two points in degrees."""
    return float(distances_km(lat, lon, np.array([other_lat]), np.array([other_lon]))[0])


def distances_km(lat: float, lon: float, lats: NDArray[np.float64], lons: NDArray[np.float64]) -> NDArray[np.float64]:
    """Great-circle distances from one point to many, all in degrees."""
    phi, phis = math.radians(lat), np.radians(lats)
    half = np.sin((phis - phi) / 2) ** 2
    half += math.cos(phi) * np.cos(phis) * np.sin((np.radians(lons) - math.radians(lon)) / 2) ** 2
    distances: NDArray[np.float64] = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
    return distances


def ambiguous(matches: Sequence[CommuneMatch]) -> bool:
    """Whether to ask which one: the second fits as well and is not ten times smaller."""
    if len(matches) < 2:
        return False
    first, second = matches[0], matches[1]
    return second.score >= first.score - 3 and second.commune.population * 10 >= first.commune.population


class Gazetteer:
    """Every commune, ready to be searched. Load it once (`gazetteer()`)."""

    def __init__(self, communes: Sequence[Commune], nicknames: dict[str, tuple[str, ...]]) -> None:
        self._by_insee = {commune.insee_code: commune for commune in communes}
        self._departments = frozenset(commune.department for commune in communes)
        self._by_name: dict[str, tuple[Commune, ...]] = {}
        self._by_postcode: dict[str, list[Commune]] = {}
        for commune in sorted(communes, key=lambda each: -each.population):
            name = fold_official(commune.name)
            self._by_name[name] = (*self._by_name.get(name, ()), commune)
            for postcode in commune.postcodes:
                self._by_postcode.setdefault(postcode, []).append(commune)
        self._by_first_word: dict[str, list[str]] = {}
        self._by_short_name: dict[str, list[Commune]] = {}
        for name, named in self._by_name.items():
            self._by_first_word.setdefault(name.partition(" ")[0], []).append(name)
            short = _TAIL.sub("", _ARTICLE.sub("", name))
            if named[0].population >= TOWN and short != name and len(short) >= 4:
                self._by_short_name.setdefault(short, []).append(named[0])
        self._spellings = [*self._by_name, *self._by_short_name]
        self._nicknames = nicknames
        wholes = set(ARRONDISSEMENTS.values())  # their arrondissements say more
        self._located = [each for each in communes if each.lat is not None and each.insee_code not in wholes]
        self._lats = np.array([each.lat for each in self._located], dtype=np.float64)
        self._lons = np.array([each.lon for each in self._located], dtype=np.float64)

    def names(self) -> Iterator[tuple[str, str, tuple[str, ...], int]]:
        """(insee_code, name, postcodes, population) of every commune."""
        for commune in self._by_insee.values():
            yield commune.insee_code, commune.name, commune.postcodes, commune.population

    def departments(self) -> frozenset[str]:
        """Every department's code: "01", "2A", "974"…"""
        return self._departments

    def by_insee(self, insee_code: str) -> Commune | None:
        """The commune or arrondissement of this INSEE code."""
        return self._by_insee.get(insee_code)

    def by_postcode(self, postcode: str) -> list[Commune]:
        """Communes a postcode serves, the most peopled first; an arrondissement rather than its city."""
        found = self._by_postcode.get(postcode, [])
        districts = [commune for commune in found if commune.type == "ARM"]
        return districts or list(found)

    def nearest(self, lat: float, lon: float) -> Commune:
        """The commune whose centroid is nearest to a point."""
        return self._located[int(np.argmin(distances_km(lat, lon, self._lats, self._lons)))]

    def search(self, text: str, limit: int = 3) -> list[CommuneMatch]:
        """Communes a text may mean, best first: a postcode, a name, a name with typos, a name in a sentence.

        A postcode or a department's number beside the name chooses among homonyms.
        """
        query = fold(text)
        district = _DISTRICT.search(query)
        if district and (found := self._by_name.get(_district_name(*district.groups()))):
            return [CommuneMatch(found[0], EXACT)]
        postcodes = _POSTCODE.findall(query)
        served = [commune for postcode in postcodes for commune in self.by_postcode(postcode)]
        query = " ".join(_POSTCODE.sub(" ", query).split())
        if not query:
            return [CommuneMatch(commune, EXACT) for commune in served[:limit]]
        departments = set(_DEPARTMENT.findall(query)) if not served else set()
        query = " ".join(_DEPARTMENT.sub(" ", query).split()) if departments else query
        matches = self._by_text(query)
        if served:
            codes = {commune.insee_code for commune in served}
            matches = [each for each in matches if each.commune.insee_code in codes] or [
                CommuneMatch(commune, WITHIN) for commune in served
            ]
        elif departments:
            here = [each for each in matches if each.commune.department.lower() in departments]
            matches = here or matches
        return matches[:limit]

    def _by_text(self, query: str) -> list[CommuneMatch]:
        bare = _LEADS_IN.sub("", query)
        for contracted, article in _CONTRACTED:
            if bare.startswith(contracted) and bare not in self._by_name:
                bare = article + bare.removeprefix(contracted)
        for candidate in dict.fromkeys((query, bare)):
            if known := self._known(candidate):
                return known
        return self._starting(bare) or self._inside(bare) or self._alike(bare)

    def _known(self, name: str) -> list[CommuneMatch]:
        """Communes of this very name; before them, the town that is called so for short ("Aix", "Aulnay")."""
        named = self._by_name.get(name, ())
        first = [self._by_insee[code] for code in self._nicknames.get(name, ())]
        if named and not first:
            first = [each for each in self._longer(name)[:1] if each.population > 10 * named[0].population]
        return [CommuneMatch(each, EXACT) for each in [*first, *(each for each in named if each not in first)]]

    def _longer(self, name: str) -> list[Commune]:
        beginning = name + " "
        names = self._by_first_word.get(name.partition(" ")[0], [])
        found = [commune for each in names if each.startswith(beginning) for commune in self._by_name[each]]
        return sorted(found, key=lambda commune: -commune.population)

    def _starting(self, name: str) -> list[CommuneMatch]:
        return [CommuneMatch(each, PREFIX) for each in self._longer(name)] if len(name) >= 3 else []

    def _inside(self, text: str) -> list[CommuneMatch]:
        """The longest run of words that is a commune's name: "quartier planoise a besancon"."""
        words = (_STREET.sub("", text) or text).split()
        for length in range(len(words), 0, -1):
            runs = (" ".join(words[start : start + length]) for start in range(len(words) - length + 1))
            found = [match for run in runs if len(run) >= 4 for match in self._known(run)[:3]]
            if found:
                found.sort(key=lambda match: -match.commune.population)
                return [CommuneMatch(match.commune, WITHIN) for match in found]
        return []

    def _alike(self, name: str) -> list[CommuneMatch]:
        if len(name) < 3:
            return []
        best: dict[str, CommuneMatch] = {}
        for spelling, score, _ in process.extract(
            name, self._spellings, scorer=fuzz.ratio, score_cutoff=CUTOFF, limit=12
        ):
            found = self._by_name.get(spelling) or self._by_short_name[spelling]
            for commune in found:
                best.setdefault(commune.insee_code, CommuneMatch(commune, min(score, PREFIX)))
        # A big town is meant more often than a hamlet one letter nearer.
        return sorted(best.values(), key=lambda each: -(each.score + 2 * math.log10(each.commune.population + 1)))


def _district_name(city: str, number: str) -> str:
    return f"{city} {int(number)}{'er' if int(number) == 1 else 'e'} arrondissement"


@cache
def gazetteer() -> Gazetteer:
    """The communes packaged with the directory (Licence Ouverte 2.0; see directory/data/README.md)."""
    data = files("directory") / "data"
    with (data / "communes.csv.gz").open("rb") as packed, gzip.open(packed, "rt", encoding="utf-8") as text:
        communes = list(_communes(text))
    nicknames = csv.DictReader(io.StringIO((data / "nicknames.csv").read_text()))
    return Gazetteer(communes, {row["name"]: tuple(row["insee_codes"].split("|")) for row in nicknames})


def _communes(lines: Iterable[str]) -> Iterator[Commune]:
    rows = csv.reader(lines)
    next(rows)
    split = cache(
        lambda codes: tuple(codes.split("|")) if codes else ()
    )  # thirty thousand communes, six thousand codes
    for code, name, postcodes, lat, lon, _, _, _, population, department, kind in rows:
        yield Commune(
            code,
            name,
            split(postcodes),
            float(lat) if lat else None,
            float(lon) if lon else None,
            int(population) if population else 0,
            intern(department),
            intern(kind),
        )
