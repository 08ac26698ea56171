"""The migrations make exactly the tables the code declares, on both databases."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import CheckConstraint, MetaData, inspect, text

from db import migrate
from db.base import Base
from db.session import Database
from tests.tables import import_tables


@pytest.fixture(scope="module", autouse=True)
def tables() -> None:
    import_tables()


def test_an_upgraded_database_is_what_the_code_declares(database: Database, database_url: str) -> None:
    assert migrate.current(database_url) == migrate.head()
    assert migrate.check(database, Base.metadata) == [], 'run `.venv/bin/python -m tests.new_migration "why"`'


def test_what_comparing_overlooks_is_there_too(database: Database) -> None:
    """Conditions of partial indexes and checks decide our promises: they are compared one by one."""
    inspector = inspect(database.engine)
    for table in Base.metadata.sorted_tables:
        declared = {str(index.name): index.dialect_options[database.dialect]["where"] for index in table.indexes}
        stored = {str(index["name"]): index for index in inspector.get_indexes(table.name)}
        for name, where in declared.items():
            found = stored[name].get("dialect_options", {}).get(f"{database.dialect}_where")
            assert (where is None) == (found is None), name
            if where is not None:
                assert _condition(where) == _condition(found), name
        assert {check["name"] for check in inspector.get_check_constraints(table.name)} == {
            check.name for check in table.constraints if isinstance(check, CheckConstraint)
        }


def test_a_difference_is_noticed(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("DROP INDEX ix_job_open"))
        connection.execute(text("ALTER TABLE contact ADD COLUMN more TEXT"))
    assert len(migrate.check(database, Base.metadata)) == 2


def test_down_and_up_again(database: Database, database_url: str) -> None:
    migrate.downgrade(database_url, "base")
    assert set(inspect(database.engine).get_table_names()) == {"alembic_version"}
    with ThreadPoolExecutor(2) as pool:  # two processes of one service starting at once
        list(pool.map(migrate.upgrade, [database_url] * 2))
    assert migrate.check(database, Base.metadata) == []


def test_a_revision_is_written_for_what_is_missing(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("migrations")
    for name in ("env.py", "script.py.mako"):
        (folder / name).write_text((migrate.FOLDER / name).read_text("utf-8"), "utf-8")
    (folder / "versions").mkdir()
    monkeypatch.setattr(migrate, "FOLDER", folder)
    with database.engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    wanted = MetaData(naming_convention=Base.metadata.naming_convention)
    for table in Base.metadata.sorted_tables:
        if table.name != "job":
            table.to_metadata(wanted)
    script = migrate.revise(database_url, wanted, "No job").read_text("utf-8")
    assert script.startswith('"""No job\n\nRevision: 0001.\n"""')
    assert "op.drop_table('job')" in script
    assert "import db" not in script


def _condition(where: object) -> str:
    """A condition without what PostgreSQL adds to it."""
    return "".join(str(where).lower().replace("::text", "").replace("(", "").replace(")", "").split())
