import numpy as np
import pytest

from recommender.engine.encoding import Encoding, Region
from recommender.engine.maximiser import candidates, maximise
from recommender.space import Categorical, Integer, Real, SearchSpace

EVERYWHERE = Region({}, {})


class Peak:
    """A parabola with its top at a given point."""

    def __init__(self, top):
        self.top = np.asarray(top)

    def __call__(self, X):
        return -((X - self.top) ** 2).sum(axis=1)

    def with_gradient(self, X):
        return self(X), -2.0 * (X - self.top)


def anything(X):
    return np.ones(len(X), dtype=bool)


def search(encoding, score, region=EVERYWHERE, allowed=anything, around=None, seed=0):
    rng = np.random.default_rng(seed)
    around = np.zeros((0, encoding.width)) if around is None else around
    return maximise(score, encoding, region, candidates(encoding, region, around, rng), allowed)


def test_the_top_of_a_parabola_is_found_exactly():
    encoding = Encoding(SearchSpace([Real("a", 0, 1), Real("b", 1e-4, 1, scale="log")]))
    found = search(encoding, Peak([0.31416, 0.27183]))
    np.testing.assert_allclose(found, [0.31416, 0.27183], atol=1e-4)


def test_a_top_outside_a_region_is_met_at_its_border():
    encoding = Encoding(SearchSpace([Real("a", 0, 1), Real("b", 0, 1)]))
    found = search(encoding, Peak([0.9, 0.5]), Region({}, {"a": (0.2, 0.4)}))
    np.testing.assert_allclose(found, [0.4, 0.5], atol=1e-4)


def test_integers_and_choices_are_searched_too():
    space = SearchSpace([Integer("k", 0, 300), Categorical("c", ["x", "y", "z"]), Real("a", 0, 1)])
    encoding = Encoding(space)
    top = encoding.encode([{"k": 137, "c": "y", "a": 0.6}])[0]
    assert encoding.decode(search(encoding, Peak(top)))["c"] == "y"
    assert abs(int(encoding.decode(search(encoding, Peak(top)))["k"]) - 137) <= 1


def test_a_narrow_top_near_a_good_run_is_found():
    encoding = Encoding(SearchSpace([Real(f"p{i}", 0, 1) for i in range(6)]))
    top = np.full(6, 0.5)

    class Needle(Peak):
        def __call__(self, X):
            return np.exp(-((X - self.top) ** 2).sum(axis=1) / 2e-4)

        def with_gradient(self, X):
            return self(X), -1e4 * self(X)[:, None] * (X - self.top)

    near = top + np.array([0.03, 0, 0, 0, 0, 0])
    assert search(encoding, Needle(top), around=near[None]) == pytest.approx(top, abs=2e-3)


def test_nothing_forbidden_is_returned():
    encoding = Encoding(SearchSpace([Real("a", 0, 1)]))

    def allowed(X):
        return X[:, 0] > 0.7

    assert search(encoding, Peak([0.5]), allowed=allowed)[0] == pytest.approx(0.7, abs=0.01)
    assert search(encoding, Peak([0.5]), allowed=lambda X: X[:, 0] > 2.0) is None


def test_a_region_of_one_point_gives_that_point():
    encoding = Encoding(SearchSpace([Real("a", 0, 1), Categorical("c", ["x", "y"])]))
    found = search(encoding, Peak([0.9, 0, 0]), Region({"a": 0.25, "c": "y"}, {}))
    assert encoding.decode(found) == {"a": 0.25, "c": "y"}


def test_candidates_lie_in_the_region_and_on_whole_numbers():
    space = SearchSpace([Real("a", -2, 3), Integer("k", 1, 9), Categorical("c", ["x", "y", "z"])])
    encoding = Encoding(space)
    region = Region({"c": "z"}, {"k": (3.0, 5.0), "a": (0.0, 1.0)})
    around = encoding.encode([{"a": 3.0, "k": 9, "c": "x"}, {"a": 0.5, "k": 4, "c": "z"}])
    X = candidates(encoding, region, around, np.random.default_rng(0))
    decoded = [encoding.decode(x) for x in X]
    assert {run["c"] for run in decoded} == {"z"}
    assert {run["k"] for run in decoded} == {3, 4, 5}
    assert all(-1e-12 <= run["a"] <= 1 + 1e-12 for run in decoded)
    np.testing.assert_allclose(encoding.encode(decoded), X, atol=1e-12)


def test_one_discrete_value_after_the_other_leads_out_of_a_local_top():
    """The best candidate is a top in each value alone; another start leads to the highest."""
    space = SearchSpace([Integer(name, 0, 9) for name in "abcdef"])
    encoding = Encoding(space)
    high, low = (encoding.encode([dict.fromkeys("abcdef", k)])[0] for k in (9, 1))

    class TwoPeaks(Peak):
        def __call__(self, X):
            narrow = 3.0 - 8.0 * np.abs(X - high).mean(axis=1)
            return np.maximum(narrow, 1.0 - np.abs(X - low).mean(axis=1))

    start = np.vstack([low, encoding.encode([{**dict.fromkeys("abcdef", 7), "a": 8}])[0]])
    found = maximise(TwoPeaks(low), encoding, EVERYWHERE, start, anything)
    np.testing.assert_array_equal(found, high)
