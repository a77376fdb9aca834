"""Figures as data: what is drawn, for the page and for a paper alike.

Symbols: n points, g and h places along the axes of a grid; everything is in the user's units.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from recommender.number import format_value
from recommender.space import Categorical, Parameter

Array = npt.NDArray[np.float64]
Role = Literal[
    "run", "residual", "doubted", "proposal", "mean", "reference", "seen", "planned",
    "rank-0", "rank-1", "rank-2", "rank-3", "rank-4",
]  # fmt: skip
"""What a mark stands for, from which its colour and shape follow."""

RANKS: tuple[Role, ...] = ("rank-0", "rank-1", "rank-2", "rank-3", "rank-4")
MOST_POINTS = 400  # in one panel; more would be drawn on top of each other, and slowly
LEVELS = 14  # of a surface, at most
WIDE = 50.0  # positive values that span more than this factor are drawn on a log axis
TWO_SIDED = 1.96  # sds: 95 % of a normal distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One axis. With `ticks` (place, label) it has only those; `ends` are its (low, high).

    A `whole` one counts, so that its ticks are whole numbers; a `hidden` one is not drawn.
    """

    title: str = ""
    log: bool = False
    whole: bool = False
    hidden: bool = False
    ticks: tuple[tuple[float, str], ...] = ()
    ends: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Points:
    """Points (n,), with vertical intervals where `low` and `high` are given.

    `runs` are the ids of the runs they stand for, if they do. `name` is for the legend.
    """

    x: Array
    y: Array
    role: Role
    name: str = ""
    runs: tuple[str, ...] = ()
    low: Array | None = None
    high: Array | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line:
    """A line through n places, interrupted where they are NaN; `steps` hold a value on."""

    x: Array
    y: Array
    role: Role
    name: str = ""
    runs: tuple[str, ...] = ()
    steps: bool = False
    dashed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Band:
    """The area between two lines through the same n places."""

    x: Array
    low: Array
    high: Array
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bars:
    """Horizontal bars from 0, one a label from the top down, with an interval each."""

    labels: tuple[str, ...]
    values: Array
    low: Array
    high: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surface:
    """Values z (h, g) over x (g,) and y (h,), in colours of a scale.

    `smooth` says that between two places there are others; else each is a cell of its own.
    `darker_is` says which end of a scale of values is dark.
    """

    x: Array
    y: Array
    z: Array
    title: str
    scale: Literal["value", "spread"]
    smooth: bool = True
    darker_is: Literal["low", "high"] = "low"

    @property
    def step(self) -> float:
        """The round difference between two of at most LEVELS contour lines."""
        span = float(self.z.max() - self.z.min())
        if span == 0.0:
            return 1.0
        decade = 10.0 ** math.floor(math.log10(span / LEVELS))
        return next(decade * m for m in (1, 2, 5, 10, 20) if decade * m * LEVELS >= span)

    @property
    def start(self) -> float:
        """The lowest contour line, a multiple of the step."""
        return math.ceil(float(self.z.min()) / self.step) * self.step


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Texts:
    """Texts beside the places (n,)."""

    x: Array
    y: Array
    texts: tuple[str, ...]


Mark = Points | Line | Band | Bars | Surface | Texts


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Panel:
    """One pair of axes and what is drawn there, the last on top.

    `alternative` says in words what a reader would see.
    """

    title: str
    x: Axis
    y: Axis
    marks: tuple[Mark, ...]
    alternative: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Figure:
    """Panels that belong together, at most `columns` side by side.

    `name` is good for a file, `caption` says how to read them.
    """

    name: str
    title: str
    caption: str
    panels: tuple[Panel, ...]
    columns: int = 3

    @property
    def named(self) -> tuple[Points | Line | Band, ...]:
        """One mark for each name that a key must explain."""
        found = {
            mark.name: mark
            for panel in self.panels
            for mark in panel.marks
            if isinstance(mark, Points | Line | Band) and mark.name
        }
        return tuple(found.values()) if len(found) > 1 else ()


def parameter_axis(parameter: Parameter) -> Axis:
    """Return the axis of a parameter: its scale and bounds, a place for each choice."""
    if isinstance(parameter, Categorical):
        ticks = tuple((float(i), format_value(c)) for i, c in enumerate(parameter.choices))
        return Axis(title=parameter.name, ticks=ticks, ends=(-0.5, len(ticks) - 0.5))
    return Axis(
        title=parameter.name,
        log=parameter.scale == "log",
        ends=(float(parameter.low), float(parameter.high)),
    )


def places(parameter: Parameter, values: Sequence[object]) -> Array:
    """Return where values stand on the axis of a parameter, NaN for a choice not declared."""
    if isinstance(parameter, Categorical):
        index = {choice: float(i) for i, choice in enumerate(parameter.choices)}
        return np.array([index.get(value, np.nan) for value in values])  # type: ignore[call-overload]
    return np.array([float(value) for value in values])  # type: ignore[arg-type]


def value_axis(title: str, values: Array) -> Axis:
    """Return the axis of measured values: logarithmic where they span orders of magnitude."""
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)
    return Axis(title=title, log=low > 0 and high / low > WIDE)


def thinned(count: int, keep: Sequence[int] = (), most: int = MOST_POINTS) -> list[int]:
    """Return at most `most` of the indices 0 to count - 1, evenly, and all those to keep."""
    if count <= most:
        return list(range(count))
    even = np.linspace(0, count - 1, max(most - len(keep), 0)).round().astype(int)
    return sorted({*map(int, even), *keep})
