"""The table of promises names tests that exist, and every test of this folder that holds one is in a promise's file."""

import re
from pathlib import Path

from tests import promises

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def test_every_test_named_exists() -> None:
    named = re.findall(r"(\S+\.py)::(\w+)", promises.__doc__ or "")
    assert len(named) > 40
    for path, name in named:
        file = ROOT / path if path.startswith("tests/") else HERE / path
        assert file.exists(), f"{path} is gone: say in tests/promises/__init__.py what holds the promise now"
        assert f"def {name}(" in file.read_text(encoding="utf-8"), f"{path}::{name} is gone"


def test_every_promise_has_a_file() -> None:
    numbers = re.findall(r"^(\d)\. ", promises.__doc__ or "", re.MULTILINE)
    assert numbers == list("123456789")
    assert all(list(HERE.glob(f"test_{number}_*.py")) for number in numbers)
