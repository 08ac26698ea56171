"""How long things take, as medians and percentiles."""

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def durations(work: Callable[[T], object], items: Iterable[T], repeat: int = 3) -> list[float]:
    """Milliseconds the work takes on each item: the middle one of a few tries, as other programmes run too."""
    return [statistics.median(_took(work, item) for _ in range(repeat)) for item in items]


def _took(work: Callable[[T], object], item: T) -> float:
    before = time.perf_counter()
    work(item)
    return (time.perf_counter() - before) * 1000


def median(values: Iterable[float]) -> float:
    """The middle one."""
    return statistics.median(values)
