"""QR codes as rectangles: sharp at any size, whoever prints them."""

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

import segno

QUIET = 4
"""Modules of white around the code, by its standard."""


class Bar(NamedTuple):
    """A run of dark modules of one row, counted from the top left corner of the quiet zone."""

    x: int
    y: int
    width: int


class QrCode(NamedTuple):
    """A code: its width in modules, quiet zone included, and its dark bars."""

    size: int
    bars: tuple[Bar, ...]


def qr_code(text: str) -> QrCode:
    """The QR code of a text; a quarter of it may be hidden or worn away."""
    matrix = segno.make(text, error="q", micro=False).matrix
    return QrCode(len(matrix) + 2 * QUIET, tuple(_bars(matrix)))


def _bars(matrix: tuple[bytearray, ...]) -> Iterator[Bar]:
    for y, row in enumerate(matrix):
        x = 0
        for dark, run in groupby(row, key=lambda module: module & 1):
            width = len(list(run))
            if dark:
                yield Bar(x + QUIET, y + QUIET, width)
            x += width
