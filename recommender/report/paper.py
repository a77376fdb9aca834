"""Figures as a paper prints them: drawn by matplotlib in the style of seaborn, each a file.

Only this module knows the two, which `pip install '.[figures]'` brings.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, assert_never

import numpy as np

from recommender.errors import UsageError
from recommender.report.figure import (
    LEVELS,
    Axis,
    Band,
    Bars,
    Figure,
    Line,
    Mark,
    Panel,
    Points,
    Surface,
    Texts,
)
from recommender.report.interactive import LONG_LABEL, spelled
from recommender.report.palette import LIGHT, LOOKS, SPREADS, VALUES

Format = Literal["png", "svg", "pdf"]
FORMATS: tuple[Format, ...] = ("png", "svg", "pdf")
MARK = b"recommend report"
"""What a figure holds that this module made."""

WIDTH, NARROW = 7.2, 5.5  # inches, of a page and of a single panel
PANEL = 2.4  # inches, the height of one
BAR = 0.3  # inches
DOTS = 200  # an inch, of a picture
CHINESE = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Hiragino Sans GB"),
    *("Microsoft YaHei", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "SimHei", "Heiti SC"),
)
_SYMBOLS = {"circle": "o", "diamond": "D", "cross": "X"}
_POINTS = 0.72  # of a pixel


def require_installed() -> None:
    """Check that the figures can be drawn.

    Raises:
        UsageError: matplotlib or seaborn is not installed.
    """
    try:
        import matplotlib  # noqa: F401
        import seaborn  # noqa: F401
    except ImportError as error:
        raise UsageError(
            f"--figures draws with matplotlib and seaborn, but {error.name} is not installed; "
            "install both with: pip install 'recommender[figures]' (in a clone: pip install "
            "'.[figures]')"
        ) from None


def drawn(figure: Figure, format: Format) -> tuple[bytes, bool]:
    """Return a figure as a file, and whether the fonts here have every character in it."""
    from matplotlib.figure import Figure as Canvas
    from seaborn import despine

    columns = min(figure.columns, len(figure.panels))
    rows = math.ceil(len(figure.panels) / columns)
    with _style(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        height = max(PANEL * rows, *(_height(panel) for panel in figure.panels))
        width = WIDTH if columns > 1 else NARROW
        canvas = Canvas(figsize=(width, height), layout="constrained")
        grid = canvas.subplots(rows, columns, squeeze=False)
        despine(fig=canvas)
        for axes, panel in zip(grid.flat, figure.panels, strict=False):
            _draw(canvas, axes, panel)
        for axes in list(grid.flat)[len(figure.panels) :]:
            axes.remove()
        _key(canvas, grid, figure)
        file = io.BytesIO()
        canvas.savefig(file, format=format, dpi=DOTS, metadata=_metadata(format))
    complete = not any("missing from" in str(warning.message) for warning in caught)
    return file.getvalue(), complete


@contextmanager
def _style() -> Iterator[None]:
    import matplotlib
    from matplotlib.font_manager import get_font_names
    from seaborn import axes_style, plotting_context

    installed = set(get_font_names())
    settings: Any = {
        **axes_style("ticks"),
        **plotting_context("paper"),
        "font.family": ["DejaVu Sans", *(name for name in CHINESE if name in installed)],
        "font.size": 8,
        "axes.labelsize": 8,
        "axes.titlesize": 8.5,
        "xtick.labelsize": 7,
        "ytick.labelsize": 7,
        "legend.fontsize": 7,
        "axes.linewidth": 0.7,
        "xtick.major.width": 0.7,
        "ytick.major.width": 0.7,
        "xtick.minor.width": 0.5,
        "ytick.minor.width": 0.5,
        "xtick.major.size": 3,
        "ytick.major.size": 3,
        "xtick.minor.size": 1.5,
        "ytick.minor.size": 1.5,
        "axes.edgecolor": LIGHT["soft"],
        "text.color": LIGHT["ink"],
        "axes.labelcolor": LIGHT["ink"],
        "xtick.color": LIGHT["soft"],
        "ytick.color": LIGHT["soft"],
        "pdf.fonttype": 42,
        "svg.hashsalt": "recommender",
    }
    with matplotlib.rc_context(settings):
        yield


def _metadata(format: Format) -> dict[str, str | None]:
    """Return what says in the file who made it, and no time: the same again is the same file."""
    maker = MARK.decode()
    if format == "png":
        return {"Software": maker}
    return {"Creator": maker, "Date": None} if format == "svg" else {
        "Creator": maker,
        "CreationDate": None,
    }  # fmt: skip


def _height(panel: Panel) -> float:
    bars = sum(len(mark.labels) for mark in panel.marks if isinstance(mark, Bars))
    return 0.9 + BAR * bars if bars else 0.0


def _draw(canvas: Any, axes: Any, panel: Panel) -> None:
    for axis, name in ((panel.x, "x"), (panel.y, "y")):
        _set(axes, axis, name)
    for order, mark in enumerate(panel.marks):
        _mark(canvas, axes, mark, order)
    if panel.title:
        axes.set_title(_text(panel.title), loc="left")


def _key(canvas: Any, grid: Any, figure: Figure) -> None:
    """Put one key above all panels."""
    known: dict[str, Any] = {}
    for axes in grid.flat:
        handles, labels = axes.get_legend_handles_labels()
        known |= dict(zip(labels, handles, strict=True))
    names = [_text(mark.name) for mark in figure.named]
    if names:
        handles = [known[name] for name in names]
        canvas.legend(handles, names, loc="outside upper left", ncols=5, frameon=False)


def _set(axes: Any, axis: Axis, name: str) -> None:
    of = getattr(axes, f"{name}axis")
    of.set_label_text(_text(axis.title))
    if axis.hidden:
        of.set_visible(False)
        axes.spines["left" if name == "y" else "bottom"].set_visible(False)
    if axis.whole:
        of.get_major_locator().set_params(integer=True)
    if axis.log:
        getattr(axes, f"set_{name}scale")("log")
    if axis.ticks:
        of.set_ticks([place for place, _ in axis.ticks], labels=[_broken(t) for _, t in axis.ticks])
    if axis.ends is not None:
        getattr(axes, f"set_{name}lim")(*axis.ends)


def _mark(canvas: Any, axes: Any, mark: Mark, order: int) -> None:
    above = 2 + order / 10
    match mark:
        case Points():
            _points(axes, mark, above)
        case Line():
            look = LOOKS[mark.role]
            axes.plot(
                mark.x,
                mark.y,
                color=_color(look.color),
                linewidth=look.width * _POINTS,
                linestyle="--" if mark.dashed else "-",
                drawstyle="steps-post" if mark.steps else "default",
                label=_text(mark.name) or None,
                zorder=above,
            )
        case Band():
            axes.fill_between(
                mark.x,
                mark.low,
                mark.high,
                color=LIGHT["band"],
                linewidth=0,
                label=_text(mark.name) or None,
                zorder=above,
            )
        case Bars():
            _bars(axes, mark)
        case Surface():
            _surface(canvas, axes, mark)
        case Texts():
            for x, y, text in zip(mark.x, mark.y, mark.texts, strict=True):
                axes.annotate(
                    _text(text),
                    (x, y),
                    (3, 0),
                    textcoords="offset points",
                    va="center",
                    color=LIGHT["soft"],
                    fontsize=6.5,
                    zorder=9,
                )
        case _:
            assert_never(mark)


def _points(axes: Any, mark: Points, above: float) -> None:
    look = LOOKS[mark.role]
    if mark.low is not None and mark.high is not None:
        axes.vlines(
            mark.x, mark.low, mark.high, color=_color(look.color), linewidth=0.9, zorder=above
        )
    axes.scatter(
        mark.x,
        mark.y,
        s=(look.size * _POINTS) ** 2,
        marker=_SYMBOLS[look.symbol],
        color=_color(look.color),
        edgecolors=_color(look.ring),
        linewidths=0.6,
        label=_text(mark.name) or None,
        zorder=above + 0.05,
    )


def _bars(axes: Any, mark: Bars) -> None:
    places = range(len(mark.labels))
    errors = [mark.values - mark.low, mark.high - mark.values]
    style = {"elinewidth": 1, "ecolor": LIGHT["ink"], "capsize": 2}
    axes.barh(places, mark.values, height=0.55, color=LIGHT["accent"], xerr=errors, error_kw=style)
    axes.set_yticks(places, labels=[_text(label) for label in mark.labels])
    axes.invert_yaxis()


def _surface(canvas: Any, axes: Any, mark: Surface) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    scale: Sequence[str] = VALUES if mark.scale == "value" else SPREADS
    colors = [_color(name) for name in (scale if mark.darker_is == "low" else scale[::-1])]
    colormap = LinearSegmentedColormap.from_list(mark.scale, colors)
    if mark.smooth and mark.z.max() > mark.z.min():
        levels = mark.start + mark.step * np.arange(-1, LEVELS + 2)
        levels = levels[levels < mark.z.max() + mark.step]
        shown = axes.contourf(mark.x, mark.y, mark.z, levels=levels, cmap=colormap)
    else:
        shown = axes.pcolormesh(mark.x, mark.y, mark.z, shading="nearest", cmap=colormap)
    bar = canvas.colorbar(shown, ax=axes, pad=0.02, aspect=30)
    bar.outline.set_visible(False)
    bar.ax.set_title(_text(mark.title), fontsize=7)


def _color(name: str) -> str:
    return LIGHT.get(name, name)


def _text(text: str) -> str:
    """Return a text that is shown as it is: what would be taken for a formula is none."""
    return spelled(text).replace("$", r"\$")


def _broken(text: str) -> str:
    return (
        _text(text).replace("_", "_\n").replace(", ", ",\n")
        if len(text) > LONG_LABEL
        else _text(text)
    )
