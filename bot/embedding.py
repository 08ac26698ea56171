"""The sentence embedder the settings name."""

from pathlib import Path

from bot.settings import Settings
from nlu.embedding.base import Embedder
from nlu.embedding.choose import at_hand, named


def embedder_of(settings: Settings) -> Embedder | None:
    """What places sentences by their meaning; None, and a line in the log, where it cannot be had."""
    return at_hand(*_wanted(settings))


def name_of(settings: Settings) -> str:
    """The embedder's name; raises `EmbeddingError` with the cure where it cannot be had."""
    return named(*_wanted(settings)).name


def _wanted(settings: Settings) -> tuple[Path, str | None, str, str | None, Path | None]:
    token = settings.embedding_token
    return (
        settings.data_dir / "nlu",
        str(settings.embedding_url) if settings.embedding_url else None,
        settings.embedding_model,
        token.get_secret_value() if token else None,
        settings.embedding_file,
    )
