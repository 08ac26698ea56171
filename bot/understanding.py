"""Rasa first: a Rasa server says what messages want, and the embedded engine whenever it does not."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import replace
from threading import Lock

from nlu.errors import RemoteError
from nlu.understanding import Entity, Understanding

log = logging.getLogger(__name__)

REST = 30.0
"""Seconds during which a server that failed is not asked: one message in that time may wait in vain, not each."""
ORDER = "/"
"""What begins so is an order to Rasa, which would believe it: whoever types `/delete_my_data` has not asked for it."""

Parse = Callable[[str], Understanding]


class RasaFirst:
    """Reads messages with `rasa` where it answers, with `embedded` otherwise. Threads may share it.

    Intents are Rasa's. Entities are ours, whose values flows count on, and Rasa's where we found nothing.
    `intents` are those flows know; an answer outside them is as good as none. `counted` hears how each message fared.
    """

    def __init__(
        self,
        rasa: Parse,
        embedded: Parse,
        intents: Set[str],
        counted: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rasa = rasa
        self._embedded = embedded
        self._intents = intents
        self._counted = counted
        self._clock = clock
        self._lock = Lock()
        self._asked_again_at: float | None = None  # None while all is well

    def parse(self, text: str) -> Understanding:
        """What a text means. Never raises because of Rasa."""
        ours = self._embedded(text)
        theirs = self._ask(text)
        if theirs is None:
            return ours
        ranking = tuple(intent for intent in theirs.ranking if intent.name in self._intents)
        entities = (*ours.entities, *_apart(theirs.entities, ours.entities))
        ordered = tuple(sorted(entities, key=lambda entity: (entity.start, entity.end)))
        return replace(ours, intent=theirs.intent, ranking=ranking, entities=ordered)

    def _ask(self, text: str) -> Understanding | None:
        if text.lstrip().startswith(ORDER):
            self._counted("withheld")
            return None
        if not self._may_ask():
            self._counted("spared")
            return None
        try:
            answer = self._rasa(text)
            if answer.intent.name not in self._intents:
                raise RemoteError("answers an intent unknown here; train it on nlu/data")
        except RemoteError as error:
            self._failed(error)
            return None
        self._answered()
        return answer

    def _may_ask(self) -> bool:
        """Whether it is this message's turn to try; of those that come while Rasa rests, one each `REST`."""
        with self._lock:
            if self._asked_again_at is None:
                return True
            if self._clock() < self._asked_again_at:
                return False
            self._asked_again_at = self._clock() + REST
            return True

    def _failed(self, error: RemoteError) -> None:
        self._counted("failed")
        with self._lock:
            first = self._asked_again_at is None
            self._asked_again_at = self._clock() + REST
        if first:
            log.warning("Rasa %s; the embedded engine reads alone, Rasa is tried every %g s", error, REST)

    def _answered(self) -> None:
        self._counted("answered")
        with self._lock:
            back = self._asked_again_at is not None
            self._asked_again_at = None
        if back:
            log.warning("Rasa answers again")


def _apart(entities: Iterable[Entity], others: Iterable[Entity]) -> Iterator[Entity]:
    """The entities that overlap none of the others."""
    for entity in entities:
        if not any(entity.start < other.end and other.start < entity.end for other in others):
            yield entity
