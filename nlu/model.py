"""A trained model: what training learnt, saved as numpy arrays and JSON in a folder that stands alone."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from nlu.classifier import Blend, Classifier, LetterScorer, SentenceScorer
from nlu.clauses import Clauses
from nlu.embedding.base import Embedder
from nlu.engine import Engine, build_extractors, build_normaliser
from nlu.entities.base import CommuneRow, Resources
from nlu.enumerations import Enumerations
from nlu.errors import ModelError
from nlu.features import FeatureSpace, NgramBlock
from nlu.folding import fold
from nlu.pipeline import Pipeline, load_pipeline
from nlu.tagger import Mark, Tagger
from nlu.tagger_features import Hints

FORMAT = 5
_CONFIG, _META, _GRAMS, _RESOURCES, _COMMUNES, _TAGGER, _ARRAYS = (
    "config.yml",
    "model.json",
    "grams.json",
    "resources.json",
    "communes.json",
    "tagger.json",
    "arrays.npz",
)
_SENTENCE = ("sentence_mean", "sentence_weights", "sentence_bias", "sentence_centres")


@dataclass(frozen=True)
class Model:
    """A pipeline with what it learnt. `engine()` makes it ready to parse; rules find the `ruled` kinds only."""

    pipeline: Pipeline
    classifier: Classifier
    resources: Resources
    ruled: frozenset[str] = frozenset()
    tagger: Tagger | None = None

    def engine(self, embedder: Embedder | None = None) -> Engine:
        """An engine that parses with this model, by letters alone without the embedder it was trained with."""
        rules = [rule for rule in build_extractors(self.pipeline, self.resources) if rule.kind in self.ruled]
        clauses = Clauses(self.pipeline.clauses) if self.pipeline.clauses else None
        spare = self.pipeline.sentence.spare if self.pipeline.sentence else 1.0
        normaliser = build_normaliser(self.pipeline)
        listed = self.pipeline.enumerations
        enumerations = Enumerations(listed, normaliser) if listed else None
        return Engine(normaliser, self.classifier, rules, embedder, clauses, enumerations, spare, self.tagger)

    def save(self, folder: Path) -> None:
        """Writes the model; the folder appears whole or not at all."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as scratch:
            fresh = Path(scratch) / "model"
            fresh.mkdir()
            self._write(fresh)
            try:
                if folder.exists():
                    folder.rename(Path(scratch) / "old")
                fresh.rename(folder)
            except OSError:
                if not folder.is_dir():  # otherwise another process saved at the same moment: as good
                    raise

    def _write(self, folder: Path) -> None:
        config = yaml.safe_dump(self.pipeline.source, allow_unicode=True, sort_keys=False)
        (folder / _CONFIG).write_text(config, encoding="utf-8")
        for name in files_named(self.pipeline.source):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.pipeline.folder / name, folder / name)
        classifier = self.classifier
        sentence = classifier.sentence
        meta = {
            "format": FORMAT,
            "intents": classifier.intents,
            "fallback": classifier.fallback,
            "unseen_accuracy": classifier.unseen_accuracy,
            "alone": asdict(classifier.alone),
            "both": asdict(classifier.both) if classifier.both else None,
            "embedder": sentence.embedder if sentence else None,
            "floor": sentence.floor if sentence else None,
            "ruled": sorted(self.ruled),
            "tagger": self.tagger is not None,
        }
        resources = {
            "lookups": self.resources.lookups,
            "synonyms": self.resources.synonyms,
            "words": sorted(self.resources.words),
            "marked": {kind: sorted(words) for kind, words in self.resources.marked.items()},
        }
        letters = classifier.letters
        _dump(folder / _META, meta)
        _dump(folder / _RESOURCES, resources)
        _dump(folder / _COMMUNES, self.resources.communes)
        _dump(folder / _GRAMS, [block.grams for block in letters.space.blocks])
        arrays: dict[str, Any] = {f"idf{number}": block.idf for number, block in enumerate(letters.space.blocks)}
        arrays |= {"weights": letters.weights, "steps": letters.steps, "bias": letters.bias}
        if sentence:
            arrays |= {name: getattr(sentence, name.removeprefix("sentence_")) for name in _SENTENCE}
        if self.tagger:
            _dump(folder / _TAGGER, _tagger_words(self.tagger))
            arrays |= {"tagger_weights": self.tagger.weights, "tagger_steps": self.tagger.steps}
        with (folder / _ARRAYS).open("wb") as file:
            np.savez(file, **arrays)

    @classmethod
    def load(cls, folder: Path, communes: tuple[CommuneRow, ...] | None = None) -> "Model":
        """Reads a saved model; raises `ModelError` when it is missing, damaged or of another version.

        communes: those it was trained with, where they are in memory already.
        """
        try:
            meta = _load(folder / _META)
            if meta["format"] != FORMAT:
                raise ModelError(f"{folder}: format {meta['format']}, not {FORMAT}. Train the model again")
            pipeline = load_pipeline(folder / _CONFIG)
            resources = _load(folder / _RESOURCES)
            if communes is None:
                communes = tuple((code, name, codes, count) for code, name, codes, count in _load(folder / _COMMUNES))
            with np.load(folder / _ARRAYS, allow_pickle=False) as arrays:
                classifier = _classifier(meta, pipeline, _load(folder / _GRAMS), arrays)
                words = _load(folder / _TAGGER) if meta["tagger"] else None
                tagger = _tagger(words, arrays, resources["synonyms"]) if words else None
        except FileNotFoundError as error:
            raise ModelError(f"{folder}: {error.filename} is missing. Train the model again") from None
        except (KeyError, ValueError, TypeError) as error:
            raise ModelError(f"{folder}: damaged ({error!r}). Train the model again") from None
        return cls(
            pipeline,
            classifier,
            Resources(
                lookups={name: tuple(words) for name, words in resources["lookups"].items()},
                synonyms=resources["synonyms"],
                communes=communes,
                words=frozenset(resources["words"]),
                marked={kind: frozenset(words) for kind, words in resources["marked"].items()},
                folder=folder,
            ),
            frozenset(meta["ruled"]),
            tagger,
        )


