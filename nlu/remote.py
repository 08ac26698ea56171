"""A Rasa server as an engine: asks `POST /model/parse`, and reads the answer with suspicion.

Standard library only: clients that log addresses would log the token, which Rasa wants in the query.
"""

import json
import math
import time
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from nlu.errors import RemoteError
from nlu.understanding import Entity, Intent, Understanding

RASA_FALLBACK = "nlu_fallback"
"""What Rasa's `FallbackClassifier` answers."""
MAX_BYTES = 1_000_000
CHUNK = 65_536


class RasaServer:
    """A Rasa server at an address, such as `http://127.0.0.1:5005`. Threads may share it.

    `fallback` is the name that stands for Rasa's own fallback; `timeout` is in seconds, for the whole answer.
    """

    def __init__(self, url: str, token: str | None = None, fallback: str = RASA_FALLBACK, timeout: float = 1.0) -> None:
        parts = urlsplit(url)
        self._connection = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._host = parts.hostname or ""
        self._port = parts.port
        query = f"?{urlencode({'token': token})}" if token else ""
        self._target = f"{parts.path.rstrip('/')}/model/parse{query}"
        self.fallback = fallback
        self.timeout = timeout

    def parse(self, text: str) -> Understanding:
        """What Rasa says a text means; raises `RemoteError` when it says nothing that can be used."""
        try:
            return self._read(text, json.loads(self._ask(text)))
        except TimeoutError:
            raise RemoteError(f"no answer within {self.timeout:g} s") from None
        except OSError as error:
            raise RemoteError(f"cannot be reached: {error.strerror or type(error).__name__}") from None
        except (HTTPException, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise RemoteError(f"answers what Rasa would not: {type(error).__name__}") from None

    def _ask(self, text: str) -> bytes:
        end = time.monotonic() + self.timeout
        connection = self._connection(self._host, self._port, timeout=self.timeout)
        try:
            body = json.dumps({"text": text}).encode("ascii")
            connection.request("POST", self._target, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            if response.status != 200:
                hint = " (is the token right?)" if response.status in (401, 403) else ""
                raise RemoteError(f"refuses with {response.status}{hint}")
            answer = bytearray()
            while chunk := response.read1(CHUNK):
                answer += chunk
                if len(answer) > MAX_BYTES:
                    raise RemoteError("answers without end")
                if time.monotonic() > end:  # a server that drips would otherwise never be too late
                    raise TimeoutError
            return bytes(answer)
        finally:
            connection.close()

    def _read(self, text: str, answer: dict[str, Any]) -> Understanding:
        intent = self._intent(answer["intent"])
        others = (self._intent(one) for one in answer.get("intent_ranking", ()))
        ranking = (intent, *(one for one in others if one.name != intent.name))
        shift = text.index(answer["text"])  # Rasa strips what it is given; offsets count from there
        entities = tuple(_entity(one, text, shift) for one in answer["entities"])
        return Understanding(text, intent, ranking, entities)

    def _intent(self, answer: dict[str, Any]) -> Intent:
        name, confidence = answer["name"], float(answer["confidence"])
        if not isinstance(name, str) or not math.isfinite(confidence):
            raise ValueError
        return Intent(self.fallback if name == RASA_FALLBACK else name, min(max(confidence, 0.0), 1.0))


def _entity(answer: dict[str, Any], text: str, shift: int) -> Entity:
    start, end = answer["start"] + shift, answer["end"] + shift
    if not isinstance(answer["entity"], str) or not 0 <= start <= end <= len(text):
        raise ValueError
    confidence = float(answer.get("confidence_entity", 1.0))
    extractor = str(answer.get("extractor", ""))
    return Entity(answer["entity"], start, end, answer["value"], text[start:end], extractor, confidence)
