"""Draws what a probed call costs, beside its peers: bars on a logarithmic scale, as SVG.

In: rows of `overhead.py`, its own or those of `--json`. Out: one SVG file, a panel for each CPython, legible on light
and dark ground, and to a screen reader. Never here: a measurement, a library for drawing.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

WIDTH, LABELS, RIGHT = 860, 262, 84
ROW, BAR, HEADING = 25, 15, 34
TOP, BOTTOM = 92, 46
DECADES = (1, 5)
UNITS = {1: "10 ns", 2: "100 ns", 3: "1 µs", 4: "10 µs", 5: "100 µs"}
GROUPS = {
    "waspect": ("waspect", "a probe in WebAssembly: isolated, metered, its faults contained"),
    "peer": ("others", "each does nothing but be called"),
}
# What all others are measured by.
YARDSTICK = "injected Python no-op"
STYLE = """
svg { font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif }
.ground { fill: #ffffff; stroke: #d0d7de } .text { fill: #1f2328 } .faint { fill: #59636e } .grid { stroke: #e3e7eb }
.bar-waspect { fill: #0969da } .bar-peer { fill: #a0aab4 }
.group-waspect { fill: #0969da } .group-peer { fill: #59636e }
.mark { stroke: #cf222e; stroke-dasharray: 3 3; opacity: 0.7 } .mark-text { fill: #cf222e }
.title { font-size: 17px; font-weight: 600 } .group { font-weight: 600 } .small { font-size: 11px }
.bare { fill: #ffffff }
.end { text-anchor: end } .middle { text-anchor: middle } .number { font-variant-numeric: tabular-nums }
@media (prefers-color-scheme: dark) {
.ground { fill: #0d1117; stroke: #3d444d } .text { fill: #f0f6fc } .faint { fill: #9198a1 } .grid { stroke: #262c34 }
.bar-waspect { fill: #4493f8 } .bar-peer { fill: #6b7480 }
.group-waspect { fill: #4493f8 } .group-peer { fill: #9198a1 }
.bare { fill: #0d1117 } .mark { stroke: #ff7b72 } .mark-text { fill: #ff7b72 }
}"""


@dataclass
class Bar:
    """One row: what it is called, whose it is, ns, and why there is no number where there is none."""

    name: str
    group: str
    ns: float | None
    skipped: str = ""


@dataclass
class Panel:
    """One CPython."""

    python: str
    bars: list[Bar]

    def height(self) -> int:
        return TOP + len(GROUPS) * HEADING + len(self.bars) * ROW + BOTTOM


def panel(measured: dict) -> Panel:
    """What of a run's rows is a call's cost; the no-op that all are compared with stands with the others."""
    bars = [Bar(row["name"].replace("`", ""), row["group"], row["value"], row["skipped"]) for row in measured["rows"]]
    return Panel(measured["python"], [bar for bar in bars if bar.group in GROUPS])


def _x(ns: float) -> float:
    low, high = DECADES
    share = (math.log10(max(ns, 10.0**low)) - low) / (high - low)
    return LABELS + (WIDTH - LABELS - RIGHT) * min(share, 1.0)


def _text(x: float, y: float, kind: str, words: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{escape(words)}</text>'


def _over_grid(x: float, y: float, kind: str, words: str) -> str:
    """The same, no line running through it; how wide letters are is a guess."""
    wide = len(words) * (6.0 if "small" in kind else 7.4)
    return f'<rect x="{x - 2:.1f}" y="{y - 11:.1f}" width="{wide:.0f}" height="14" class="bare"/>' + _text(
        x, y, kind, words
    )


def _said(ns: float) -> str:
    return f"{ns:.0f} ns" if ns < 1_000 else f"{ns / 1_000:.1f} µs"


def _grid(top: float, bottom: float) -> Iterator[str]:
    for decade in range(DECADES[0], DECADES[1] + 1):
        x = _x(10**decade)
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}" class="grid"/>'
        yield _text(x, bottom + 17, "small faint middle", UNITS[decade])


def _bar(bar: Bar, y: float) -> Iterator[str]:
    """Label, bar, value."""
    middle = y + ROW / 2 + 4.5
    yield _text(LABELS - 12, middle, "text end", bar.name)
    if bar.ns is None:
        yield _text(LABELS + 6, middle, "faint", f"not here: {bar.skipped}"[:70])
        return
    end = _x(bar.ns)
    yield (
        f'<rect x="{LABELS}" y="{y + (ROW - BAR) / 2:.1f}" width="{max(end - LABELS, 1):.1f}" height="{BAR}" rx="2" '
        f'class="bar-{bar.group}"><title>{escape(bar.name)}: {_said(bar.ns)} added per call</title></rect>'
    )
    yield _over_grid(end + 7, middle, "text number", _said(bar.ns))


def _panel(panel: Panel, top: float) -> Iterator[str]:
    yield _text(24, top + 34, "text title", "What a probe adds to a call")
    yield _text(
        24,
        top + 56,
        "faint",
        f"Time added per call of f(a, b), CPython {panel.python}; all in one run, logarithmic scale, shorter is better",
    )
    y = top + TOP - 16
    bottom = top + panel.height() - BOTTOM + 4
    yield from _grid(y, bottom)
    marks = [bar.ns for bar in panel.bars if bar.name.startswith(YARDSTICK) and bar.ns is not None]
    for x in map(_x, marks):
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y:.1f}" y2="{bottom:.1f}" class="mark"/>'
        yield _text(x, y - 4, "small middle mark-text", "calling Python")
    for group, heading in GROUPS.items():
        yield _text(LABELS - 12, y + HEADING - 10, f"group end group-{group}", heading[0])
        yield _over_grid(LABELS + 6, y + HEADING - 10, "small faint", heading[1])
        y += HEADING
        bars = [bar for bar in panel.bars if bar.group == group]
        if group == "peer":
            bars.sort(key=lambda bar: math.inf if bar.ns is None else bar.ns)
        for bar in bars:
            yield from _bar(bar, y)
            y += ROW


def draw(panels: list[Panel]) -> str:
    """The whole picture, with its numbers in words for those who do not see it."""
    height = sum(panel.height() for panel in panels)
    words = "; ".join(
        f"CPython {panel.python}: "
        + ", ".join(f"{bar.name} {_said(bar.ns)}" for bar in panel.bars if bar.ns is not None)
        for panel in panels
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'role="img" aria-labelledby="title words">',
        '<title id="title">Time that a probe adds to a call, beside other ways to run something there</title>',
        f'<desc id="words">{escape(words)}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8" class="ground"/>',
    ]
    top = 0
    for each in panels:
        parts += _panel(each, top)
        top += each.height()
    return "\n".join([*parts, "</svg>"]) + "\n"


def main() -> None:
    """From runs that were kept."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("runs", nargs="+", type=Path, help="what `overhead.py --json` printed")
    options.add_argument("-o", "--output", type=Path, required=True)
    chosen = options.parse_args()
    chosen.output.write_text(draw([panel(json.loads(run.read_text())) for run in chosen.runs]))


if __name__ == "__main__":
    main()
