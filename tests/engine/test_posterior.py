import numpy as np
import pytest
from skopt.learning import GaussianProcessRegressor

from recommender.engine.kernel import Component, Kernel
from recommender.engine.posterior import Posterior
from recommender.engine.surrogate import kernel_of_skopt

NOISE = 0.03


@pytest.fixture
def kernel():
    both = Component(np.array([0.3, 0.9]), 1.1)
    return Kernel((both, Component(np.array([0.5, np.inf]), 0.5)))


@pytest.fixture
def data(rng):
    return rng.random((9, 2)), rng.standard_normal(9)


def regressor(kernel, X, y, noise):
    return GaussianProcessRegressor(kernel_of_skopt(kernel), alpha=noise, optimizer=None).fit(X, y)


def posterior(kernel, X, y, mean=0.4):
    fitted = regressor(kernel, X, y - mean, np.full(len(X), NOISE))
    return Posterior(kernel, X, fitted.L_, fitted.alpha_[:, None], mean, NOISE)


def test_prediction_equals_that_of_skopt(kernel, data, rng):
    X, y = data
    query = rng.random((20, 2))
    means, sds = posterior(kernel, X, y).predict(query)
    expected = regressor(kernel, X, y - 0.4, np.full(9, NOISE)).predict(query, return_std=True)
    np.testing.assert_allclose(means[:, 0], expected[0] + 0.4, rtol=1e-9)
    np.testing.assert_allclose(sds, expected[1], rtol=1e-6)


def test_joint_covariance_equals_that_of_skopt(kernel, data, rng):
    X, y = data
    query = rng.random((6, 2))
    means, covariance = posterior(kernel, X, y).joint(query)
    oracle = regressor(kernel, X, y - 0.4, np.full(9, NOISE))
    np.testing.assert_allclose(means[:, 0], oracle.predict(query) + 0.4, rtol=1e-9)
    np.testing.assert_allclose(covariance, oracle.predict(query, return_cov=True)[1], atol=1e-8)


def test_conditioning_equals_a_fit_with_those_points_as_noise_free_data(kernel, data, rng):
    X, y = data
    more, values = rng.random((3, 2)), rng.standard_normal((3, 2))
    query = rng.random((20, 2))
    conditioned = posterior(kernel, X, y).condition(more, values)
    means, sds = conditioned.predict(query)
    noise = np.append(np.full(9, NOISE), np.full(3, 1e-9))
    for draw in range(2):
        oracle = regressor(kernel, np.vstack([X, more]), np.append(y, values[:, draw]) - 0.4, noise)
        expected = oracle.predict(query, return_std=True)
        np.testing.assert_allclose(means[:, draw], expected[0] + 0.4, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(sds, expected[1], rtol=1e-3, atol=1e-4)


def test_after_conditioning_the_values_are_known(kernel, data, rng):
    more, values = rng.random((3, 2)), rng.standard_normal((3, 4))
    means, sds = posterior(kernel, *data).condition(more, values).predict(more)
    np.testing.assert_allclose(means, values, atol=1e-5)
    assert sds.max() < 1e-3


def test_draws_have_the_joint_mean_and_covariance(kernel, data, rng):
    query = rng.random((4, 2))
    model = posterior(kernel, *data)
    draws = model.draw(query, rng.standard_normal((4, 200_000)))
    means, covariance = model.joint(query)
    np.testing.assert_allclose(draws.mean(axis=1), means[:, 0], atol=0.01)
    np.testing.assert_allclose(np.cov(draws), covariance, atol=0.02)


def test_gradients_equal_finite_differences(kernel, data, rng, difference_gradient):
    model = posterior(kernel, *data).condition(rng.random((2, 2)), rng.standard_normal((2, 3)))
    query = rng.random((5, 2))
    means, sds, slopes, sd_gradient = model.gradient(query)
    np.testing.assert_allclose(means, model.predict(query)[0])
    np.testing.assert_allclose(sds, model.predict(query)[1])
    for i, x in enumerate(query):
        by_x = difference_gradient(lambda x: model.predict(x[None])[0][0, 1], x)
        np.testing.assert_allclose(slopes[i].T @ model.weights[:, 1], by_x, rtol=1e-4, atol=1e-5)
        by_x = difference_gradient(lambda x: model.predict(x[None])[1][0], x)
        np.testing.assert_allclose(sd_gradient[i], by_x, rtol=1e-4, atol=1e-5)


def test_a_near_singular_covariance_of_coinciding_points_is_still_drawn_from(kernel, data):
    model = posterior(kernel, *data)
    query = np.repeat([[0.31, 0.62]], 6, axis=0)
    draws = model.draw(query, np.random.default_rng(0).standard_normal((6, 50)))
    assert np.all(np.isfinite(draws))
    # Six copies of one point are one value.
    assert np.ptp(draws, axis=0).max() < 1e-3
    again = model.condition(query, draws).condition(query, draws)
    means, sds = again.predict(query)
    assert np.all(np.isfinite(means))
    assert np.all(sds > 0)


def test_a_draw_of_nothing_that_is_a_number_is_an_error_not_a_loop(kernel, data):
    with pytest.raises(ValueError, match=r"infs or NaNs"):
        posterior(kernel, *data).draw(np.array([[np.nan, 0.5]]), np.zeros((1, 1)))
