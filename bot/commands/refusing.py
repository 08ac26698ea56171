"""How a command says no, and where the project's own files are."""

import sys
from pathlib import Path
from typing import NoReturn

import click


def refuse(*lines: str) -> NoReturn:
    """Says why on standard error and ends with exit code 2."""
    for line in lines:
        click.echo(line, err=True)
    sys.exit(2)


def project() -> Path:
    """The checkout we stand in; refuses elsewhere."""
    here = Path.cwd()
    root = next((folder for folder in (here, *here.parents) if (folder / "pyproject.toml").is_file()), None)
    return root or refuse(f"{here}: not inside the project; change to its folder")
