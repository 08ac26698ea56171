"""What every door of the site needs: a body that ends, and database work off the event loop, a few calls at once."""

import logging
from collections.abc import Callable
from typing import TypeVar

import anyio.to_thread
from anyio import CapacityLimiter
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.requests import Request

log = logging.getLogger(__name__)

THREADS = 4
"""Database calls at once, by door."""

T = TypeVar("T")


class Unavailable(Exception):
    """The database does not answer: whoever asked may come back."""


class Pool:
    """Runs the database work of one door."""

    def __init__(self) -> None:
        self._limiter = CapacityLimiter(THREADS)

    async def run(self, work: Callable[[], T]) -> T:
        """What the work returns; raises Unavailable when the database is gone."""
        try:
            return await anyio.to_thread.run_sync(work, limiter=self._limiter)
        except (OperationalError, InterfaceError, PoolTimeout) as error:
            log.warning("the database does not answer: %s", type(error).__name__)
            raise Unavailable from None


async def read_body(request: Request, limit: int) -> bytes | None:
    """The whole body; None when it is longer than `limit` bytes, which are not read to their end."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)
