"""What commands share: settings, database, understanding and services, made on first use."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from bot.app import Services, utc_now
from bot.commands import storage
from bot.embedding import embedder_of
from bot.settings import Settings, load_settings
from db.session import Database
from directory.geography import gazetteer

if TYPE_CHECKING:
    from nlu.embedding.base import Embedder
    from nlu.engine import Engine


class Wiring:
    """The context object of every command; `close` gives back what it opened."""

    def __init__(self) -> None:
        self._closing = ExitStack()

    @cached_property
    def settings(self) -> Settings:
        """The settings of this process; raises SettingsError."""
        return load_settings()

    def database(self) -> Database:
        """The database the settings name, with its tables and with keys ready; raises SettingsError."""
        storage.prepare_keys(self.settings)
        database = storage.reach(self.settings)
        self._closing.callback(database.close)
        storage.bring_up(database)
        return database

    def services(self, clock: Callable[[], datetime] = utc_now) -> Services:
        """The whole wiring, once the database has answered and the keys have opened what it holds."""
        database = self.database()
        storage.check_keys(database, self.settings)
        database.close()
        services = Services(self.settings, clock)
        self._closing.callback(services.close_database)
        return services

    def close(self) -> None:
        """Gives every connection back to the system."""
        self._closing.close()

    def engine(self) -> "Engine":
        """The embedded understanding, trained when its data changed."""
        return self.services().understanding

    def embedder(self) -> "Embedder | None":
        """What places sentences by their meaning, where there is such a thing."""
        return embedder_of(self.settings)

    @property
    def vectors(self) -> Path:
        """The folder in which vectors of sentences are kept."""
        return self.settings.data_dir / "nlu"

    def gazetteer_names(self) -> Iterable[tuple[str, str, tuple[str, ...], int]]:
        """Every commune, as the understanding wants them."""
        return gazetteer().names()
