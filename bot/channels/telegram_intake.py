"""How updates reach us: Telegram calls our address, or, where there is none, we keep asking Telegram."""

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from telegram import Bot, BotCommand

from bot.channels.telegram_api import BotApi
from bot.channels.telegram_updates import KINDS, words
from bot.errors import SendError, SendLater
from bot.faults import describe

HOLD = timedelta(seconds=25)
"""How long Telegram holds a question when there is nothing to say; mobile networks and proxies cut longer ones."""
FIRST_REST, LONGEST_REST = 0.5, 30.0
"""Seconds to rest after a failure; twice as long each time, up to the second, after which a menu is tried again too."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Webhook:
    """Where Telegram calls us, and the secret it shows."""

    url: str
    secret: str


class Takes(Protocol):
    """Whoever stores updates."""

    def take(self, update: Mapping[str, Any]) -> None:
        """Stores one update, committed when this returns."""
        ...


class Intake:
    """A thread that registers the bot's address and commands; without an address it then fetches updates."""

    def __init__(self, api: BotApi, door: Takes, webhook: Webhook | None) -> None:
        self._api = api
        self._door = door
        self._webhook = webhook
        self._offset: int | None = None
        self._show_at = 0.0  # of time.monotonic
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="allervers-telegram-intake", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self, seconds: float = 10.0) -> None:
        """Stops it, once what was fetched is stored."""
        self._stopping.set()
        self._api.hang_up()
        if self._thread.ident is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        self._until_it_works(self._register)
        if self._webhook is not None:
            self._until_it_works(self._show_commands)
            return
        while not self._stopping.is_set():
            self._until_it_works(self._fetch)

    def _until_it_works(self, work: Callable[[], None]) -> None:
        rest = FIRST_REST
        while not self._stopping.is_set():
            error = self._try(work)
            if error is None or self._stopping.is_set():
                return
            wanted = error.retry_after if isinstance(error, SendLater) else None
            self._stopping.wait(wanted if wanted is not None else rest)
            rest = min(rest * 2, LONGEST_REST)

    def _try(self, work: Callable[[], None]) -> Exception | None:
        """Does it; what went wrong, which the log has too unless we are stopping."""
        try:
            work()
        except Exception as error:
            if not self._stopping.is_set():
                _log.warning("telegram: %s (%s)", describe(error), error if isinstance(error, SendError) else "")
            return error
        return None

    def _register(self) -> None:
        webhook = self._webhook
        if webhook is None:
            self._api.call(lambda bot: bot.delete_webhook())
            return
        self._api.call(
            lambda bot: bot.set_webhook(webhook.url, secret_token=webhook.secret, allowed_updates=list(KINDS))
        )

    def _show_commands(self) -> None:
        """The menu of commands. Nobody's message waits for it."""
        self._api.call(_set_commands)
        self._show_at = math.inf

    def _fetch(self) -> None:
        """The next updates. The offset, which tells Telegram what it may forget, moves only after each commit."""
        if time.monotonic() >= self._show_at:
            self._show_at = time.monotonic() + LONGEST_REST
            self._try(self._show_commands)
        for update in self._api.updates(self._offset, HOLD, KINDS):
            self._door.take(update)
            self._offset = int(update["update_id"]) + 1


async def _set_commands(bot: Bot) -> object:
    commands = words()["commands"].items()
    return await bot.set_my_commands(
        [BotCommand(name, command["description"]) for name, command in commands if "description" in command]
    )
