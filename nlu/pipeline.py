"""The pipeline: reads a Rasa-shaped config and says, with the cure, what is wrong in it."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from nlu.classifier import ClassifierOptions, FallbackOptions, SentenceOptions
from nlu.clauses import ClauseOptions
from nlu.enumerations import EnumerationOptions
from nlu.errors import ConfigError
from nlu.features import ANALYSERS, NgramOptions
from nlu.normalise import MAX_CHARACTERS
from nlu.tagger import TaggerOptions

DEFAULT_CONFIG = Path(__file__).with_name("config.yml")


@dataclasses.dataclass(frozen=True)
class NormaliserOptions:
    """`lexicon` is a file beside the config, or nothing."""

    lexicon: str | None = None
    mask_digits: bool = True
    max_characters: int = MAX_CHARACTERS


@dataclasses.dataclass(frozen=True)
class ExtractorOptions:
    """An entity extractor by its full name, and its options as written."""

    name: str
    options: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Pipeline:
    """A validated config. `folder` is what the paths in it are relative to.

    No `sentence` means no embedding, no `tagger` means rules alone, no `clauses` and no
    `enumerations` mean one wish a message.
    """

    language: str
    normaliser: NormaliserOptions
    blocks: tuple[NgramOptions, ...]
    classifier: ClassifierOptions
    sentence: SentenceOptions | None
    fallback: FallbackOptions
    clauses: ClauseOptions | None
    enumerations: EnumerationOptions | None
    tagger: TaggerOptions | None
    extractors: tuple[ExtractorOptions, ...]
    folder: Path
    source: Mapping[str, Any]

    @property
    def unless(self) -> dict[str, list[str]]:
        """By kind of entity, the phrases in which its words mean something else."""
        named = [one.options for one in self.extractors if {"entity", "unless"} <= one.options.keys()]
        return {str(options["entity"]): options["unless"] for options in named}


_STAGES: dict[str, type] = {
    "nlu.normalise.Normaliser": NormaliserOptions,
    "nlu.features.NgramBlock": NgramOptions,
    "nlu.classifier.LetterScorer": ClassifierOptions,
    "nlu.classifier.SentenceScorer": SentenceOptions,
    "nlu.classifier.Fallback": FallbackOptions,
    "nlu.clauses.Clauses": ClauseOptions,
    "nlu.enumerations.Enumerations": EnumerationOptions,
    "nlu.tagger.Tagger": TaggerOptions,
}
_EXTRACTORS_PREFIX = "nlu.entities."


def load_pipeline(path: Path = DEFAULT_CONFIG) -> Pipeline:
    """Reads a config file."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such config. Check the path") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not YAML ({error}). Check the indentation") from None
    return read_pipeline(content, path.parent)


def read_pipeline(content: Any, folder: Path) -> Pipeline:
    """Validates a config already parsed."""
    if not isinstance(content, Mapping) or not isinstance(content.get("pipeline"), list):
        raise ConfigError("the config has no pipeline. Write `pipeline:` and a list of `- name: ...` under it")
    found: dict[str, list[Any]] = {name: [] for name in _STAGES}
    extractors: list[ExtractorOptions] = []
    for stage in content["pipeline"]:
        options = dict(stage) if isinstance(stage, Mapping) else {}
        name = options.pop("name", None)
        if name in _STAGES:
            found[name].append(_build(name, options))
        elif isinstance(name, str) and name.startswith(_EXTRACTORS_PREFIX):
            extractors.append(ExtractorOptions(name, options))
        else:
            known = ", ".join(_STAGES)
            raise ConfigError(f"unknown stage {name!r}. Known: {known}, and {_EXTRACTORS_PREFIX}*")
    blocks = found["nlu.features.NgramBlock"]
    if not blocks:
        raise ConfigError("the pipeline counts nothing. Add `- name: nlu.features.NgramBlock`")
    for block in blocks:
        if block.analyser not in ANALYSERS or not 1 <= block.smallest <= block.largest:
            raise ConfigError(f"{block}: analyser is one of {', '.join(ANALYSERS)}; 1 <= smallest <= largest")
    return Pipeline(
        language=str(content.get("language", "en")),
        normaliser=_one(found, "nlu.normalise.Normaliser"),
        blocks=tuple(blocks),
        classifier=_one(found, "nlu.classifier.LetterScorer"),
        sentence=_at_most_one(found, "nlu.classifier.SentenceScorer"),
        fallback=_one(found, "nlu.classifier.Fallback"),
        clauses=_at_most_one(found, "nlu.clauses.Clauses"),
        enumerations=_at_most_one(found, "nlu.enumerations.Enumerations"),
        tagger=_at_most_one(found, "nlu.tagger.Tagger"),
        extractors=tuple(extractors),
        folder=folder,
        source=content,
    )


def _build(name: str, options: dict[str, Any]) -> Any:
    kind = _STAGES[name]
    known = {field.name for field in dataclasses.fields(kind)}
    unknown = sorted(set(options) - known)
    if unknown:
        raise ConfigError(f"{name} has no option {', '.join(unknown)}. It has {', '.join(sorted(known))}")
    try:
        return kind(**options)
    except TypeError as error:
        raise ConfigError(f"{name}: {error}. It has {', '.join(sorted(known))}") from None


def _at_most_one(found: Mapping[str, list[Any]], name: str) -> Any:
    return _one(found, name) if found[name] else None


def _one(found: Mapping[str, list[Any]], name: str) -> Any:
    if len(found[name]) > 1:
        raise ConfigError(f"{name} is named {len(found[name])} times. Keep one")
    return found[name][0] if found[name] else _STAGES[name]()
