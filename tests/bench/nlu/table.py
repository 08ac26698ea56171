"""The figures as a Markdown table, and its place in docs/nlu.md."""

from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench.nlu.figures import Figures, chance

BEGIN, END = "<!-- bench-nlu -->", "<!-- end of bench-nlu -->"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


ROWS: Sequence[tuple[str, Callable[[Figures], str]]] = (
    ("accuracy", lambda one: _share(one.report.accuracy)),
    ("accuracy, in scope", lambda one: _share(one.in_scope)),
    ("right intent in the first three", lambda one: _share(one.report.top3)),
    ("macro F1", lambda one: _figure(one.report.macro_f1)),
    ("out-of-scope recall at 5 % false rejection", lambda one: _share(one.report.out_of_scope_recall_at_5)),
    ("wrong answers, least sure 10 % left out", lambda one: _share(one.report.wrong_at_10)),
    ("entity F1 (span and kind)", lambda one: _figure(one.entity_f1)),
    ("calibration error", lambda one: _figure(one.report.calibration_error)),
    (
        "parse, p50 / p95",
        lambda one: f"{1000 * _quantile(one.run.took, 0.5):.1f} / {1000 * _quantile(one.run.took, 0.95):.1f} ms",
    ),
    ("parse, processor time", lambda one: f"{1000 * one.run.processor:.1f} ms"),
    ("ready in", lambda one: f"{one.run.ready:.1f} s"),
    ("memory", lambda one: f"{one.run.memory / 1e6:.0f} MB"),
    ("model's size", lambda one: f"{one.run.size / 1e6:.1f} MB"),
    ("training", lambda one: f"{one.run.training:.0f} s"),
)


def table(engines: Sequence[Figures]) -> str:
    """One column an engine; the first is what the others are compared with."""
    lines = [["", *(one.run.name for one in engines)], ["---"] * (len(engines) + 1)]
    lines += [[what, *(figure(one) for one in engines)] for what, figure in ROWS]
    first = engines[0]
    if len(engines) > 1:
        apart = [_apart(first, one) for one in engines[1:]]
        lines.append([f"{first.run.name} is ahead by (p, McNemar's exact test)", "", *apart])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _apart(first: Figures, other: Figures) -> str:
    points = 100 * (first.report.accuracy - other.report.accuracy)
    return f"{points:+.1f} points (p = {chance(first.right, other.right):.2g})"


def write(page: Path, text: str) -> None:
    """Puts the text between the page's two marks."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
