import numpy as np
import pytest

from recommender.engine.evaluation import most_informative, prior
from recommender.engine.surrogate import fit


def total_variance(posterior, known, grid):
    """Sum the posterior variance over the grid after noisy measurements at the known points."""
    joint = np.vstack([known, grid])
    covariance = posterior.joint(joint)[1]
    k = len(known)
    gained = covariance[k:, :k] @ np.linalg.solve(
        covariance[:k, :k] + posterior.noise * np.eye(k), covariance[:k, k:]
    )
    return np.trace(covariance[k:, k:] - gained)


@pytest.fixture(params=["prior", "fitted"])
def posterior(request, rng):
    if request.param == "prior":
        return prior(2)
    X = rng.random((8, 2))
    return fit(X, ((X - 0.4) ** 2).sum(axis=1), np.arange(2)).posterior


def test_each_choice_lowers_the_variance_most_given_those_before(posterior, rng):
    X, grid = rng.random((7, 2)), rng.random((40, 2))
    order = most_informative(posterior, X, grid, 3)
    chosen = []
    for pick in order:
        after = [
            np.inf if i in chosen else total_variance(posterior, X[[*chosen, i]], grid)
            for i in range(7)
        ]
        assert after[pick] == pytest.approx(min(after), rel=1e-6)
        chosen.append(pick)


def test_no_run_is_named_twice_and_no_more_than_there_are(rng):
    X = np.repeat(rng.random((2, 2)), 2, axis=0)
    order = most_informative(prior(2), X, rng.random((20, 2)), 9)
    assert sorted(order) == [0, 1, 2, 3]


def test_a_prior_knows_its_variance_and_no_run():
    means, sds = prior(3).predict(np.random.default_rng(0).random((5, 3)))
    np.testing.assert_allclose(means, 0.0)
    np.testing.assert_allclose(sds, 1.0)
