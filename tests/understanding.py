"""The understanding of a running service for tests, trained once for all processes and kept between runs."""

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from bot.app import TRAINING_DATA
from directory.geography import gazetteer
from nlu.cache import load_or_train
from nlu.embedding.base import Embedder, Vectors
from nlu.embedding.choose import at_hand
from nlu.engine import Engine

CHECKOUT = Path(__file__).parents[1]
KEPT = CHECKOUT / "var" / "nlu"
"""What the checkout's own understanding keeps, as a service here would."""


@cache
def understanding() -> Engine:
    """What texts mean."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with _alone(KEPT / ".lock"):
        embedder = at_hand(KEPT)
        model = load_or_train(TRAINING_DATA, KEPT, gazetteer().names(), embedder=embedder)
    return model.engine(embedder and Remembering(embedder))


class Remembering:
    """Embeds a text once: tests say the same sentences on every channel and both databases."""

    def __init__(self, embedder: Embedder) -> None:
        self.name = embedder.name
        self._one = lru_cache(maxsize=None)(lambda text: embedder.embed([text])[0])

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._one(text) for text in texts])


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Holds a lock file, so that processes train one after the other and all but the first find the model."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
