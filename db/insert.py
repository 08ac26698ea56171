"""Inserting a row unless its like is there, on both databases."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Executable, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db.base import Base

_INSERTS: dict[str, Callable[[Any], postgresql.Insert | sqlite.Insert]] = {
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
    statement = _statement(session.get_bind().dialect.name, table, tuple(unique), where)
    found: int | None = session.execute(statement, dict(values)).scalar()
    return found


@lru_cache(maxsize=64)  # building a statement costs more than running it
def _statement(
    dialect: str, table: type[Base], unique: tuple[str, ...], where: ColumnElement[bool] | None
) -> Executable:
    rows = inspect(table).local_table
    insert = _INSERTS[dialect](rows).on_conflict_do_nothing(index_elements=unique, index_where=where)
    return insert.returning(*rows.primary_key)
