import numpy as np
import pytest

from recommender.engine.encoding import Encoding, Region
from recommender.engine.trust import trusted
from recommender.space import Categorical, Integer, Real, SearchSpace

SPACE = SearchSpace([Real("a", 0, 1), Real("b", 0, 1), Integer("k", 0, 100)])
ENCODING = Encoding(SPACE)


def region(runs, flat=(), own=None):
    X = ENCODING.encode(runs)
    return trusted(ENCODING, own or Region({}, {}), X, runs[0], flat).within


def run(a=0.5, b=0.5, k=50):
    return {"a": a, "b": b, "k": k}


def test_half_way_from_the_runs_to_the_bound_is_trusted():
    within = region([run(a=0.4), run(a=0.6)])
    assert within["a"] == pytest.approx((0.2, 0.8))
    assert within["k"] == (25, 75)


def test_near_a_bound_all_of_it_is_trusted():
    assert region([run(a=0.05), run(a=0.95)])["a"] == (0.0, 1.0)


def test_a_flat_parameter_is_trusted_half_way_from_the_best_run():
    runs = [run(a=0.5), run(a=0.02), run(a=0.98)]
    assert region(runs)["a"] == (0.0, 1.0)
    assert region(runs, flat=["a"])["a"] == pytest.approx((0.25, 0.75))
    assert region(runs, flat=["a"])["b"] == pytest.approx((0.25, 0.75))


def test_what_a_person_fixed_or_narrowed_stays():
    own = Region({"a": 0.9}, {"b": (0.95, 1.0)})
    within = region([run()], own=own)
    assert "a" not in within
    assert within["b"] == (0.95, 1.0)


def test_runs_out_of_bounds_do_not_reach_beyond_them():
    runs = [run(a=-0.5, b=1.5), run()]
    within = region(runs, flat=["b"])
    assert within["a"][0] == 0.0
    assert within["b"] == pytest.approx((0.5, 1.0))


def test_the_half_way_point_is_that_of_a_logarithmic_scale():
    encoding = Encoding(SearchSpace([Real("lr", 1e-5, 1e-1, scale="log")]))
    params = {"lr": 1e-3}
    within = trusted(encoding, Region({}, {}), encoding.encode([params]), params, ())
    assert within.within["lr"] == pytest.approx((1e-4, 1e-2), rel=0.05)


@pytest.mark.parametrize("flat", [[], ["k"]])
def test_all_of_a_few_levels_are_trusted(flat):
    encoding = Encoding(SearchSpace([Integer("k", 0, 5), Integer("n", 0, 6)]))
    params = {"k": 0, "n": 0}
    near = trusted(encoding, Region({}, {}), encoding.encode([params]), params, flat)
    assert near.within == {"n": (0, 3)}


def test_a_choice_is_trusted_whether_or_not_it_was_run():
    encoding = Encoding(SearchSpace([Categorical("c", ["x", "y"]), Real("a", 0, 1)]))
    params = {"c": "x", "a": 0.5}
    near = trusted(encoding, Region({}, {}), encoding.encode([params]), params, ())
    lower, upper = encoding.bounds(near)
    assert np.all(lower[:2] == 0.0)
    assert np.all(upper[:2] > 0.7)
