"""Reads training data as Rasa does, but keeps `faq/acre` one intent instead of a response of the intent `faq`."""

from rasa.shared.core.domain import Domain
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData


class WholeIntents(RasaFileImporter):
    """A Rasa importer; the domain it adds to is what the data names, since dialogues are not Rasa's here."""

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        data = super().get_nlu_data(language)
        return TrainingData(
            [_whole(message) for message in data.training_examples],
            data.entity_synonyms,
            data.regex_features,
            data.lookup_tables,
        )

    def get_domain(self) -> Domain:
        data = self.get_nlu_data()
        named = {"intents": sorted(data.intents), "entities": sorted(data.entities)}
        return super().get_domain().merge(Domain.from_dict(named))


def _whole(message: Message) -> Message:
    """The same message under its full intent."""
    if INTENT_RESPONSE_KEY not in message.data:
        return message
    data = {key: value for key, value in message.data.items() if key != INTENT_RESPONSE_KEY}
    return Message({**data, INTENT: message.get_full_intent(), TEXT: message.get(TEXT)})
