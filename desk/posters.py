"""Posters of a lead's territory: to print, and what each brought."""

from starlette.responses import Response

from bot.posters import counts
from bot.posters.counts import Tally
from bot.posters.pdf import FORMATS, draw
from bot.posters.sheet import compose
from desk.door import Page, Visit
from desk.errors import Absent
from directory import posters


def show(visit: Visit) -> Response:
    """Posters worth printing, and former ones that brought somebody, with their numbers."""
    visitor = visit.visitor
    found = counts.tallies(visit.session, visit.settings.zone)
    mine = posters.of_lead(visit.session, visitor.lead_id, visit.now, sees_all=visitor.sees_all, also=found.keys())
    return visit.page(
        "posters.html",
        lines=[(poster, spot, found.get(poster.code, Tally())) for poster, spot in mine],
        formats=list(FORMATS),
        printable=visit.settings.public_url is not None,
        unknown=found.get(counts.UNKNOWN) if visitor.sees_all else None,
    )


def download(visit: Visit) -> Response:
    """One poster as a PDF, if it leads to something in the lead's territory."""
    poster, format_ = posters.find(visit.session, str(visit.params["code"])), str(visit.params["format"])
    visitor = visit.visitor
    if poster is None or format_ not in FORMATS or visit.settings.public_url is None:
        raise Absent("absent")
    if not (visitor.sees_all or posters.is_of_lead(visit.session, poster, visitor.lead_id)):
        raise Absent("absent")
    pdf = draw(compose(visit.session, visit.settings, poster, visit.now), format_)
    named = {"content-disposition": f'attachment; filename="affiche-{poster.code}-{format_}.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=named)


ITEMS = (Page("/posters", show), Page("/posters/{code}/{format}.pdf", download))
