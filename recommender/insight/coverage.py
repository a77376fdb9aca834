"""What the runs have looked at: parameters that never varied, or never together, empty regions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import numpy.typing as npt

from recommender.engine.regression import variance_inflation
from recommender.insight.check import Check, Level
from recommender.insight.view import View
from recommender.number import format_value
from recommender.space import Categorical, Integer

Array = npt.NDArray[np.float64]

FEWEST = 4  # runs, below which nothing is said of a design
INFLATED = 10.0  # variance inflation from which on effects cannot be told apart
GAP = 0.4  # of a parameter's range without a run


def design(view: View) -> Iterator[Check]:
    """Say what the runs cannot tell because of where they lie, whatever their results."""
    X = view.belief.evidence.X
    if len(X) < FEWEST:
        yield Check("one-at-a-time", Level.PASS, f"fewer than {FEWEST} runs: no design to judge")
        return
    names = view.space.names
    columns = [X[:, view.belief.encoding.columns[name]] for name in names]
    varied = [name for name, part in zip(names, columns, strict=True) if np.ptp(part, axis=0).any()]
    yield from _constant([name for name in names if name not in varied])
    yield from _one_at_a_time(
        {name: part for name, part in zip(names, columns, strict=True) if name in varied}
    )
    numeric = [name for name in varied if not isinstance(view.space[name], Categorical)]
    yield from _collinear(
        numeric, np.hstack([columns[names.index(n)] for n in numeric] or [X[:, :0]])
    )
    yield from _empty(view, numeric)


def _constant(names: list[str]) -> Iterator[Check]:
    for name in names:
        message = (
            f"{name} never varied, so the runs say nothing of it; vary it in the next batch, or "
            "take it out of the sweep file"
        )
        yield Check("constant-parameter", Level.WARNING, message)
    if not names:
        yield Check("constant-parameter", Level.PASS, "every parameter was varied")


def _one_at_a_time(columns: dict[str, Array]) -> Iterator[Check]:
    apart = [
        (one, other)
        for one, other in combinations(columns, 2)
        if not any(
            varied_together(levels(columns[one]), levels(columns[other]))
            for levels in (_values, _quarters)
        )
    ]
    if not apart:
        message = "each two parameters were varied together, so that their interaction shows"
        yield Check("one-at-a-time", Level.PASS, message)
        return
    pairs = ", ".join(f"{one} with {other}" for one, other in apart)
    message = (
        f"varied one at a time only: {pairs}; whether the best value of one depends on the other "
        "cannot be told. Change both in one run: recommend next does"
    )
    yield Check("one-at-a-time", Level.WARNING, message)


def varied_together(one: npt.NDArray[np.intp], other: npt.NDArray[np.intp]) -> bool:
    """Whether the levels (n,) of two parameters are crossed somewhere.

    Levels that were combined are joined by an edge. In a design that changes one parameter at a
    time these edges form a forest, in which no difference of differences can be taken.
    """
    edges = set(zip(one.tolist(), other.tolist(), strict=True))
    parent: dict[tuple[int, int], tuple[int, int]] = {}

    def root(node: tuple[int, int]) -> tuple[int, int]:
        while parent.get(node, node) != node:
            node = parent[node]
        return node

    for a, b in edges:
        left, right = root((0, a)), root((1, b))
        if left == right:
            return True
        parent[left] = right
    return False


def _values(part: Array) -> npt.NDArray[np.intp]:
    return np.asarray(np.unique(part, axis=0, return_inverse=True)[1]).ravel()


def _quarters(part: Array) -> npt.NDArray[np.intp]:
    """Return the quarter of its range where each run has a parameter: few values ever recur."""
    if part.shape[1] > 1:
        return _values(part)
    return np.clip((part[:, 0] * 4).astype(np.intp), 0, 3)


def _collinear(names: list[str], X: Array) -> Iterator[Check]:
    inflation = variance_inflation(X)
    bound = [name for name, factor in zip(names, inflation, strict=True) if factor > INFLATED]
    if not bound:
        message = "no parameter follows from the others"
        yield Check("collinear-parameters", Level.PASS, message)
        return
    message = (
        f"{', '.join(bound)} were varied in step, so that their effects cannot be told apart; run "
        "one of them at another value while the others stay"
    )
    yield Check("collinear-parameters", Level.WARNING, message)


def _empty(view: View, names: list[str]) -> Iterator[Check]:
    encoding, X, found = view.belief.encoding, view.belief.evidence.X, False
    for name in names:
        places = np.unique(np.clip(X[:, encoding.columns[name]], 0.0, 1.0))
        ends = np.concatenate([[0.0], places, [1.0]])
        gaps = np.diff(ends)
        if isinstance(view.space[name], Integer):
            whole = np.round([encoding.value(name, place) for place in places])
            gaps[1:-1][np.diff(whole) <= 1] = 0.0  # nothing lies between neighbours
        widest = int(np.argmax(gaps))
        low, high = float(ends[widest]), float(ends[widest + 1])
        if high - low <= GAP:
            continue
        found = True
        values = [format_value(float(f"{encoding.value(name, end):.4g}")) for end in (low, high)]
        message = (
            f"no run has {name} between {values[0]} and {values[1]}, {high - low:.0%} of its "
            f"range{' (on its log scale)' * (getattr(view.space[name], 'scale', '') == 'log')}; "
            "what the model says there is a guess; try one run there, or narrow the bounds"
        )
        yield Check("empty-region", Level.WARNING, message)
    if not found:
        message = f"no parameter has a gap of more than {GAP:.0%} of its range"
        yield Check("empty-region", Level.PASS, message)
