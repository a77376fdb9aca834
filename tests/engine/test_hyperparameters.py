from dataclasses import replace

import numpy as np
import pytest

from recommender.engine.hyperparameters import around, evidence, maximise, starts
from recommender.engine.likelihood import Likelihood


@pytest.fixture
def model(rng):
    X = rng.random((30, 2))
    y = np.sin(5.0 * X[:, 0]) + 0.1 * rng.standard_normal(30)
    return Likelihood.of(X, (y - y.mean()) / y.std(), np.arange(2))


def test_nothing_near_the_maximum_is_more_probable(model, rng):
    theta = maximise(model, starts(model))
    least = model.negative_log_posterior(theta)[0]
    for _ in range(50):
        other = theta + 0.2 * rng.standard_normal(len(theta))
        assert model.negative_log_posterior(other)[0] > least - 1e-4


def test_without_a_parameter_it_has_no_effect(model):
    theta = maximise(model, starts(model), without=[0])
    moved = [distances.copy() for distances in model.distances]
    moved[0][0] = 1.0 - moved[0][0]
    other = replace(model, distances=tuple(moved))
    assert model.log_marginal(theta) == pytest.approx(other.log_marginal(theta))


def test_the_evidence_tells_an_effect_from_none(model):
    gains = evidence(model, maximise(model, starts(model)))
    assert gains[0] > 10.0
    assert gains[1] < 2.0


def test_the_evidence_is_counted_against_the_best_fit_without_the_parameter(rng):
    # Two parameters that vary together explain the same, so neither is needed.
    x = rng.random(30)
    y = np.sin(5.0 * x)
    both = Likelihood.of(np.column_stack([x, x]), (y - y.mean()) / y.std(), np.arange(2))
    assert evidence(both, maximise(both, starts(both))).max() < 2.0


def test_pure_noise_passes_for_an_effect_in_at_most_a_fifth_of_the_cases():
    told = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        noise = Likelihood.of(rng.random((24, 3)), rng.standard_normal(24), np.arange(3))
        told += int((evidence(noise, maximise(noise, starts(noise))) > 2.0).sum())
    assert told <= 12


def test_hyperparameters_around_the_maximum_have_the_moments_of_a_gaussian_posterior(rng):
    """With the runs left out, the posterior density is the prior, which is a Gaussian."""
    nothing = Likelihood.of(np.zeros((2, 2)), np.zeros(2), np.arange(2), context=[1])
    priors = replace(nothing.priors, sd=np.full(6, 0.3))
    flat = replace(nothing, extra=np.full(2, 1e6), priors=priors)
    points, weights = around(flat, priors.mean)
    assert weights.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(weights @ points, priors.mean, atol=1e-3)
    offsets = points - priors.mean
    covariance = (weights[:, None] * offsets).T @ offsets
    np.testing.assert_allclose(covariance, 0.09 * np.eye(6), atol=2e-3)


def test_less_probable_hyperparameters_weigh_less(model):
    theta = maximise(model, starts(model))
    points, weights = around(model, theta)
    logs = np.array([-model.negative_log_posterior(point)[0] for point in points])
    np.testing.assert_allclose(np.log(weights / weights.max()), logs - logs.max(), atol=1e-9)
