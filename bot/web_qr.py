"""`/q/{code}`: what a poster's QR code opens. Every way to write to us, on one light page, without a script."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

import anyio.to_thread
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.faults import describe
from bot.posters import counts
from bot.posters.sheet import DayLine, day_lines
from bot.posters.ways import ways
from bot.web_guard import Rate
from bot.web_pages import COMPRESSED, Pages
from bot.web_phone import Services
from directory import posters
from directory.models import Poster
from directory.posters import Spot

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Found:
    """What the page says of the place; nothing for a code that nobody gave out."""

    spot: Spot | None = None
    days: Sequence[DayLine] = ()


class PosterPage:
    """The route of posters."""

    def __init__(self, services: Services, pages: Pages) -> None:
        self._services = services
        self._pages = pages
        self._rate = Rate(burst=6, per_second=0.05)  # openings that count, per address of the network

    def routes(self) -> list[Route]:
        """Starlette's routes."""
        return [Route("/q/{code}", self.show, methods=["GET"], middleware=COMPRESSED)]

    async def show(self, request: Request) -> Response:
        """The page, whatever the code and the database: somebody stands in front of a poster."""
        code = request.path_params["code"].strip().upper()
        host = request.client.host if request.client else ""
        chosen = request.query_params.get("l", "")  # by somebody who has the page open: no opening
        counted = request.method == "GET" and not chosen and not self._rate.wait(host, monotonic())
        language = self._pages.asked(request, chosen)
        found = await anyio.to_thread.run_sync(self._look, code, counted, language)
        shown = ways(self._services.settings, code)
        return self._pages.html("poster.html", language=language, ways=shown, spot=found.spot, days=found.days)

    def _look(self, code: str, counted: bool, language: str) -> Found:
        now = self._services.clock()
        try:
            with self._services.database.reading() as session:
                poster = posters.find(session, code)
                found = Found() if poster is None else _found(session, poster, now, language)
            if counted:
                with self._services.database.transaction() as session:
                    day = now.astimezone(self._services.settings.zone).date()
                    counts.note_opening(session, code if poster else None, day)
        except SQLAlchemyError as error:
            log.warning("a poster's page does without the database: %s", describe(error))
            return Found()
        return found


def _found(session: Session, poster: Poster, now: datetime, language: str) -> Found:
    return Found(posters.spot(poster, now), day_lines(session, poster, now, language))
