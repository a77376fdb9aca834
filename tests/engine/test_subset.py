import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommender.engine.subset import representative


@given(st.integers(1, 60), st.integers(1, 80), st.integers(0, 9))
def test_a_subset_has_the_size_asked_for_and_no_run_twice(n, size, seed):
    rng = np.random.default_rng(seed)
    chosen = representative(rng.random((n, 2)), rng.random(n), size)
    assert len(chosen) == min(n, size)
    assert sorted(set(chosen)) == list(chosen)


def test_the_best_runs_are_in_it(rng):
    y = rng.random(200)
    chosen = representative(rng.random((200, 3)), y, 30)
    assert set(np.argsort(y)[:10]) <= set(chosen)


def test_the_others_fill_the_space(rng):
    # Nearly all runs crowd in one corner; the few elsewhere must not be lost.
    X = np.vstack([0.05 * rng.random((500, 2)), [[1.0, 1.0], [0.0, 1.0], [1.0, 0.0]]])
    y = np.append(np.zeros(500), np.ones(3))
    assert {500, 501, 502} <= set(representative(X, y, 30))


def test_repeated_points_are_no_obstacle():
    assert len(representative(np.zeros((50, 2)), np.zeros(50), 10)) == 10
