"""Writing on a PDF page from top to bottom: lengths in millimetres, fonts embedded, lines that fit."""

import re
from collections.abc import Sequence

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from bot.posters.qr import qr_code
from bot.posters.words import outlines

PLAIN, BOLD = "Vera", "VeraBd"
"""Bitstream Vera, which comes with reportlab and may be embedded: every letter of French is in it."""

INK, SOFT, BAND, PAPER, TINT = (HexColor(code) for code in ("#17211f", "#4d5c58", "#0f4c4a", "#ffffff", "#e0f0ec"))
LEADING = 1.28
_STROKE = re.compile(r"([MLCZ])([-\d, ]*)")

for _font in (PLAIN, BOLD):
    pdfmetrics.registerFont(TTFont(_font, f"{_font}.ttf"))


class Pen:
    """Writes down a column. `y` is how far below the top of the sheet the next line begins; origin at the top left."""

    def __init__(self, canvas: Canvas, x: float, y: float, width: float) -> None:
        self.canvas = canvas
        self.x, self.y, self.width = x, y, width

    def box(self, x: float, y: float, width: float, height: float, colour: Color, radius: float = 0) -> None:
        """A filled rectangle."""
        self.canvas.setFillColor(colour)
        self.canvas.roundRect(x * mm, -(y + height) * mm, width * mm, height * mm, radius * mm, stroke=0, fill=1)

    def write(
        self, text: str, size: float, *, bold: bool = False, colour: Color = INK, lines: int | None = None
    ) -> None:
        """A text on as many lines as it takes, smaller when that is more than `lines`. size: points."""
        if not text:
            return
        font = BOLD if bold else PLAIN
        while lines is not None and len(self._split(text, font, size)) > lines and size > 4:
            size -= 0.5
        self.canvas.setFillColor(colour)
        self.canvas.setFont(font, size)
        for line in self._split(text, font, size):
            self.y += size * LEADING / mm
            self.canvas.drawString(self.x * mm, -self.y * mm + size * (LEADING - 1), line)

    def write_row(self, words: Sequence[str], size: float, *, colour: Color = INK, gap: str = " · ") -> None:
        """Words on one line. Those our fonts have no letters for are drawn by their outlines."""
        self.y += size * LEADING / mm
        x, y = self.x * mm, -self.y * mm + size * (LEADING - 1)
        self.canvas.setFillColor(colour)
        self.canvas.setFont(PLAIN, size)
        for number, word in enumerate(words):
            if number:
                self.canvas.drawString(x, y, gap)
                x += pdfmetrics.stringWidth(gap, PLAIN, size)
            if outline := outlines().get(word):
                self._trace(outline["path"], x, y, size / 1000)
                x += outline["width"] * size / 1000
            else:
                self.canvas.drawString(x, y, word)
                x += pdfmetrics.stringWidth(word, PLAIN, size)

    def skip(self, height: float) -> None:
        """Leaves a blank."""
        self.y += height

    def draw_qr(self, text: str, x: float, y: float, width: float) -> None:
        """A QR code on white, as one shape, so that no hairline shows between its modules."""
        code = qr_code(text)
        module = width / code.size
        self.box(x, y, width, width, PAPER, radius=2 * module)
        path = self.canvas.beginPath()
        for bar in code.bars:
            left, top = x + bar.x * module, y + (bar.y + 1) * module
            path.rect(left * mm, -top * mm, bar.width * module * mm, module * mm)
        self.canvas.setFillColor(INK)
        self.canvas.drawPath(path, stroke=0, fill=1)

    def _trace(self, outline: str, x: float, y: float, scale: float) -> None:
        path = self.canvas.beginPath()
        draws = {"M": path.moveTo, "L": path.lineTo, "C": path.curveTo, "Z": path.close}
        for kind, numbers in _STROKE.findall(outline):
            values = [float(number) * scale for number in re.split("[ ,]", numbers) if number]
            draws[kind](*(value + (x, y)[at % 2] for at, value in enumerate(values)))
        self.canvas.drawPath(path, stroke=0, fill=1)

    def _split(self, text: str, font: str, size: float) -> Sequence[str]:
        found: list[str] = []
        for paragraph in text.split("\n"):
            found += simpleSplit(paragraph, font, size, self.width * mm)
        return found
