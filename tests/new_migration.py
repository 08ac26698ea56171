"""Writes a migration for what changed in the tables: `.venv/bin/python -m tests.new_migration "why it changes"`."""

import sys
import tempfile
from pathlib import Path

from db.base import Base
from db.migrate import revise, upgrade
from tests.tables import import_tables


def main(message: str) -> None:
    """Compares the tables with what the migrations make of an empty database, and writes the difference."""
    import_tables()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/scratch.db"
        if any(Path("db/migrations/versions").glob("*.py")):
            upgrade(url)
        print(revise(url, Base.metadata, message))


if __name__ == "__main__":
    main(sys.argv[1])
