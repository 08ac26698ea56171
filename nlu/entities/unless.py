"""Keeps an extractor's finds out of phrases in which their words mean something else ("chambre de commerce")."""

from collections.abc import Iterable
from dataclasses import dataclass

from nlu.entities.base import Extractor
from nlu.entities.lookup import LookupExtractor
from nlu.understanding import Entity


@dataclass(frozen=True)
class Unless:
    """An extractor without the finds that touch one of the phrases."""

    inner: Extractor
    phrases: LookupExtractor

    @classmethod
    def of(cls, inner: Extractor, phrases: Iterable[str]) -> "Unless":
        return cls(inner, LookupExtractor(inner.kind, {phrase: phrase for phrase in phrases}))

    @property
    def kind(self) -> str:
        return self.inner.kind

    def extract(self, text: str) -> list[Entity]:
        finds = self.inner.extract(text)
        others = self.phrases.listed(text) if finds else []
        return [one for one in finds if not any(o.start < one.end and one.start < o.end for o in others)]
