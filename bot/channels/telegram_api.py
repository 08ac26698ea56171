"""Telegram's Bot API for threads: the asynchronous client on a loop of its own, and its errors as ours.

What the client raises may hold the token (it is part of every address) or what somebody wrote: an error of ours never
carries the one it stands for.
"""

import asyncio
import logging
import ssl
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as TooLong
from contextlib import suppress
from contextvars import ContextVar
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar

import httpx
from telegram import Bot
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

import bot.channels.telegram_client  # noqa: F401 - makes it quiet
from bot.errors import AddressGone, SendError, SendLater, SendRefused
from bot.faults import describe

API_URL = "https://api.telegram.org"
CONNECTIONS = 8
"""Requests at once; more of them wait their turn."""
REQUEST = 10.0
"""Seconds one request may take."""
UPDATES = "get_Updates"
"""Spelled so that the client hands over the raw updates: one it cannot read must not hold back those after it."""

_said_yes: ContextVar[bool] = ContextVar("telegram said yes", default=False)
"""Whether Telegram did what the task under way asked."""
_GONE = ("chat not found", "user is deactivated", "bot was blocked", "peer_id_invalid")
_log = logging.getLogger(__name__)
T = TypeVar("T")


class TokenRefused(SendLater):
    """Telegram does not know this token; an operator can mend that, so what is owed waits."""


class AnswerUnread(SendRefused):
    """Telegram said yes in a way the client cannot read. What was asked is done: asking again would do it twice."""


class NotAsked(SendLater):
    """Something went wrong before any yes of Telegram's was read, and on our side. Mended, the next try helps."""


class ThreadGone(SendRefused):
    """Somebody deleted the thread of a group."""

    said = ("message thread not found", "topic_deleted", "topic_id_invalid")


class ThreadClosed(SendRefused):
    """Somebody closed the thread of a group."""

    said = ("topic_closed",)


class MessageGone(SendRefused):
    """The message to change is not there any more, or may not be changed."""

    said = ("message to edit not found", "message can't be edited", "message_id_invalid")


_NARROW: tuple[type[ThreadGone] | type[ThreadClosed] | type[MessageGone], ...] = (ThreadGone, ThreadClosed, MessageGone)
"""Refusals after which we know something new, by what Telegram says."""


