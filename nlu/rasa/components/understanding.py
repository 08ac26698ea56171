"""Our engine as one Rasa graph component: trained by `rasa train nlu`, it answers as `nlu.engine` does."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData as RasaData

from nlu.cache import fingerprint, training
from nlu.embedding.choose import at_hand
from nlu.engine import Engine
from nlu.entities.base import CommuneRow
from nlu.model import Model
from nlu.pipeline import load_pipeline
from nlu.train import train_on
from nlu.training import Annotation, Example, TrainingData

HERE = Path(__file__).parents[1]
"""What the paths of a config are relative to: the folder of the configs."""


@DefaultV1Recipe.register(
    [
        DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER,
        DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR,
    ],
    is_trainable=True,
)
class Understanding(GraphComponent, IntentClassifier, EntityExtractorMixin):
    """Intent, ranking and entities of a message; `pipeline` is our config, `communes` a gazetteer or nothing.

    `kept` is the folder in which the embedder and training keep what they make ready.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"pipeline": "../config.yml", "communes": None, "kept": "../../var/nlu"}

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, engine: Engine | None
    ) -> None:
        self.config = config
        self.storage = storage
        self.resource = resource
        self.engine = engine

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Understanding:
        return cls(config, model_storage, resource, None)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Understanding:
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, Model.load(folder / "model").engine(at_hand(_kept(config))))

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Our code, our config and our lists are part of what a trained component depends on."""
        config = {**cls.get_default_config(), **config}  # Rasa asks before it has filled the defaults in
        return fingerprint((), _communes(config), {}, _pipeline(config), at_hand(_kept(config)))

    def train(self, training_data: RasaData) -> Resource:
        kept = _kept(self.config)
        _, means = training(at_hand(kept), kept)
        pipeline = load_pipeline(_pipeline(self.config))
        model = train_on(_ours(training_data), pipeline, _communes(self.config), means=means)
        with self.storage.write_to(self.resource) as folder:
            model.save(folder / "model")
        self.engine = model.engine(at_hand(kept))
        return self.resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            answer = self.engine.parse(message.get(TEXT) or "").to_rasa()
            message.set(INTENT, answer["intent"], add_to_output=True)
            message.set(INTENT_RANKING_KEY, answer["intent_ranking"], add_to_output=True)
            message.set(ENTITIES, message.get(ENTITIES, []) + answer["entities"], add_to_output=True)
        return messages


def _pipeline(config: dict[str, Any]) -> Path:
    return (HERE / config["pipeline"]).resolve()


def _kept(config: dict[str, Any]) -> Path:
    return (HERE / config["kept"]).resolve()


def _communes(config: dict[str, Any]) -> tuple[CommuneRow, ...]:
    """The gazetteer, as `directory` packages it."""
    if not config.get("communes"):
        return ()
    with gzip.open(HERE / config["communes"], "rt", encoding="utf-8", newline="") as file:
        return tuple(
            (
                row["code_insee"],
                row["nom"],
                tuple(filter(None, row["codes_postaux"].split("|"))),
                int(row["population"] or 0),
            )
            for row in csv.DictReader(file)
        )


def _ours(data: RasaData) -> TrainingData:
    """Rasa's training data as ours."""
    return TrainingData(
        tuple(_example(message) for message in data.intent_examples),
        {table["name"]: tuple(_elements(table["elements"])) for table in data.lookup_tables},
        dict(data.entity_synonyms),
    )


def _example(message: Message) -> Example:
    marks = tuple(
        Annotation(mark["entity"], mark["start"], mark["end"], str(mark["value"])) for mark in message.get(ENTITIES, [])
    )
    return Example(message.get(TEXT), message.get_full_intent(), marks, "Rasa's training data")


def _elements(named: list[str] | str) -> Iterable[str]:
    """A lookup table's words, in place or in a file of one a line."""
    return named if isinstance(named, list) else Path(named).read_text(encoding="utf-8").splitlines()
