"""The demonstration territory, where there is none yet."""

from sqlalchemy import select

from db.session import Database
from directory.exchange import load_demo
from directory.models import Place


def ensure_territory(database: Database) -> None:
    """Loads the demonstration territory into a database that knows no place."""
    with database.transaction() as session:
        if session.scalar(select(Place.id).limit(1)) is None:
            load_demo(session)
