"""Logging out."""

from starlette.responses import Response

from desk import sessions
from desk.door import Action, Page, Visit


def show(visit: Visit) -> Response:
    """Asks once: a link that logs out by itself could be planted anywhere."""
    return visit.page("leaving.html")


def leave(visit: Visit) -> str:
    """Closes the session."""
    sessions.end(visit.session, visit.visitor.token_digest)
    return "left"


def login_page(visit: Visit) -> str:
    """Where a lead who left finds the door."""
    return "/login"


ITEMS = (Page("/logout", show), Action("/logout", leave, login_page, show))
