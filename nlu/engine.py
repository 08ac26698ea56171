"""The engine: a text in, an `Understanding` out. Thread-safe, and never raises whatever the text is."""

import logging
from collections.abc import Iterable
from pathlib import Path

from nlu.classifier import Classifier
from nlu.clauses import Clauses
from nlu.embedding.base import Embedder, Vectors
from nlu.entities import registry
from nlu.entities.base import CommuneRow, Extractor, Finder, Resources, words_of
from nlu.enumerations import Enumerations
from nlu.errors import EmbeddingError
from nlu.folding import fold
from nlu.normalise import MAX_CHARACTERS, Lexicon, Normaliser
from nlu.pipeline import Pipeline
from nlu.tagger import Tagger
from nlu.training import TrainingData
from nlu.understanding import Entity, Intent, Part, Understanding

log = logging.getLogger(__name__)


class Engine:
    """A trained pipeline. Nothing in it changes after it is built, but what it has already complained of."""

    def __init__(
        self,
        normaliser: Normaliser,
        classifier: Classifier,
        extractors: Iterable[Finder],
        embedder: Embedder | None = None,
        clauses: Clauses | None = None,
        enumerations: Enumerations | None = None,
        spare: float = 1.0,
        tagger: Tagger | None = None,
    ) -> None:
        self.normaliser = normaliser
        self.classifier = classifier
        self.extractors = tuple(extractors)
        self.embedder = self._fitting(embedder)
        self.clauses = clauses
        self.enumerations = enumerations
        self.spare = spare
        self.tagger = tagger
        self._complained = False

    @property
    def intents(self) -> tuple[str, ...]:
        """Every intent the engine may answer, the fallback left aside."""
        return self.classifier.intents

    def parse(self, text: str) -> Understanding:
        """What a text means: one intent, all intents ranked, the entities, and its parts when it has several wishes."""
        ranking = self._rank(text)
        entities = tuple(registry.extract_all(self._finders(ranking[0].name), text))
        parts = self._parts(text, ranking, entities)
        if parts and ranking[0].name == self.classifier.fallback:
            ranking = self._rank(text[parts[0].start : parts[0].end])  # of several wishes, the first that is known
        return Understanding(text, ranking[0], ranking, entities, parts)

    def _finders(self, intent: str) -> tuple[Finder, ...]:
        return (*self.extractors, self.tagger.told(intent)) if self.tagger else self.extractors

    def _rank(self, text: str) -> tuple[Intent, ...]:
        normalised = self.normaliser(text)
        by_letters = self.classifier.rank(normalised)
        best = by_letters[0]
        if self.embedder is None or (best.name != self.classifier.fallback and best.confidence >= self.spare):
            return by_letters
        vector = self._vector(text, self.embedder)
        return by_letters if vector is None else self.classifier.rank(normalised, vector)

    def _parts(self, text: str, ranking: tuple[Intent, ...], entities: Iterable[Entity]) -> tuple[Part, ...]:
        if len(text) > MAX_CHARACTERS:
            return ()

        def quick(part: str) -> Intent:
            return self.classifier.rank(self.normaliser(part))[0]

        def named(words: str) -> Intent:
            return self.classifier.rank(words)[0]

        def whole(run: str) -> tuple[Intent, ...]:
            return ranking if run == text else self._rank(run)

        taken = ((entity.start, entity.end) for entity in entities)
        listed = self.enumerations.read(text, named, whole, taken) if self.enumerations else ()
        if self.clauses is None:
            return listed
        return self.clauses.read(text, quick, lambda part: self._rank(part)[0], self.classifier.fallback, listed)

    def _fitting(self, embedder: Embedder | None) -> Embedder | None:
        """The embedder, when it is the one the model was trained with."""
        sentence = self.classifier.sentence
        if sentence is None or (embedder is not None and embedder.name == sentence.embedder):
            return embedder if sentence else None
        at_hand = "none is at hand" if embedder is None else f"{embedder.name} is at hand"
        log.warning("texts are read by their letters: the model wants %s, and %s", sentence.embedder, at_hand)
        return None

    def _vector(self, text: str, embedder: Embedder) -> Vectors | None:
        if not any(map(str.isalnum, text)):
            return None  # an embedder finds a meaning in anything: signs alone are for the letters to know
        try:
            vector: Vectors = embedder.embed([text])[0]
        except EmbeddingError as error:
            if not self._complained:
                log.warning("texts are read by their letters: %s", error)
            self._complained = True
            return None
        self._complained = False
        return vector


def build_normaliser(pipeline: Pipeline) -> Normaliser:
    """The normaliser a pipeline asks for."""
    options = pipeline.normaliser
    lexicon = Lexicon.load(pipeline.folder / options.lexicon) if options.lexicon else Lexicon.empty()
    return Normaliser(lexicon, max_characters=options.max_characters, mask_digits=options.mask_digits)


def build_extractors(pipeline: Pipeline, resources: Resources) -> list[Extractor]:
    """The extractors a pipeline asks for, in its order."""
    return [registry.build(stage.name, stage.options, resources) for stage in pipeline.extractors]


def gather_resources(
    data: TrainingData,
    gazetteer: Iterable[CommuneRow],
    lookups: dict[str, tuple[str, ...]],
    folder: Path,
) -> Resources:
    """What extractors learn from training data and from the caller's own lists."""
    outside: set[str] = set()
    marked: dict[str, set[str]] = {}
    for example in data.examples:
        text = example.text
        for mark in reversed(example.annotations):
            inside = fold(text[mark.start : mark.end])
            marked.setdefault(mark.entity, set()).update(word.text for word in words_of(inside))
            text = f"{text[: mark.start]} {text[mark.end :]}"
        outside.update(word.text for word in words_of(fold(text)))
    return Resources(
        lookups={**data.lookups, **lookups},
        synonyms=dict(data.synonyms),
        communes=tuple((code, name, tuple(codes), count) for code, name, codes, count in gazetteer),
        words=frozenset(outside),
        marked={kind: frozenset(words) for kind, words in marked.items()},
        folder=folder,
    )
