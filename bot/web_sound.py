"""What the phone's page plays: a message of the assistant, read aloud to the person it was shown to."""

import logging
import re
from time import monotonic

import anyio.to_thread
from anyio import CapacityLimiter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels import web
from bot.errors import NotSaid
from bot.sounds import Words, words_shown
from bot.web_guard import Rate
from bot.web_pages import Problem
from bot.web_phone import COOKIE, Services
from bot.web_requests import Pool, Unavailable

AT_ONCE = 2
"""Texts read aloud at the same time: the others wait, and turns keep the rest of the machine."""
MOST_MESSAGES = 2**63
HEADERS = {"cache-control": "private, max-age=300", "vary": "cookie", "accept-ranges": "bytes"}
"""Kept a moment by this browser alone: whoever listens twice pays the transfer once."""

_RANGE = re.compile(r"bytes=(\d{1,12})-(\d{0,12})")
_log = logging.getLogger(__name__)


class SoundDoor:
    """The route of sounds; there is none where this service has no voice."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._pool = Pool()
        self._voices = CapacityLimiter(AT_ONCE)
        self._rate = Rate(burst=30, per_second=1)  # a player asks for one sound in several pieces

    def routes(self) -> list[Route]:
        """Starlette's routes."""
        return [Route("/phone/messages/{id:int}/audio", self.play, methods=["GET"])]

    async def play(self, request: Request) -> Response:
        """The sound of a message of theirs. `?light` takes Opus, for browsers that play it."""
        token = web.token_of(request.cookies.get(COOKIE))
        sounds = self._services.sounds
        if token is None or sounds is None:
            raise Problem("not_found")
        if seconds := self._rate.wait(token, monotonic()):
            raise Problem("too_many", seconds)
        words = await self._words(token, request.path_params["id"])
        light = "light" in request.query_params

        try:
            sound = await anyio.to_thread.run_sync(lambda: sounds.say(words, light=light), limiter=self._voices)
        except NotSaid as error:
            _log.warning("message %d could not be said aloud (%s)", request.path_params["id"], error)
            raise Problem("not_said") from None
        return _part(request.headers.get("range", ""), sound.content, sound.media_type)

    async def _words(self, token: str, message_id: int) -> Words:
        def look() -> Words | None:
            with self._services.database.reading() as session:
                return words_shown(session, web.NAME, token, message_id)

        try:
            words = await self._pool.run(look) if message_id < MOST_MESSAGES else None
        except Unavailable:
            raise Problem("unavailable", 2) from None
        if words is None:
            raise Problem("not_found")
        return words


def _part(asked: str, content: bytes, media_type: str) -> Response:
    """The whole, or the piece that a player asks for: some play nothing from a server that gives no pieces."""
    found = _RANGE.fullmatch(asked)
    if not found:
        return Response(content, media_type=media_type, headers=HEADERS)
    first, last = int(found[1]), min(int(found[2] or len(content)), len(content) - 1)
    if first > last:
        return Response(status_code=416, headers={"content-range": f"bytes */{len(content)}"})
    place = {"content-range": f"bytes {first}-{last}/{len(content)}"}
    return Response(content[first : last + 1], 206, headers={**HEADERS, **place}, media_type=media_type)
