"""Linking the visitor to their Telegram account, from which they treat cases in the leads' group."""

from starlette.responses import Response

from bot.conversations import lead_links
from desk.door import Action, Page, Visit


def show(visit: Visit) -> Response:
    """Whether an account is linked, and the code that links one, as long as it works."""
    settings = visit.settings
    return visit.page(
        "linking.html",
        configured=settings.telegram_token is not None,
        username=settings.telegram_username,
        link=lead_links.link_of(visit.session, visit.visitor.lead_id),
        code=lead_links.live_code(visit.session, visit.visitor.lead_id, visit.now),
    )


def issue(visit: Visit) -> str:
    """A new code; the one before it works no more."""
    lead_links.issue(visit.session, visit.visitor.lead_id, visit.now)
    return "code"


def unlink(visit: Visit) -> str:
    """The account acts no more."""
    lead_links.unlink(visit.session, visit.visitor.lead_id)
    return "unlinked"


def own_page(_visit: Visit) -> str:
    """Where both forms stand."""
    return "/telegram"


ITEMS = (
    Page("/telegram", show),
    Action("/telegram/code", issue, own_page, show),
    Action("/telegram/unlink", unlink, own_page, show),
)