class BotApi:
    """One bot. Every method may be called from any thread; `close` gives everything back."""

    def __init__(self, token: str, url: str | None = None) -> None:
        self.bot_id = token.partition(":")[0]  # a bot's public number: ids of Telegram's are unique for one bot only
        root = (url or API_URL).rstrip("/")
        self._lines = (_line(CONNECTIONS), _line(1))  # the second for updates alone: they are waited for
        self._bot = Bot(
            token,
            base_url=f"{root}/bot",
            base_file_url=f"{root}/file/bot",
            request=self._lines[0],
            get_updates_request=self._lines[1],
        )
        self._lock = threading.RLock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._held: Future[Any] | None = None
        self._requests: set[asyncio.Task[Any]] = set()
        self._hung_up = False
        self._closed = False

    def call(self, ask: Callable[[Bot], Coroutine[Any, Any, T]], within: float = 2 * REQUEST) -> T:
        """The answer to one request, waited for `within` seconds at most. Raises SendError."""
        return _answer(self._submit(ask), within)

    def soon(self, ask: Callable[[Bot], Coroutine[Any, Any, object]]) -> None:
        """Asks and does not wait; a refusal is noted in the log, and that is all that comes of it."""
        with suppress(SendLater):  # closing
            self._submit(ask).add_done_callback(_note)

    def updates(self, offset: int | None, wait: timedelta, kinds: Sequence[str]) -> list[Mapping[str, Any]]:
        """The updates from `offset` on, waited for; as Telegram wrote them. Raises SendError."""
        seconds = int(wait.total_seconds())
        asked = {"offset": offset, "timeout": seconds, "allowed_updates": list(kinds)}

        async def ask(bot: Bot) -> list[Mapping[str, Any]]:
            return list(await bot.do_api_request(UPDATES, asked, read_timeout=seconds + REQUEST))

        with self._lock:
            if self._hung_up:
                raise SendLater("hung up")
            self._held = held = self._submit(ask)
        return _answer(held, seconds + 2 * REQUEST)

    def hang_up(self) -> None:
        """Lets go of whoever waits for updates, now or later: they get SendLater."""
        with self._lock:
            self._hung_up = True
            if self._held is not None:
                self._held.cancel()

    def close(self) -> None:
        """Ends what is under way; whoever waits for an answer gets SendLater."""
        with self._lock:
            self._closed = True
            loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._wind_up(), loop).result(REQUEST)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(REQUEST)
        loop.close()

    def _submit(self, ask: Callable[[Bot], Coroutine[Any, Any, T]]) -> "Future[T]":
        with self._lock:
            if self._closed:
                raise SendLater("closing")
            if self._loop is None:
                self._start()
            assert self._loop is not None
            return asyncio.run_coroutine_threadsafe(self._request(ask), self._loop)

    async def _request(self, ask: Callable[[Bot], Coroutine[Any, Any, T]]) -> T:
        task = asyncio.current_task()
        assert task is not None
        self._requests.add(task)
        try:
            return await ask(self._bot)
        except TelegramError:
            raise
        except Exception as error:  # the client's or ours: what matters is on which side of the request
            unread = _said_yes.get()
            _log.error("telegram: %s (%s)", "a yes could not be read" if unread else "no yes was read", describe(error))
            raise AnswerUnread("a yes unread") if unread else NotAsked("no yes read") from None
        finally:
            self._requests.discard(task)

    def _start(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="allervers-telegram", daemon=True)
        self._thread.start()

    async def _wind_up(self) -> None:
        under_way = list(self._requests)
        for task in under_way:  # ours only: they end those they started, in the order these can bear
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        for line in self._lines:
            await line.shutdown()


class _Line(HTTPXRequest):
    """A line that notes when Telegram says yes: from then on, asking again would do the thing twice."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> Any:
        said = HTTPXRequest.parse_json_payload(payload)
        if isinstance(said, dict) and said.get("ok") is True and "result" in said:
            _said_yes.set(True)
        return said


def _line(connections: int) -> HTTPXRequest:
    return _Line(
        connections,
        read_timeout=REQUEST,
        write_timeout=REQUEST,
        connect_timeout=REQUEST / 2,
        pool_timeout=REQUEST,
        media_write_timeout=REQUEST,
        httpx_kwargs={"verify": _authorities()},
    )


@cache
def _authorities() -> ssl.SSLContext:
    """Whom the machine trusts, read once: each reading took 25 ms, twice a client."""
    return httpx.create_ssl_context()


def _answer(future: "Future[T]", within: float) -> T:
    try:
        return future.result(within)
    except TooLong:
        future.cancel()
        raise SendLater("no answer in time") from None
    except CancelledError:
        raise SendLater("given up") from None
    except TelegramError as error:
        raise in_our_words(error) from None


def in_our_words(error: TelegramError) -> SendError:
    """What an error of Telegram's means for a message. Source: core.telegram.org/bots/api#making-requests."""
    match error:
        case RetryAfter():
            wait = error.retry_after
            return SendLater("flood control", wait.total_seconds() if isinstance(wait, timedelta) else float(wait))
        case Forbidden():
            return AddressGone("forbidden")
        case BadRequest() if _says(error, _GONE):
            return AddressGone("no such chat")
        case BadRequest() if narrow := next((each for each in _NARROW if _says(error, each.said)), None):
            return narrow(narrow.__name__)
        case BadRequest() | ChatMigrated():
            return SendRefused("bad request")
        case InvalidToken():
            return TokenRefused("token refused")
        case _:
            return SendLater(type(error).__name__)


def _says(error: BadRequest, reasons: Sequence[str]) -> bool:
    return any(reason in error.message.lower() for reason in reasons)


def _note(done: "Future[object]") -> None:
    if not done.cancelled() and (error := done.exception()) is not None:
        _log.info("telegram: an unattended request failed: %s", describe(error))
