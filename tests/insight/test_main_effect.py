"""Main effects, against averages of the model's own predictions over many points."""

import numpy as np
import pytest
from scipy.stats import qmc

from recommender import Categorical, Integer, Real
from recommender.insight.main_effect import change, curve, marginals_of
from tests.insight.conftest import run_of, view_of

PARAMETERS = [
    Real("lr", 1e-4, 1e-1, scale="log"),
    Integer("layers", 1, 4),
    Categorical("kind", ("a", "b")),
]


def value(params):
    kind = {"a": 0.0, "b": 0.4}[params["kind"]]
    return (np.log10(params["lr"]) + 2.5) ** 2 + 0.3 * params["layers"] + kind


@pytest.fixture(scope="module")
def belief():
    runs = []
    for number, u in enumerate(qmc.Sobol(3, rng=np.random.default_rng(1)).random(32), 1):
        params = {
            "lr": float(1e-4 * 10 ** (3 * u[0])),
            "layers": 1 + int(u[1] * 4),
            "kind": "ab"[int(u[2] * 2)],
        }
        runs.append(run_of(number, params, {"score": -value(params)}))
    return view_of(PARAMETERS, runs, "score", "maximize").belief


@pytest.mark.parametrize("name", ["lr", "layers", "kind"])
def test_a_curve_is_the_average_of_predictions_over_the_ranges_of_the_runs(belief, name):
    found = curve(belief, name, marginals_of(belief))
    X = belief.evidence.X
    low, high = X[:, 0].min(), X[:, 0].max()
    U = qmc.Sobol(3, rng=np.random.default_rng(2)).random(1024)
    others = [
        {
            "lr": belief.encoding.value("lr", low + u[0] * (high - low)),
            "layers": 1 + int(u[1] * 4),
            "kind": "ab"[int(u[2] * 2)],
        }
        for u in U
    ]
    assert belief.model.warp.reach == np.inf
    for at in (0, len(found.values) // 2, -1):
        moved = [{**params, name: found.values[at]} for params in others]
        means, _ = belief.at(belief.encoding.encode(moved))
        assert found.mean[at] == pytest.approx(means.mean(), abs=0.01)


def test_curves_run_over_what_is_declared(belief):
    marginals = marginals_of(belief)
    ends = curve(belief, "lr", marginals).values
    assert (ends[0], ends[-1]) == (pytest.approx(1e-4), pytest.approx(1e-1))
    assert curve(belief, "layers", marginals).values == (1, 2, 3, 4)
    assert curve(belief, "kind", marginals).values == ("a", "b")


def test_the_band_of_a_curve_is_the_spread_of_drawn_averages(belief, rng):
    found = curve(belief, "layers", marginals_of(belief))
    U = qmc.Sobol(3, rng=np.random.default_rng(2)).random(64)
    X = belief.evidence.X
    low, high = X[:, 0].min(), X[:, 0].max()
    points = [
        {
            "lr": belief.encoding.value("lr", low + u[0] * (high - low)),
            "layers": 3,
            "kind": "ab"[int(u[2] * 2)],
        }
        for u in U
    ]
    averages = belief.draw(belief.encoding.encode(points), 4000, rng).mean(axis=0)
    assert found.sd[2] == pytest.approx(averages.std(), rel=0.15)


def test_the_largest_change_is_from_the_best_to_the_worst_value(belief, rng):
    marginals = marginals_of(belief)
    layers = change(belief, "layers", marginals, rng)
    assert (layers.best, layers.worst) == (1, 4)
    assert layers.difference == pytest.approx(-0.9, abs=0.1)
    kind = change(belief, "kind", marginals, rng)
    assert (kind.best, kind.worst) == ("a", "b")
    assert kind.difference == pytest.approx(-0.4, abs=0.1)
    assert abs(kind.difference + 0.4) < 4 * kind.sd + 0.02
    assert change(belief, "lr", marginals, rng).best == pytest.approx(10**-2.5, rel=0.5)
