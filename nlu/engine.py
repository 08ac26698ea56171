"""The engine: a text in, an `Understanding` out. Thread-safe, and never raises whatever the text is."""

from collections.abc import Iterable
from pathlib import Path

from nlu.classifier import LinearClassifier
from nlu.entities import registry
from nlu.entities.base import CommuneRow, Extractor, Resources, words_of
from nlu.folding import fold
from nlu.normalise import Lexicon, Normaliser
from nlu.pipeline import Pipeline
from nlu.training import TrainingData
from nlu.understanding import Understanding


class Engine:
    """A trained pipeline. Nothing in it changes after it is built."""

    def __init__(self, normaliser: Normaliser, classifier: LinearClassifier, extractors: Iterable[Extractor]) -> None:
        self.normaliser = normaliser
        self.classifier = classifier
        self.extractors = tuple(extractors)

    @property
    def intents(self) -> tuple[str, ...]:
        """Every intent the engine may answer, the fallback left aside."""
        return self.classifier.intents

    def parse(self, text: str) -> Understanding:
        """What a text means: one intent, all intents ranked, and the entities."""
        ranking = self.classifier.rank(self.normaliser(text))
        return Understanding(text, ranking[0], ranking, registry.extract_all(self.extractors, text))


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
