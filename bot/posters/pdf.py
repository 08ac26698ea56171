"""Drawing posters: an A4 sheet, the same on A3, and cards to cut out, eight to a page."""

from collections.abc import Callable, Mapping
from io import BytesIO
from math import sqrt
from typing import NamedTuple

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from bot.posters.pen import BAND, INK, PAPER, SOFT, TINT, Pen
from bot.posters.sheet import Sheet
from bot.posters.words import words

A4_WIDTH, A4_HEIGHT = 210.0, 297.0
MARGIN = 16.0
CARD_WIDTH, CARD_HEIGHT = A4_WIDTH / 2, A4_HEIGHT / 4


class Format(NamedTuple):
    """A size of paper: times A4 in length, and what draws the page."""

    scale: float
    draw: Callable[[Canvas, Sheet], None]


def draw(sheet: Sheet, format_: str) -> bytes:
    """The PDF of a poster in one of FORMATS; the same bytes for the same sheet."""
    chosen, file = FORMATS[format_], BytesIO()
    width, height = A4_WIDTH * chosen.scale * mm, A4_HEIGHT * chosen.scale * mm
    canvas = Canvas(file, pagesize=(width, height), lang="fr-FR", invariant=1, initialFontName="Vera")
    said = words()["poster"]
    canvas.setTitle(f"{said['title'].format(code=sheet.code)} · {sheet.name}")
    canvas.setSubject(said["subject"])
    canvas.setAuthor(sheet.operator)
    canvas.setCreator("allervers")
    canvas.setViewerPreference("DisplayDocTitle", "true")
    canvas.translate(0, height)  # from here on, down from the top
    canvas.scale(chosen.scale, chosen.scale)
    chosen.draw(canvas, sheet)
    canvas.showPage()
    canvas.save()
    return file.getvalue()


def _poster(canvas: Canvas, sheet: Sheet) -> None:
    said = words()["poster"]
    pen = Pen(canvas, MARGIN, 9, A4_WIDTH - 2 * MARGIN)
    pen.box(0, 0, A4_WIDTH, 84, BAND)
    pen.write(said["heading"], 50, bold=True, colour=PAPER)
    pen.skip(2)
    pen.write(said["promise"], 20, colour=PAPER)
    pen.skip(1)
    pen.write_row(words()["tongues"], 13, colour=PAPER)

    side = 84.0
    pen.box(MARGIN - 4, 92, A4_WIDTH - 2 * MARGIN + 8, side + 14, TINT, radius=5)
    pen.draw_qr(sheet.url, MARGIN, 95, side)
    under = Pen(canvas, MARGIN, 95 + side, side)
    under.write(said["scan"], 11, bold=True, lines=1)
    right = Pen(canvas, MARGIN + side + 7, 94, A4_WIDTH - 2 * MARGIN - side - 7)
    if number := sheet.numbers.get("sms"):
        right.write(said["text"], 15)
        right.write(sheet.message, 24, bold=True, lines=1)
        right.write(said["text_to"].format(number=number), 20, bold=True, lines=1)
        right.skip(5)
    right.write(said["address"], 15)
    right.write(_breakable(sheet.short_url), 19, bold=True, lines=2)
    if number := sheet.numbers.get("call"):
        right.skip(5)
        right.write(said["call"].format(number=number), 15, lines=2)

    pen.y = 197
    pen.write(sheet.name, 22, bold=True, lines=2)
    pen.write(sheet.where, 14, colour=SOFT, lines=2)
    pen.skip(3)
    _dates(pen, sheet, 16)
    _footer(Pen(canvas, MARGIN, 275, A4_WIDTH - 2 * MARGIN), sheet, 9.5)


def _dates(pen: Pen, sheet: Sheet, size: float) -> None:
    if sheet.days:
        pen.write(words()["poster"]["dates"], size, bold=True)
    for day in sheet.days:
        pen.write(" · ".join(part for part in day if part), size, lines=1)
    pen.write(sheet.note, size * 0.75, colour=SOFT, lines=2)


def _footer(pen: Pen, sheet: Sheet, size: float) -> None:
    said = words()["poster"]
    pen.write(said["human"], size, lines=1)
    pen.write(said["private"], size, lines=1)
    pen.write(f"{sheet.operator} · {said['code'].format(code=sheet.code)}", size, colour=SOFT, lines=1)


def _cards(canvas: Canvas, sheet: Sheet) -> None:
    for row in range(4):
        for column in range(2):
            canvas.saveState()
            canvas.translate(column * CARD_WIDTH * mm, -row * CARD_HEIGHT * mm)
            _card(canvas, sheet)
            canvas.restoreState()
    canvas.setStrokeColor(SOFT)
    canvas.setLineWidth(0.3)
    canvas.setDash(2, 3)
    canvas.line(CARD_WIDTH * mm, 0, CARD_WIDTH * mm, -A4_HEIGHT * mm)
    for row in range(1, 4):
        canvas.line(0, -row * CARD_HEIGHT * mm, A4_WIDTH * mm, -row * CARD_HEIGHT * mm)


def _card(canvas: Canvas, sheet: Sheet) -> None:
    said, side, edge = words()["card"], 40.0, 6.0
    pen = Pen(canvas, edge, 4, CARD_WIDTH - 2 * edge)
    pen.write(said["heading"], 15, bold=True, colour=BAND, lines=1)
    pen.draw_qr(sheet.url, edge - 2, 13, side)
    right = Pen(canvas, edge + side + 1, 14, CARD_WIDTH - side - 2 * edge - 1)
    right.write(said["promise"], 9.5, lines=2)
    right.skip(1.5)
    if number := sheet.numbers.get("sms"):
        right.write(said["text"].format(number=number), 8.5, lines=2)
        right.write(sheet.message, 12, bold=True, lines=1)
        right.skip(1.5)
    right.write(said["address"], 8.5)
    right.write(_breakable(sheet.short_url), 9, bold=True, lines=2)
    pen.y = 54
    pen.write(sheet.name, 9.5, bold=True, lines=1)
    pen.write(" · ".join(part for day in sheet.days[:1] for part in day if part) or sheet.where, 9, colour=INK, lines=1)
    pen.write_row(words()["tongues"], 7)
    pen.write(sheet.operator, 7, colour=SOFT, lines=1)


def _breakable(address: str) -> str:
    """An address that may go on below, after its host."""
    return address.replace("/q/", "\n/q/", 1) if len(address) > 24 else address


FORMATS: Mapping[str, Format] = {
    "a4": Format(1, _poster),
    "a3": Format(sqrt(2), _poster),
    "card": Format(1, _cards),
}
