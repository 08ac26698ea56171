"""What can go wrong on the desk. Each `code` names its words in `words.yml`, under `problems`.

DeskError
├── LeadUnknown   an account was asked for a lead the directory does not have
├── LoginTaken    another lead already enters with this login
└── Refused       a form that cannot be taken as it is; the page is shown again with what was typed
    ├── Absent    what was asked for does not exist, or belongs to another territory
    └── Stale     the form does not carry the token of this session
"""

from collections.abc import Sequence


class DeskError(Exception):
    """The desk cannot do what was asked."""


class LeadUnknown(DeskError):
    """The directory has no active lead of this code."""

    def __init__(self, code: str, known: Sequence[str]) -> None:
        super().__init__(
            f"there is no active lead {code!r}; known: {', '.join(known) or 'none, import leads.csv first'}"
        )


class LoginTaken(DeskError):
    """Another lead already enters with this login."""

    def __init__(self, login: str) -> None:
        super().__init__(f"the login {login!r} belongs to another lead; choose one with --login")


class Refused(DeskError):
    """A form that cannot be taken as it is."""

    status = 422

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Absent(Refused):
    """Not there, or not in this lead's territory: the two look the same from outside."""

    status = 404


class Stale(Refused):
    """The form is older than this session."""

    status = 403

    def __init__(self) -> None:
        super().__init__("stale")
