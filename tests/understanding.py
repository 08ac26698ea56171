"""The understanding of a running service for tests, trained once for all processes and kept between runs."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from bot.app import TRAINING_DATA
from directory.geography import gazetteer
from nlu.cache import load_or_train
from nlu.embedding.choose import at_hand
from nlu.engine import Engine

CHECKOUT = Path(__file__).parents[1]


@cache
def understanding() -> Engine:
    """What texts mean, from the checkout's own folder: `var/nlu`, as a service here would keep it."""
    folder = CHECKOUT / "var" / "nlu"
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder / ".lock"):
        return load_or_train(TRAINING_DATA, folder, gazetteer().names(), embedder=at_hand()).engine(at_hand())


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Holds a lock file, so that processes train one after the other and all but the first find the model."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
