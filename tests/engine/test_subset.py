import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommender.engine.subset import about_places, representative


@given(st.integers(1, 60), st.integers(1, 80), st.integers(0, 9))
def test_a_subset_has_the_size_asked_for_and_no_run_twice(n, size, seed):
    rng = np.random.default_rng(seed)
    chosen = representative(rng.random((n, 2)), rng.random(n), size)
    assert len(chosen) == min(n, size)
    assert sorted(set(chosen)) == list(chosen)


def test_runs_of_good_neighbours_are_in_it(rng):
    X = rng.random((300, 2))
    y = ((X - 0.5) ** 2).sum(axis=1)
    chosen = representative(X, y, 60)
    about = [y[np.argsort(((X - x) ** 2).sum(axis=1))[1:9]].mean() for x in X]
    assert set(np.argsort(about)[:20]) <= set(chosen)


def test_no_run_is_in_it_for_its_luck(rng):
    # Of noise alone the chosen runs must be like all others, at distinct places and at repeated.
    for X in (rng.random((3000, 3)), np.repeat(rng.random((6, 3)), 500, axis=0)):
        y = rng.standard_normal(3000)
        assert abs(y[representative(X, y, 600)].mean()) < 4.0 / 600**0.5


def test_a_discovery_is_in_it_whatever_its_neighbours_say(rng):
    X, y = rng.random((2000, 3)), 0.1 * rng.standard_normal(2000)
    y[777] = -2.0
    assert 777 in representative(X, y, 100)


def test_a_place_is_judged_by_its_neighbours_and_its_other_runs(rng):
    X = np.repeat([[0.0], [0.1], [1.0]], [1, 3, 20], axis=0)
    y = rng.random(24)
    once, thrice, often = y[:1].mean(), y[1:4].mean(), y[4:].mean()
    expected = [
        (3.0 * thrice + 8.0 * often) / 11.0,
        (1.0 * once + 8.0 * often + 2.0 * thrice) / 11.0,
        (1.0 * once + 3.0 * thrice + 19.0 * often) / 23.0,
    ]
    np.testing.assert_allclose(about_places(X, y), np.repeat(expected, [1, 3, 20]))


def test_the_others_fill_the_space(rng):
    # Nearly all runs crowd in one corner; the few elsewhere must not be lost.
    X = np.vstack([0.05 * rng.random((500, 2)), [[1.0, 1.0], [0.0, 1.0], [1.0, 0.0]]])
    y = np.append(np.zeros(500), np.ones(3))
    assert {500, 501, 502} <= set(representative(X, y, 30))


def test_repeated_points_are_no_obstacle():
    assert len(representative(np.zeros((50, 2)), np.zeros(50), 10)) == 10
