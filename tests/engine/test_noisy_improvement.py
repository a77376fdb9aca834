import numpy as np
import pytest

from recommender.engine.acquisition import log_expected_improvement
from recommender.engine.noisy_improvement import WORLDS, NoisyImprovement, Worlds
from recommender.engine.surrogate import fit, fit_posterior


@pytest.fixture
def data(rng):
    X = rng.random((10, 2))
    return X, ((X - 0.4) ** 2).sum(axis=1) + 0.05 * rng.standard_normal(10)


@pytest.fixture
def posterior(data):
    return fit(*data, np.arange(2)).posterior


def feasibility(X):
    return fit_posterior(X, np.where(X[:, 0] > 0.6, 1.0, -1.0), np.arange(2))


def score(posterior, X, rng, pending=None, feasible=None):
    pending = np.zeros((0, 2)) if pending is None else pending
    worlds = Worlds.imagine(posterior, pending, rng)
    return NoisyImprovement.over(worlds, np.vstack([X, worlds.points]), rng, feasible)


@pytest.mark.parametrize("feasible", [False, True])
@pytest.mark.parametrize("waiting", [0, 3])
def test_gradient_equals_finite_differences(
    posterior, data, rng, feasible, waiting, difference_gradient
):
    X, _ = data
    function = score(
        posterior, X, rng, rng.random((waiting, 2)), feasibility(X) if feasible else None
    )
    query = rng.random((6, 2))
    values, gradients = function.with_gradient(query)
    np.testing.assert_allclose(values, function(query), rtol=1e-9)
    for x, gradient in zip(query, gradients, strict=True):
        expected = difference_gradient(lambda x: function(x[None])[0], x, 1e-5)
        np.testing.assert_allclose(gradient, expected, rtol=2e-3, atol=2e-3)


def test_it_is_the_closed_form_where_the_baseline_is_known_exactly(posterior, rng):
    known = np.array([[0.37, 0.44]])
    pinned = posterior.condition(known, np.array([[-0.1]]))
    function = score(pinned, known, rng)
    query = rng.random((20, 2))
    means, sds = pinned.predict(query)
    expected = log_expected_improvement(means, sds, np.array([-0.1]))[0][:, 0]
    np.testing.assert_allclose(function(query), expected, atol=5e-3)


def test_it_equals_the_simulated_improvement_over_noisy_runs(posterior, data, rng):
    X, _ = data
    query = np.array([[0.2, 0.7], [0.5, 0.3], [0.9, 0.1]])
    draws = posterior.draw(np.vstack([X, query]), rng.standard_normal((13, 100_000)))
    expected = np.maximum(draws[:10].min(axis=0) - draws[10:], 0.0).mean(axis=1)
    averaged = np.mean(
        [np.exp(score(posterior, X, np.random.default_rng(k))(query)) for k in range(30)], axis=0
    )
    np.testing.assert_allclose(averaged, expected, rtol=0.15, atol=1e-4)


def test_a_pending_run_lowers_the_improvement_at_its_own_place(posterior, data, rng):
    X, _ = data
    place = np.array([[0.42, 0.38]])
    without = score(posterior, X, np.random.default_rng(0))(place)[0]
    assert score(posterior, X, np.random.default_rng(0), place)(place)[0] < without - 2.0


def test_a_place_where_runs_diverge_is_worth_less(posterior, data, rng):
    X, _ = data
    query = np.array([[0.95, 0.4], [0.1, 0.4]])
    without = score(posterior, X, np.random.default_rng(0))(query)
    held = score(posterior, X, np.random.default_rng(0), feasible=feasibility(X))(query)
    loss = without - held
    assert loss[0] > 1.0
    assert loss[1] < 0.2


def test_worlds_remember_what_was_added(posterior, rng):
    worlds = Worlds.imagine(posterior, np.array([[0.1, 0.2]]), rng)
    more = worlds.adding(np.array([0.7, 0.8]), rng)
    np.testing.assert_array_equal(more.points, [[0.1, 0.2], [0.7, 0.8]])
    means, sds = more.posterior.predict(more.points)
    assert means.shape == (2, WORLDS)
    assert sds.max() < 1e-3
    # Antithetic draws: the mean over the worlds is the mean without them.
    np.testing.assert_allclose(
        means[0].mean(), posterior.predict(worlds.points)[0][0, 0], atol=1e-5
    )


def test_hundreds_of_baseline_runs_are_cut_to_the_promising(posterior, rng):
    crowd = rng.random((400, 2))
    whole = score(posterior, crowd, rng)
    assert np.all(np.isfinite(whole(rng.random((10, 2)))))
    assert len(whole.posterior.points) < 10 + WORLDS + 1
