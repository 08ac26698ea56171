"""What can go wrong between a channel and the database.

BotError
├── SettingsError       the configuration is wrong: names the variable and the cure
├── ChannelError
│   ├── Forged          a webhook without the right signature or secret
│   ├── Unreadable      a request that is not what the provider documents
│   ├── NotHeard        a voice message could not be written down
│   ├── NotSaid         a text could not be said aloud
│   └── SendError       the provider did not take a message
│       ├── SendLater   worth another try, perhaps after `retry_after` seconds
│       ├── AddressGone the person blocked us or the number does not exist
│       ├── Stopped     the person told the provider to stop
│       └── SendRefused trying again cannot help
└── NotYours            a lead asked for a case outside their territory
"""


class BotError(Exception):
    """Something went wrong on our side of the conversation."""


class SettingsError(BotError):
    """The configuration is wrong."""


class ChannelError(BotError):
    """A channel could not do its part."""


class Forged(ChannelError):
    """The request does not carry the right signature or secret."""


class Unreadable(ChannelError):
    """The request is not what the provider documents."""


class NotHeard(ChannelError):
    """The voice message could not be written down."""


class NotSaid(ChannelError):
    """The text could not be said aloud."""


class SendError(ChannelError):
    """The provider did not take the message."""


class SendLater(SendError):
    """Worth another try."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after  # seconds, when the provider says


class AddressGone(SendError):
    """The person blocked us, or the address does not exist."""


class Stopped(SendError):
    """The person told the provider that they want no more messages."""


class SendRefused(SendError):
    """Trying again cannot help."""


class NotYours(BotError):
    """This case is not in your territory."""