def _classifier(meta: Mapping[str, Any], pipeline: Pipeline, grams: Any, arrays: Any) -> Classifier:
    blocks = [
        NgramBlock(options, words, arrays[f"idf{number}"])
        for number, (options, words) in enumerate(zip(pipeline.blocks, grams, strict=True))
    ]
    sentence = both = None
    if meta["embedder"] is not None:
        learnt = {name.removeprefix("sentence_"): arrays[name] for name in _SENTENCE}
        sentence = SentenceScorer(embedder=meta["embedder"], floor=meta["floor"], **learnt)
        both = Blend(**meta["both"])
    return Classifier(
        tuple(meta["intents"]),
        meta["fallback"],
        LetterScorer(FeatureSpace(blocks), arrays["weights"], arrays["steps"], arrays["bias"]),
        Blend(**meta["alone"]),
        sentence,
        both,
        meta["unseen_accuracy"],
    )


def _tagger_words(tagger: Tagger) -> dict[str, Any]:
    return {
        "marks": [asdict(mark) for mark in tagger.marks],
        "columns": list(tagger.columns),
        "lookups": tagger.hints.lookups,
        "regexes": tagger.hints.regexes,
    }


def _tagger(words: Mapping[str, Any], arrays: Any, synonyms: Mapping[str, str]) -> Tagger:
    return Tagger(
        tuple(Mark(**mark) for mark in words["marks"]),
        {name: column for column, name in enumerate(words["columns"])},
        arrays["tagger_weights"],
        arrays["tagger_steps"],
        Hints(words["lookups"], words["regexes"]),
        {fold(surface): value for surface, value in synonyms.items()},
    )


def files_named(source: Any) -> Iterator[str]:
    """The files a config points to: every option that ends in .yml."""
    if isinstance(source, str):
        if source.endswith((".yml", ".yaml")):
            yield source
    elif isinstance(source, dict):
        for value in source.values():
            yield from files_named(value)
    elif isinstance(source, list):
        for value in source:
            yield from files_named(value)


def _dump(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def _load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
