import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import lognorm, multivariate_normal
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel

from recommender.engine.likelihood import (
    JITTER,
    ROUGHNESS,
    Likelihood,
    Priors,
    generalised_mean,
    inverse,
    squared_distances,
)

GROUPS = np.array([0, 1, 1])
# Length scales of two parameters (the second has two columns), signal variance, noise variance;
# and with a component of its own for the second parameter; and both with a rough function, whose
# variance comes before the noise's.
PLAIN = np.log([0.4, 1.3, 1.7, 0.05])
WITH_CONTEXT = np.log([0.4, 1.3, 0.6, 1.7, 0.8, 0.05])
ROUGH = np.log([0.4, 1.3, 1.7, 0.3, 0.05])
ROUGH_WITH_CONTEXT = np.log([0.4, 1.3, 0.6, 1.7, 0.8, 0.3, 0.05])
CASES = [
    (PLAIN, (), False),
    (WITH_CONTEXT, (1,), False),
    (ROUGH, (), True),
    (ROUGH_WITH_CONTEXT, (1,), True),
]


def likelihood(rng, context=(), extra=True, rough=False):
    X, y = rng.random((12, 3)), rng.standard_normal(12)
    variances = np.where(np.arange(12) == 3, 0.7, 0.0) if extra else np.zeros(12)
    model = replace(Likelihood.of(X, y, GROUPS, context=context), extra=variances)
    return X, model.roughened() if rough else model


def oracle(theta, context, rough):
    """The same covariance as a kernel of scikit-learn."""
    values = np.exp(theta)
    lengths = values[:2][GROUPS]
    kernel = ConstantKernel(values[3 if context else 2]) * RBF(lengths)
    if context:
        kernel += ConstantKernel(values[4]) * RBF(np.array([1e12, values[2], values[2]]))
    if rough:
        kernel += ConstantKernel(values[-2]) * RBF(0.1 * lengths)
    return kernel


@pytest.mark.parametrize("extra", [True, False])
@pytest.mark.parametrize(("theta", "context", "rough"), CASES)
def test_log_marginal_likelihood_equals_that_of_scikit_learn(extra, theta, context, rough, rng):
    X, model = likelihood(rng, context, extra, rough)
    kernel = oracle(theta, context, rough)
    noise = math.exp(theta[-1]) + JITTER * kernel(X)[0, 0] + model.extra
    K_inverse = np.linalg.inv(kernel(X) + np.diag(noise))
    mean = K_inverse.sum(0) @ model.y / K_inverse.sum()
    expected = GaussianProcessRegressor(kernel, alpha=noise, optimizer=None).fit(X, model.y - mean)
    assert model.log_marginal(theta) == pytest.approx(expected.log_marginal_likelihood(), rel=1e-9)


def test_the_constant_mean_is_the_one_that_makes_the_runs_most_likely(rng):
    _, model = likelihood(rng)
    K = model.covariance(PLAIN)
    here = generalised_mean(np.linalg.inv(K).sum(0), model.y)

    def density(mean):
        return multivariate_normal(np.full(12, mean), K).logpdf(model.y)

    assert density(here) == pytest.approx(model.log_marginal(PLAIN))
    assert density(here) > max(density(here - 0.01), density(here + 0.01))


@pytest.mark.parametrize(("theta", "context", "rough"), CASES)
def test_gradient_of_the_log_posterior_equals_finite_differences(
    theta, context, rough, rng, difference_gradient
):
    _, model = likelihood(rng, context, rough=rough)
    for here in (theta, theta + 0.5 * rng.standard_normal(len(theta)), theta - 1.5):
        _, gradient = model.negative_log_posterior(here)
        expected = difference_gradient(lambda t: model.negative_log_posterior(t)[0], here)
        np.testing.assert_allclose(gradient, expected, rtol=1e-5, atol=1e-5)


def test_log_posterior_is_the_marginal_likelihood_times_the_prior(rng):
    _, model = likelihood(rng)

    def prior(theta):
        return model.priors.log_density(theta)[0]

    def posterior(theta):
        return -model.negative_log_posterior(theta)[0]

    other = PLAIN + 0.3
    assert posterior(PLAIN) - posterior(other) == pytest.approx(
        model.log_marginal(PLAIN) + prior(PLAIN) - model.log_marginal(other) - prior(other)
    )


