"""The keys that encrypt what is kept: the operator's, or one made for this machine alone."""

import os
import secrets
from pathlib import Path

import db.crypto
from bot.errors import SettingsError
from bot.settings import Settings


def prepare(settings: Settings) -> None:
    """Gives the process its keys. With the embedded database a key is made once and kept beside it."""
    keys = [key.get_secret_value() for key in settings.secret_key]
    if not keys and not settings.database_url.startswith("sqlite"):
        raise SettingsError(
            "ALLERVERS_SECRET_KEY is needed with a database that other machines share; "
            f"for example: ALLERVERS_SECRET_KEY={secrets.token_urlsafe(32)}"
        )
    db.crypto.use_keys(keys or [local_key(settings.data_dir / "secret.key")])


def local_key(path: Path) -> str:
    """The key in that file; made, readable by its owner alone, when it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = path.read_text(encoding="ascii").strip()
        if not key:
            raise SettingsError(f"{path} is empty: put the former key back, or set ALLERVERS_SECRET_KEY") from None
        return key
    key = secrets.token_urlsafe(32)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key + "\n")
    return key
