"""Inserting a row unless its like is there, on both databases."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db.base import Base

_INSERTS: dict[str, Callable[[type[Base]], postgresql.Insert | sqlite.Insert]] = {
    "postgresql": postgresql.insert,
    "sqlite": sqlite.insert,
}


def insert_once(
    session: Session,
    table: type[Base],
    values: Mapping[str, Any],
    *,
    unique: Sequence[str],
    where: ColumnElement[bool] | None = None,
) -> int | None:
    """The id of the new row, or None when a row with the same `unique` columns exists (`where`: partial index).

    Waits for a racing transaction that inserts the same. The id comes from RETURNING: psycopg's `rowcount` is -1
    for a new row and a duplicate alike.
    """
    insert = _INSERTS[session.get_bind().dialect.name]
    key = inspect(table).primary_key[0]
    statement = insert(table).values(dict(values))
    found: int | None = session.scalar(
        statement.on_conflict_do_nothing(index_elements=unique, index_where=where).returning(key)
    )
    return found
