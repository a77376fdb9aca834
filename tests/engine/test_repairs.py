import math

import numpy as np
import pytest
from scipy.linalg import null_space
from scipy.stats import cauchy, multivariate_normal

from recommender.engine.hyperparameters import maximise, starts
from recommender.engine.repairs import Repairs, Search, gains, weigh

THETA = np.log([0.4, 0.7, 1.3, 0.01])
WITH_CONTEXT = np.log([0.4, 0.7, 0.5, 0.3, 0.9, 0.01])


def log_density(likelihood, theta):
    """The density of the results with the constant mean integrated out, by contrasts."""
    n = len(likelihood.y)
    A = null_space(np.ones((1, n))).T
    K = A @ likelihood.covariance(theta) @ A.T
    return multivariate_normal(np.zeros(n - 1), K).logpdf(A @ likelihood.y) - 0.5 * math.log(n)


@pytest.fixture
def search(rng):
    X = rng.random((9, 2))
    return Search(X, rng.standard_normal(9), np.array([0, 1]), ())


@pytest.mark.parametrize("context", [(), (1,)])
def test_a_gain_is_the_difference_of_two_marginal_likelihoods(search, context, rng):
    search = Search(search.X, search.y, search.groups, context)
    theta = WITH_CONTEXT if context else THETA
    rows = np.array([0, 0, 3, 8, 5, 4])
    points, values = search.X[rows], search.y[rows]
    points[:3] = rng.random((3, 2))
    values[2:4] += 2.0
    points[4] = 40.0
    values[5] = np.nan
    repairs = Repairs(rows, points, values, np.zeros(6))
    written = search.likelihood()
    found = gains(written, theta, search.X, written.kernel(theta, search.groups), repairs)
    for index, row in enumerate(rows):
        changed = log_density(search.likelihood(repairs, index), theta)
        if np.isnan(values[index]):
            changed += cauchy.logpdf(search.y[row])
        assert found[index] == pytest.approx(changed - log_density(written, theta), abs=1e-7)


def test_the_density_of_anything_is_a_density():
    from scipy.integrate import quad

    from recommender.engine.repairs import log_density_of_anything

    total, _ = quad(lambda y: math.exp(log_density_of_anything(np.array(y))), -np.inf, np.inf)
    assert total == pytest.approx(1.0)


def test_a_slipped_coordinate_with_leverage_is_found_though_it_is_fitted(rng):
    X = np.linspace(0.0, 0.5, 14)[:, None]
    y = np.sin(5.0 * X[:, 0]) + 0.02 * rng.standard_normal(14)
    meant = X[4].copy()
    X[4] = 0.95
    search = Search(X, y, np.array([0]), ())
    rows = np.repeat(np.arange(14), 2)
    points = np.vstack([np.vstack([x, meant]) for x in X])
    values = np.tile([np.nan, 1.0], 14) * np.where(np.tile([True, False], 14), 1.0, y[rows])
    repairs = Repairs(rows, points, values, np.full(28, -math.log(28)))
    written = search.likelihood()
    weighed = weigh(search, repairs, maximise(written, starts(written)))
    assert (rows[weighed.indices[0]], weighed.indices[0] % 2) == (4, 1)
    assert weighed.log_odds[0] > 0
