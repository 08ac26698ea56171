"""Contents at Twilio: a shape is created once, found again ever after, and left alone for a while when it is refused.

A kill between the creation and its row leaves a content nobody uses behind, and another is created: shapes are few.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from json import dumps
from typing import Any

from sqlalchemy import delete, select
from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from bot.channels.content_models import TwilioContent
from bot.errors import SendLater
from db.insert import insert_once
from db.session import Database
from flows.engine.language import FRENCH

PAUSE = timedelta(hours=1)
"""How long choices are numbers to type after something was refused: nobody waits for a second refusal each time."""

_log = logging.getLogger(__name__)


@dataclass
class Contents:
    """The contents of one account. Used by several threads: at worst one creates what another just did."""

    client: Client
    database: Database
    clock: Callable[[], datetime]
    _paused_until: datetime | None = field(default=None, init=False)

    def sid(self, types: Mapping[str, Any]) -> str | None:
        """The content of this shape, created when it has never been; None while contents are refused."""
        if self._paused_until is not None and self.clock() < self._paused_until:
            return None
        digest = self._digest(types)
        known = self._known(digest)
        if known is not None:
            return known
        try:
            sid = self.client.content.v1.contents.create(_Request(digest, types)).sid
        except (TwilioException, SendLater) as error:
            self._pause(f"refuses a content ({getattr(error, 'code', None) or type(error).__name__})")
            return None
        with self.database.transaction() as session:
            values = {"digest": digest, "sid": sid, "created_at": self.clock()}
            insert_once(session, TwilioContent, values, unique=["digest"])
        return str(sid)

    def refused(self, types: Mapping[str, Any] | None = None) -> None:
        """A message of this shape did not pass, at once or later on: created anew after a pause, in case it is gone."""
        self._pause("does not pass buttons on")
        if types is not None:
            with self.database.transaction() as session:
                session.execute(delete(TwilioContent).where(TwilioContent.digest == self._digest(types)))

    def _known(self, digest: str) -> str | None:
        with self.database.reading() as session:
            return session.scalar(select(TwilioContent.sid).where(TwilioContent.digest == digest))

    def _digest(self, types: Mapping[str, Any]) -> str:
        return sha256(dumps([self.client.account_sid, types], sort_keys=True).encode()).hexdigest()

    def _pause(self, what: str) -> None:
        self._paused_until = self.clock() + PAUSE
        _log.warning("Twilio %s: WhatsApp choices are numbers to type for an hour", what)


class _Request:
    """What the client posts. Its own request would name every other type of content, as null."""

    def __init__(self, digest: str, types: Mapping[str, Any]) -> None:
        self._digest, self._types = digest, types

    def to_dict(self) -> dict[str, Any]:
        """The body, as the Content API documents it; each variable has a sample."""
        return {
            "friendly_name": f"allervers {self._digest[:12]}",
            "language": FRENCH,
            "variables": dict.fromkeys(_variables(dumps(self._types)), "…"),
            "types": self._types,
        }


def _variables(shape: str) -> list[str]:
    """The names between braces, in order."""
    return [part.partition("}}")[0] for part in shape.split("{{")[1:]]
