import math

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern

from recommender.engine.likelihood import (
    JITTER,
    Likelihood,
    Priors,
    generalised_mean,
    squared_distances,
)

FAMILIES = ("rbf", "matern52")
# length scales of two parameters (the second has two columns), signal variance, noise variance
THETA = np.log([0.4, 1.3, 1.7, 0.05])
GROUPS = np.array([0, 1, 1])


def likelihood(family, rng, extra=True):
    X, y = rng.random((12, 3)), rng.standard_normal(12)
    variances = np.where(np.arange(12) == 3, 0.7, 0.0) if extra else np.zeros(12)
    return X, Likelihood(
        family, squared_distances(X, GROUPS), y, variances, Priors.for_dimension(2)
    )


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("extra", [True, False])
def test_log_marginal_likelihood_equals_that_of_scikit_learn(family, extra, rng):
    X, model = likelihood(family, rng, extra)
    lengthscales = np.exp(THETA[:2])[GROUPS]
    shape = RBF(lengthscales) if family == "rbf" else Matern(lengthscales, nu=2.5)
    kernel = ConstantKernel(math.exp(THETA[2])) * shape
    noise = math.exp(THETA[3]) + JITTER * math.exp(THETA[2]) + model.extra
    inverse = np.linalg.inv(kernel(X) + np.diag(noise))
    mean = inverse.sum(0) @ model.y / inverse.sum()
    oracle = GaussianProcessRegressor(kernel, alpha=noise, optimizer=None).fit(X, model.y - mean)
    assert model.log_marginal(THETA) == pytest.approx(oracle.log_marginal_likelihood(), rel=1e-9)


def test_the_constant_mean_is_the_one_that_makes_the_runs_most_likely(rng):
    _, model = likelihood("rbf", rng)
    K = model.covariance(THETA)[0] + np.diag(model.diagonal(THETA))
    here = generalised_mean(np.linalg.inv(K), model.y)

    def density(mean):
        return multivariate_normal(np.full(12, mean), K).logpdf(model.y)

    assert density(here) == pytest.approx(model.log_marginal(THETA))
    assert density(here) > max(density(here - 0.01), density(here + 0.01))


@pytest.mark.parametrize("family", FAMILIES)
def test_gradient_of_the_log_posterior_equals_finite_differences(family, rng, difference_gradient):
    _, model = likelihood(family, rng)
    for theta in (THETA, THETA + 0.5 * rng.standard_normal(4), THETA - 1.5):
        _, gradient = model.negative_log_posterior(theta)
        expected = difference_gradient(lambda t: model.negative_log_posterior(t)[0], theta)
        np.testing.assert_allclose(gradient, expected, rtol=1e-5, atol=1e-5)


def test_log_posterior_is_the_marginal_likelihood_times_the_prior(rng):
    _, model = likelihood("rbf", rng)

    def prior(theta):
        return model.priors.log_density(theta)[0]

    def posterior(theta):
        return -model.negative_log_posterior(theta)[0]

    other = THETA + 0.3
    assert posterior(THETA) - posterior(other) == pytest.approx(
        model.log_marginal(THETA) + prior(THETA) - model.log_marginal(other) - prior(other)
    )


def test_gradient_of_the_prior_equals_finite_differences(difference_gradient):
    priors = Priors.for_dimension(4)
    theta = np.array([0.3, -1.0, 2.0, 0.1, 0.4, -3.0])
    expected = difference_gradient(lambda t: priors.log_density(t)[0], theta)
    np.testing.assert_allclose(priors.log_density(theta)[1], expected, rtol=1e-6)


def test_the_mode_of_the_lengthscale_prior_is_the_one_that_hvarfner_gives():
    # exp(sqrt 2 + ln(p)/2 - 3) = 0.205 sqrt(p)
    assert Priors.for_dimension(4).mode_lengthscale() == pytest.approx(0.205 * 2.0, rel=1e-2)


def test_the_prior_density_of_a_lengthscale_is_highest_at_its_mode():
    priors = Priors.for_dimension(3)
    theta = np.array([math.log(priors.mode_lengthscale())] * 3 + [0.0, 0.0])
    np.testing.assert_allclose(priors.log_density(theta)[1][:3], 0.0, atol=1e-12)


def test_squared_distances_add_up_over_the_columns_of_a_parameter():
    X = np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 3.0]])
    distances = squared_distances(X, GROUPS)
    assert distances[:, 0, 1].tolist() == [1.0, 13.0]


def test_a_covariance_that_is_not_positive_definite_is_improbable_rather_than_an_error(rng):
    _, model = likelihood("rbf", rng)
    assert model.inverse(-np.eye(12)) is None
    broken = Likelihood("rbf", model.distances, model.y, np.full(12, -9.0), model.priors)
    assert broken.log_marginal(THETA) == -math.inf
    value, gradient = broken.negative_log_posterior(THETA)
    assert value > 1e9
    assert np.all(gradient == 0.0)


def test_coinciding_runs_with_next_to_no_noise_still_have_a_finite_density(rng):
    X = np.repeat(rng.random((4, 3)), 3, axis=0)
    y = np.repeat(rng.standard_normal(4), 3)
    model = Likelihood(
        "rbf", squared_distances(X, GROUPS), y, np.zeros(12), Priors.for_dimension(2)
    )
    value, gradient = model.negative_log_posterior(np.log([0.4, 1.3, 1.0, 1e-6]))
    assert math.isfinite(value)
    assert value < 1e9
    assert np.all(np.isfinite(gradient))
