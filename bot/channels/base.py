"""The contract of a channel: describe what came in, say how a message leaves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, runtime_checkable

from flows.engine.language import FRENCH


@dataclass(frozen=True)
class InboundMessage:
    """One thing a person did on a channel, in our words.

    address: the channel's own id of the person (phone in E.164, chat id, browser token).
    provider_id: the provider's unique id of this message; a second one with it changes nothing.
    payload: what a tapped choice carries. location: {"lat", "lon"} in degrees. contact: {"phone", "name"}.
    kind: "text" | "choice" | "location" | "contact" | "media" (something we cannot read).
    media: what kind of thing that is, when it is known: "voice", "photo", "video", "file", "sticker".
    file: the provider's name of a recording that may be fetched and listened to.
    referral: code of the poster or stop that brought the person.
    answered: the provider has answered this itself; it is acted upon, and nothing is said.
    """

    channel: str
    address: str
    provider_id: str
    text: str = ""
    payload: str | None = None
    location: Mapping[str, float] | None = None
    contact: Mapping[str, str] | None = None
    kind: str = "text"
    media: str | None = None
    file: str | None = None
    referral: str | None = None
    answered: bool = False


@dataclass(frozen=True)
class OutboundMessage:
    """One thing to say on a channel, ready to render: `text` is final, `choices` are {title, payload}.

    valid_for: seconds after which it is better not said at all.
    heard_at: when the person last wrote here. expected: they booked what it is about, or asked for it.
    again: the provider took it once and then gave it up; what is plainest goes now.
    language: the person's, for the words a channel adds.
    """

    message_id: int
    address: str
    text: str
    choices: tuple[Mapping[str, str], ...] = ()
    attachments: tuple[Mapping[str, Any], ...] = field(default=())
    valid_for: float = 900
    heard_at: datetime | None = None
    expected: bool = False
    again: bool = False
    language: str = FRENCH


Fate = Literal["stopped", "gone", "later"]
"""What a refusal means: they told the provider to stop, nobody is there, or it is worth another try."""


@dataclass(frozen=True)
class Receipt:
    """What the provider says became of a message of ours.

    status: "sent" (the provider has it), "delivered" or "failed"; `fate` tells why it failed.
    message_id: our own id, when the provider gives it back: the receipt may come before the provider's id is stored.
    """

    channel: str
    provider_id: str
    status: Literal["sent", "delivered", "failed"]
    fate: Fate | None = None
    message_id: int | None = None


PULLED = frozenset({"console", "web"})
"""Channels whose person fetches the messages: once committed they are sent, and no delivery is owed."""

SOUNDING = frozenset({"telegram", "web"})
"""Channels that carry sound, where this service has a voice."""


class Channel(Protocol):
    """A way to reach people.

    variant: the `channel:` of a response's text variation.
    per_second: messages the provider lets us send in a second; None where nobody counts.
    """

    @property
    def name(self) -> str: ...
    @property
    def variant(self) -> str: ...
    @property
    def per_second(self) -> float | None: ...

    def send(self, message: OutboundMessage) -> str:
        """Delivers one message and returns the provider's id, "" when unknown; raises SendError.

        No transaction is open.
        """
        ...


@runtime_checkable
class Considerate(Protocol):
    """A channel that does not ring at night."""

    def hold_until(self, message: OutboundMessage, now: datetime) -> datetime | None:
        """When the message may leave; None for now."""
        ...