def test_gradient_of_the_prior_equals_finite_differences(difference_gradient):
    priors = Priors.of(((0, 1, 2), (1,)))
    theta = np.array([0.3, -1.0, 2.0, 0.1, 0.4, -3.0, -1.0])
    expected = difference_gradient(lambda t: priors.log_density(t)[0], theta)
    np.testing.assert_allclose(priors.log_density(theta)[1], expected, rtol=1e-6)


@pytest.mark.parametrize("p", [1, 4, 20])
def test_the_prior_of_a_lengthscale_has_its_mode_where_that_of_hvarfner_has(p):
    lengths = np.exp(np.linspace(-3.0, 3.0, 20001))
    hvarfner = lognorm(math.sqrt(3.0), scale=math.exp(math.sqrt(2.0)) * math.sqrt(p))
    mode = lengths[np.argmax(hvarfner.pdf(lengths))]
    assert np.exp(Priors.of((tuple(range(p)),)).mean[0]) == pytest.approx(mode, rel=1e-3)


def test_the_prior_of_a_lengthscale_lies_higher_where_there_are_few_levels():
    priors = Priors.of(((0, 1, 2, 3), (1,)), coarse={1})
    fine = Priors.of(((0, 1, 2, 3), (1,)))
    assert np.exp(priors.mean[1]) == pytest.approx(0.5 * math.sqrt(4))
    others = np.delete(np.arange(len(fine.mean)), 1)
    np.testing.assert_array_equal(priors.mean[others], fine.mean[others])
    np.testing.assert_array_equal(priors.sd[others], fine.sd[others])


def test_a_rough_function_leaves_the_other_priors_as_they_are():
    priors = Priors.of(((0, 1, 2),), coarse={2})
    rough = priors.roughened()
    np.testing.assert_array_equal(np.delete(rough.mean, -2), priors.mean)
    np.testing.assert_array_equal(np.delete(rough.sd, -2), priors.sd)
    assert (rough.mean[-2], rough.sd[-2]) == ROUGHNESS


def test_squared_distances_add_up_over_the_columns_of_a_parameter():
    X = np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 3.0]])
    distances = squared_distances(X, GROUPS)
    assert distances.tolist() == [[0.0, 1.0, 0.0], [0.0, 13.0, 0.0]]


def test_a_covariance_that_is_not_positive_definite_is_improbable_rather_than_an_error(rng):
    _, model = likelihood(rng)
    assert inverse(-np.eye(12)) is None
    broken = replace(model, extra=np.full(12, -9.0))
    assert broken.log_marginal(PLAIN) == -math.inf
    value, gradient = broken.negative_log_posterior(PLAIN)
    assert value > 1e9
    assert np.all(gradient == 0.0)


def test_coinciding_runs_with_next_to_no_noise_still_have_a_finite_density(rng):
    X = np.repeat(rng.random((4, 3)), 3, axis=0)
    y = np.repeat(rng.standard_normal(4), 3)
    model = Likelihood.of(X, y, GROUPS)
    value, gradient = model.negative_log_posterior(np.log([0.4, 1.3, 1.0, 1e-6]))
    assert math.isfinite(value)
    assert value < 1e9
    assert np.all(np.isfinite(gradient))


def test_the_kernel_is_that_of_the_covariance(rng):
    X, groups = rng.random((7, 2)), np.array([0, 1])
    likelihood = Likelihood.of(X, rng.standard_normal(7), groups, context=[1])
    theta = np.log([0.3, 0.8, 0.5, 0.4, 0.9, 0.02])
    noisy = likelihood.kernel(theta, groups)(X, X) + np.diag(likelihood.diagonal(theta))
    assert noisy == pytest.approx(likelihood.covariance(theta))
    assert likelihood.kernel(theta, groups, 3.0).variance == pytest.approx(9.0 * (0.4 + 0.9))
