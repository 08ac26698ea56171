"""Describing an error in a log without what it carries: messages of errors may quote phone numbers and texts."""

import traceback
from pathlib import Path


def describe(error: BaseException) -> str:
    """The class of the error and the line of code it came from, such as `OperationalError at session.py:60`."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return type(error).__name__
    return f"{type(error).__name__} at {Path(frames[-1].filename).name}:{frames[-1].lineno}"
