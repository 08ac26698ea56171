"""An embedder behind an OpenAI-compatible endpoint (`POST …/embeddings`)."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from urllib.error import URLError
from urllib.request import Request, urlopen

import numpy as np

from nlu.embedding.base import Vectors, presentable, unit
from nlu.errors import EmbeddingError

PATIENCE = 2.0  # seconds for one answer; a turn goes on without it after that
REST = 30.0  # seconds for which an endpoint that failed is left alone
BATCH = 64


class RemoteEmbedder:
    """Asks the endpoint; what it cannot answer in time raises `EmbeddingError`, at once while it rests."""

    def __init__(
        self,
        url: str,
        model: str,
        token: str | None = None,
        prefix: str = "query: ",
        patience: float = PATIENCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise EmbeddingError(f"{url}: not a web address. Write it whole, from https://")
        self._url = f"{url.rstrip('/')}/embeddings"
        self._model = model
        self._headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._prefix = prefix
        self._patience = patience
        self._clock = clock
        self._back_at = 0.0
        self._lock = threading.Lock()
        self.name = f"remote/{model}/{prefix.strip()}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        rows = [self._ask(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
        return np.concatenate(rows) if rows else np.zeros((0, 0), np.float32)

    def _ask(self, texts: Sequence[str]) -> Vectors:
        if self._clock() < self._back_at:
            raise EmbeddingError("the embedding endpoint is away")
        asked = {"model": self._model, "input": [self._prefix + presentable(text) for text in texts]}
        request = Request(self._url, json.dumps(asked).encode(), self._headers)  # noqa: S310 - http(s) only, see above
        try:
            with urlopen(request, timeout=self._patience) as answer:  # noqa: S310
                data = sorted(json.load(answer)["data"], key=lambda one: one["index"])
            rows = np.asarray([one["embedding"] for one in data], dtype=np.float32)
            if rows.ndim != 2 or len(rows) != len(texts):
                raise ValueError("not one vector a text")
        except (URLError, OSError, ValueError, KeyError, TypeError) as error:
            with self._lock:
                self._back_at = self._clock() + REST
            raise EmbeddingError(f"the embedding endpoint does not answer as it should ({error})") from None
        return unit(rows)
