"""What random search would have found, against the distribution of the best of uniform draws."""

import numpy as np
import pytest

from recommender import Real
from recommender.insight.progress import progress
from tests.insight.conftest import run_of, view_of

LINE = [Real("x", 0.0, 1.0)]


def known_line(direction="minimize", sign=1.0):
    rows = enumerate(np.linspace(0.0, 1.0, 12), 1)
    runs = [run_of(number, {"x": float(x)}, {"loss": sign * float(x)}) for number, x in rows]
    return view_of(LINE, runs, direction=direction)


def found_by(*values, first=101):
    return [run_of(first + i, {"x": abs(v)}, {"loss": v}) for i, v in enumerate(values)]


def test_random_search_finds_the_best_of_as_many_uniform_draws(rng):
    made = progress(known_line().belief, found_by(0.5, 0.1, 0.2, 0.02), [], rng)
    # The least of k uniform numbers exceeds q with probability (1 - q)^k.
    expected = [1.0 - 0.5 ** (1.0 / k) for k in (1, 2, 3, 4)]
    assert made.median == pytest.approx(expected, abs=0.05)
    assert made.low == pytest.approx([1.0 - 0.9 ** (1.0 / k) for k in (1, 2, 3, 4)], abs=0.05)
    assert made.high == pytest.approx([1.0 - 0.1 ** (1.0 / k) for k in (1, 2, 3, 4)], abs=0.08)
    assert made.found == (0.5, 0.1, 0.1, 0.02)
    assert made.before is None
    assert made.chance == pytest.approx(1.0 - 0.98**4, abs=0.06)


def test_both_start_from_the_best_that_was_known(rng):
    made = progress(known_line().belief, found_by(0.5, 0.1), found_by(0.3, first=1), rng)
    assert made.before == 0.3
    assert made.found == (0.3, 0.1)
    assert max(made.high) <= 0.3


def test_the_direction_is_the_users(rng):
    view = known_line("maximize", -1.0)
    made = progress(view.belief, found_by(-0.5, -0.1), [], rng)
    assert made.found == (-0.5, -0.1)
    assert made.low[1] < made.median[1] < made.high[1] <= 0.05
    assert made.median[1] == pytest.approx(0.5**0.5 - 1.0, abs=0.05)


def test_a_context_is_held(rng):
    parameters = [Real("x", 0.0, 1.0), Real("t", 0.0, 1.0)]
    grid = [(x, t) for t in (0.0, 0.5, 1.0) for x in (0.0, 0.33, 0.67, 1.0)]
    runs = [run_of(i, {"x": x, "t": t}, {"loss": 10 * t + x}) for i, (x, t) in enumerate(grid, 1)]
    view = view_of(parameters, runs, context=["t"])
    proposed = [run_of(20, {"x": 0.2, "t": 0.5}, {"loss": 5.2})]
    made = progress(view.belief, proposed, [], rng)
    assert made.context == {"t": 0.5}
    assert 4.8 < made.low[0] < made.high[0] < 6.2
