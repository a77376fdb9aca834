"""Figures as Plotly draws them: plain data, with the names of colours in place of colours.

The page's script fills the colours in, so that a figure follows the light or the dark theme.
Plotly takes some HTML in its texts, so every text of the history is escaped here.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, assert_never

import numpy as np

from recommender.report.figure import (
    Array,
    Axis,
    Band,
    Bars,
    Line,
    Mark,
    Panel,
    Points,
    Surface,
    Texts,
)
from recommender.report.palette import LIGHT, LOOKS, SPREADS, VALUES

DIGITS = 5  # significant, which no eye tells from more
HEIGHT, BAR = 300, 30  # pixels
LONG_LABEL = 12  # a longer label is broken at its underlines
_SYMBOLS = {"circle": "circle", "diamond": "diamond", "cross": "x"}

Spec = dict[str, Any]


def interactive(panel: Panel, numbers: Mapping[str, int]) -> Spec:
    """Return a panel as the `data` and `layout` of Plotly.

    Args:
        panel: what to draw.
        numbers: the place of each run, by id, in the list of what is said of runs on hovering.
    """
    data = [trace for mark in panel.marks for trace in _traces(mark, numbers)]
    bars = next((mark for mark in panel.marks if isinstance(mark, Bars)), None)
    height = HEIGHT if bars is None else 80 + BAR * len(bars.labels)
    layout = {
        "height": height,
        "margin": {"l": 8, "r": 20, "t": 12, "b": 8},
        "showlegend": False,
        "hovermode": "closest",
        "paper_bgcolor": _color("transparent"),
        "plot_bgcolor": _color("transparent"),
        "xaxis": _axis(panel.x),
        "yaxis": _axis(panel.y),
    }
    if bars is not None:
        layout["yaxis"] = _bar_axis(bars)
    return {"data": data, "layout": layout}


def escaped(text: str) -> str:
    """Return a text that Plotly shows as it is: no markup, nothing that turns other text round."""
    return spelled(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def spelled(text: str) -> str:
    """Return `text` with control characters, and those that steer its direction, spelled out."""
    return "".join(repr(c)[1:-1] if _steers(c) else c for c in text)


def _steers(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs") or (
        unicodedata.bidirectional(character)
        in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    )


def broken(text: str) -> str:
    """Return an escaped label, a long one in several lines."""
    shown = escaped(text)
    return shown.replace("_", "_<br>").replace(", ", ",<br>") if len(text) > LONG_LABEL else shown


def _traces(mark: Mark, numbers: Mapping[str, int]) -> list[Spec]:
    match mark:
        case Points():
            return [_points(mark, numbers)]
        case Line():
            return [_line(mark, numbers)]
        case Band():
            return [_band(mark)]
        case Bars():
            return [_bars(mark)]
        case Surface():
            return [_surface(mark)]
        case Texts():
            return [_texts(mark)]
        case _:
            assert_never(mark)


def _points(mark: Points, numbers: Mapping[str, int]) -> Spec:
    look = LOOKS[mark.role]
    trace = _trace(mark.x, mark.y, mark.name, mark.runs, numbers) | {
        "mode": "markers",
        "marker": {
            "color": _color(look.color),
            "size": look.size,
            "symbol": _SYMBOLS[look.symbol],
            "line": {"color": _color(look.ring), "width": 1.2},
        },
    }
    if mark.low is not None and mark.high is not None:
        trace["error_y"] = {
            "type": "data",
            "symmetric": False,
            "array": _plain(mark.high - mark.y),
            "arrayminus": _plain(mark.y - mark.low),
            "color": _color(look.color),
            "thickness": 1.2,
            "width": 0,
        }
    return trace


def _line(mark: Line, numbers: Mapping[str, int]) -> Spec:
    look = LOOKS[mark.role]
    return _trace(mark.x, mark.y, mark.name, mark.runs, numbers) | {
        "mode": "lines",
        "connectgaps": False,
        "line": {
            "color": _color(look.color),
            "width": look.width,
            "shape": "hv" if mark.steps else "linear",
            "dash": "dash" if mark.dashed else "solid",
        },
    }


def _band(mark: Band) -> Spec:
    return _trace(
        np.concatenate([mark.x, mark.x[::-1]]),
        np.concatenate([mark.high, mark.low[::-1]]),
        mark.name,
        (),
        {},
    ) | {
        "mode": "lines",
        "line": {"width": 0},
        "fill": "toself",
        "fillcolor": _color("band"),
    }


def _bars(mark: Bars) -> Spec:
    return {
        "type": "bar",
        "orientation": "h",
        "x": _plain(mark.values),
        "y": list(range(len(mark.labels))),
        "width": 0.5,
        "marker": {"color": _color("accent")},
        "hoverinfo": "x",
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": _plain(mark.high - mark.values),
            "arrayminus": _plain(mark.values - mark.low),
            "color": _color("ink"),
            "thickness": 1.4,
            "width": 4,
        },
    }


def _surface(mark: Surface) -> Spec:
    scale = VALUES if mark.scale == "value" else SPREADS
    colors = scale if mark.darker_is == "low" else scale[::-1]
    low, high = float(mark.z.min()), float(mark.z.max())
    trace: Spec = {
        "type": "contour" if mark.smooth else "heatmap",
        "x": _plain(mark.x),
        "y": _plain(mark.y),
        "z": [_plain(row) for row in mark.z],
        "colorscale": [[i / (len(colors) - 1), _color(c)] for i, c in enumerate(colors)],
        "colorbar": {
            "thickness": 9,
            "outlinewidth": 0,
            "title": {"text": escaped(mark.title)},
            "nticks": 6,
        },
        "hovertemplate": "%{z:.4g}<extra></extra>",
    }
    if mark.smooth and high > low:
        trace["autocontour"] = False
        trace["contours"] = {
            "coloring": "fill",
            "start": float(f"{mark.start:.12g}"),
            "end": high,
            "size": mark.step,
        }
        trace["line"] = {"width": 0}
    return trace


def _texts(mark: Texts) -> Spec:
    return _trace(mark.x, mark.y, "", (), {}) | {
        "mode": "text",
        "text": [escaped(text) for text in mark.texts],
        "textposition": "middle right",
        "textfont": {"color": _color("soft"), "size": 11},
        "cliponaxis": False,
    }


def _trace(x: Array, y: Array, name: str, runs: Sequence[str], numbers: Mapping[str, int]) -> Spec:
    trace: Spec = {
        "type": "scatter",
        "x": _plain(x),
        "y": _plain(y),
        "name": escaped(name),
    }
    if runs:
        return trace | {"customdata": [numbers[run] for run in runs], "hoverinfo": "text"}
    return trace | {"hoverinfo": "skip"}


def _axis(axis: Axis) -> Spec:
    spec: Spec = {
        "type": "log" if axis.log else "linear",
        "title": {"text": escaped(axis.title), "standoff": 8},
        "automargin": True,
        "zeroline": False,
        "gridcolor": _color("rule"),
        "linecolor": _color("rule"),
        "fixedrange": False,
    }
    if axis.log:
        spec |= _decades(axis)
    if axis.whole and axis.ends is not None:
        spec["dtick"] = max(1, round((axis.ends[1] - axis.ends[0]) / 6))
    if axis.hidden:
        spec |= {"visible": False}
    if axis.ticks:
        spec["tickvals"] = [place for place, _ in axis.ticks]
        spec["ticktext"] = [broken(label) for _, label in axis.ticks]
        spec["showgrid"] = False
    if axis.ends is not None:
        spec["range"] = [math.log10(end) if axis.log else end for end in axis.ends]
    return spec


def _decades(axis: Axis) -> Spec:
    """Return ticks at the powers of ten, where there are enough; Plotly would write them large."""
    if axis.ends is None:
        return {"exponentformat": "e"}
    low, high = (math.log10(end) for end in axis.ends)
    powers = range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)
    if len(powers) < 3:
        return {"exponentformat": "e"}
    return {
        "tickvals": [10.0**power for power in powers],
        "ticktext": [f"10<sup>{power}</sup>".replace("-", "−") for power in powers],
    }


def _bar_axis(bars: Bars) -> Spec:
    ticks = tuple((float(place), label) for place, label in enumerate(bars.labels))
    last = len(bars.labels) - 0.5
    return _axis(Axis(ticks=ticks, ends=(last, -0.5)))


def _color(name: str) -> str:
    """Return a colour, or the name of one that the theme gives, as the page's script knows it."""
    return f"--{name}" if name in LIGHT else "rgba(0,0,0,0)" if name == "transparent" else name


def _plain(values: Array) -> list[float | None]:
    """Return an array as JSON takes it, with the digits that can be seen."""
    return [float(f"{v:.{DIGITS}g}") if math.isfinite(v) else None for v in values.tolist()]
