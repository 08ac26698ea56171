"""Builds extractors from a pipeline, and settles which of two overlapping finds stays."""

from collections.abc import Mapping, Sequence
from typing import Any

from nlu.entities.amount import AmountExtractor
from nlu.entities.base import MAX_CHARACTERS, Builder, Extractor, Finder, Resources
from nlu.entities.commune import CommuneExtractor
from nlu.entities.dates import DateExtractor
from nlu.entities.duration import DurationExtractor
from nlu.entities.email import EmailExtractor
from nlu.entities.lookup import LookupExtractor
from nlu.entities.phone import PhoneExtractor
from nlu.entities.postcode import PostcodeExtractor
from nlu.entities.times import TimeExtractor
from nlu.entities.unless import Unless
from nlu.errors import ConfigError
from nlu.understanding import Entity

BUILDERS: dict[str, Builder] = {
    "nlu.entities.amount.AmountExtractor": AmountExtractor.build,
    "nlu.entities.commune.CommuneExtractor": CommuneExtractor.build,
    "nlu.entities.dates.DateExtractor": DateExtractor.build,
    "nlu.entities.duration.DurationExtractor": DurationExtractor.build,
    "nlu.entities.email.EmailExtractor": EmailExtractor.build,
    "nlu.entities.lookup.LookupExtractor": LookupExtractor.build,
    "nlu.entities.phone.PhoneExtractor": PhoneExtractor.build,
    "nlu.entities.postcode.PostcodeExtractor": PostcodeExtractor.build,
    "nlu.entities.times.TimeExtractor": TimeExtractor.build,
}

MAY_SHARE = frozenset({frozenset({"date", "time"})})  # "ce soir" is a day and a time


def build(name: str, options: Mapping[str, Any], resources: Resources) -> Extractor:
    """The extractor a pipeline names; `unless:` lists phrases in which its words mean something else."""
    if name not in BUILDERS:
        raise ConfigError(f"unknown extractor {name}. Known: {', '.join(sorted(BUILDERS))}")
    built = BUILDERS[name](options, resources)
    phrases = options.get("unless", [])
    if not isinstance(phrases, list):
        raise ConfigError(f"{name}: `unless:` is a list of phrases")
    return Unless.of(built, map(str, phrases)) if phrases else built


def extract_all(extractors: Sequence[Finder], text: str) -> tuple[Entity, ...]:
    """Every extractor's finds in reading order; of two that overlap, the earlier stage's stays.

    A town takes back what it wholly contains: the "13e" of "marseille 13e" is no amount.
    """
    kept: list[Entity] = []
    head = text[:MAX_CHARACTERS]
    for extractor in extractors:
        fresh = []
        for entity in extractor.extract(head):
            against = [one for one in kept if _clash(entity, one)]
            if all(_contains(entity, one) for one in against):
                kept = [one for one in kept if one not in against]
                fresh.append(entity)
        kept += fresh
    return tuple(sorted(kept, key=lambda entity: (entity.start, entity.end)))


def _contains(one: Entity, other: Entity) -> bool:
    return one.entity == "commune" and other.entity == "amount" and one.start <= other.start and other.end <= one.end


def _clash(one: Entity, other: Entity) -> bool:
    overlap = one.start < other.end and other.start < one.end
    return overlap and frozenset({one.entity, other.entity}) not in MAY_SHARE
