"""Which embedder serves: what the operator named, the bundled one otherwise, or none."""

import logging
from functools import cache
from pathlib import Path

from nlu.embedding.base import Embedder
from nlu.embedding.bundled import BundledEmbedder
from nlu.embedding.onnx import OnnxEmbedder
from nlu.embedding.remote import RemoteEmbedder
from nlu.errors import EmbeddingError

log = logging.getLogger(__name__)


def named(
    kept: Path, url: str | None = None, model: str = "", token: str | None = None, file: Path | None = None
) -> Embedder:
    """The embedder that was asked for; `kept` is the folder for what it makes ready.

    Raises `EmbeddingError` with the cure when it cannot serve.
    """
    if url:
        return RemoteEmbedder(url, model, token)
    if file:
        return OnnxEmbedder(file)
    return BundledEmbedder(kept)


@cache
def at_hand(
    kept: Path, url: str | None = None, model: str = "", token: str | None = None, file: Path | None = None
) -> Embedder | None:
    """The same, made once; None, and a line in the log, when texts must be understood by their letters alone."""
    try:
        return named(kept, url, model, token, file)
    except EmbeddingError as error:
        log.warning("no sentence embedding: %s", error)
        return None
