"""What a lead can be told when a case cannot be treated as asked.

BotError
└── CaseError
    ├── CaseClosed      the case is closed: nobody can be written to from it
    ├── EmptyText       there is nothing to say
    ├── OtherSpeaker    another lead speaks with the person
    ├── TooLong         there is too much to say in one message
    ├── UnknownOutcome  not one of the outcomes a case can have
    └── Unreachable     no message gets to the person any more
"""

from bot.errors import BotError


class CaseError(BotError):
    """The case cannot be treated so."""


class CaseClosed(CaseError):
    """The case is closed; it opens again when the person asks for someone."""


class EmptyText(CaseError):
    """There is nothing to say."""


class OtherSpeaker(CaseError):
    """Another lead speaks with this person: take over first."""


class TooLong(CaseError):
    """There is too much to say in one message."""


class UnknownOutcome(CaseError):
    """Not one of the outcomes a case can have."""


class Unreachable(CaseError):
    """No message gets to the person any more: they said STOP, or their provider says they are gone."""
