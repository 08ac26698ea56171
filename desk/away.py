"""Whether the lead who visits is away on a day, and whether that is theirs to say."""

from datetime import date

from sqlalchemy import exists, select

from desk.door import Visit
from directory.models import Absence, Permanence


def absence_on(visit: Visit, on: date) -> Absence | None:
    """The visitor's own absence on that day, if one is known."""
    mine = select(Absence).where(Absence.lead_id == visit.visitor.lead_id)
    return visit.session.scalars(mine.where(Absence.starts_on <= on, Absence.ends_on >= on)).first()


def may_declare(visit: Visit, on: date) -> bool:
    """Whether there is a day to free: it is not over, and the visitor holds permanences."""
    holds = exists().where(Permanence.lead_id == visit.visitor.lead_id)
    return on >= visit.today and bool(visit.session.scalar(select(holds)))
