"""onnxruntime, told before it starts to report to nobody."""

import importlib
import os
from typing import Any

SILENCE = "ORT_DISABLE_TELEMETRY"
"""Otherwise its builds report to their maker over HTTPS, under a number kept in the account's cache folder. Read when
it is loaded: asked afterwards, it is silent only in part. Source: onnxruntime 1.32, Privacy.md."""


def load() -> Any:
    """The library. Raises ImportError where it cannot be had."""
    os.environ[SILENCE] = "1"
    runtime: Any = importlib.import_module("onnxruntime")
    runtime.disable_telemetry_events()  # builds for Windows do not read the variable
    return runtime
