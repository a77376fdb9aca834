"""Sobol indices, against functions whose indices are known in closed form."""

import numpy as np
import pytest

from recommender.insight.averages import Marginal
from recommender.insight.sensitivity import sobol_indices

UNIFORM = Marginal.between(0.0, 1.0)
THREE = np.arange(3)


def ishigami(U):
    """Ishigami & Homma 1990, with a = 7 and b = 0.1, of uniform numbers."""
    x = np.pi * (2.0 * U - 1.0)
    return np.sin(x[:, 0]) + 7.0 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_the_indices_of_the_ishigami_function(interpolated, rng):
    posterior = interpolated(ishigami, [0.25, 0.2, 0.4], 512)
    found = sobol_indices([(1.0, posterior)], [UNIFORM] * 3, THREE, rng)
    assert found.first.mean(axis=0) == pytest.approx([0.3139, 0.4424, 0.0], abs=0.02)
    assert found.total.mean(axis=0) == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.02)
    pairs = {pair: float(draws.mean()) for pair, draws in found.pairs.items()}
    assert pairs == {
        (0, 1): pytest.approx(0.0, abs=0.01),
        (0, 2): pytest.approx(0.2437, abs=0.02),
        (1, 2): pytest.approx(0.0, abs=0.01),
    }
    assert not found.context.any()


def test_a_context_is_set_aside_and_the_rest_is_shared_out(interpolated, rng):
    # f = 5 c + a + b (c - 1/2): given c, a explains 1/12 and b at most (c - 1/2)^2 / 12.
    def function(U):
        a, b, c = U.T
        return 5.0 * c + a + b * (c - 0.5)

    posterior = interpolated(function, [1.5, 1.5, 1.5], 128)
    found = sobol_indices([(1.0, posterior)], [UNIFORM] * 3, THREE, rng, context=[2])
    within = 1.0 / 12.0 + 1.0 / 144.0
    assert found.first.mean(axis=0) == pytest.approx(
        [1.0 / 12.0 / within, 1.0 / 144.0 / within, 0.0], abs=0.01
    )
    assert found.total.mean(axis=0) == pytest.approx(found.first.mean(axis=0), abs=0.01)
    # Averaged over a and b, the slope in c is 5 + 1/2.
    variance_of_c = 5.5**2 / 12.0
    assert found.context.mean() == pytest.approx(variance_of_c / (variance_of_c + within), abs=0.01)


def test_a_parameter_over_choices_and_one_that_never_varies(rng, interpolated):
    choices = np.sqrt(0.5) * np.eye(2)
    marginals = [UNIFORM, Marginal.over(choices), Marginal.between(0.4, 0.4)]
    groups = np.array([0, 1, 1, 2])

    def function(X):
        return X[:, 0] + 2.0 * X[:, 1] + X[:, 3]

    posterior = interpolated(function, [2.0, 2.0, 2.0, 2.0], 256)
    found = sobol_indices([(1.0, posterior)], marginals, groups, rng)
    real, choice = 1.0 / 12.0, 2.0 * 0.25
    assert found.first.mean(axis=0) == pytest.approx(
        [real / (real + choice), choice / (real + choice), 0.0], abs=0.01
    )


def test_few_runs_leave_the_indices_uncertain_and_many_do_not(interpolated, rng):
    def function(U):
        return U[:, 0] + 0.5 * U[:, 1] ** 2

    widths = []
    for n in (4, 64):
        posterior = interpolated(function, [0.6, 0.6], n)
        found = sobol_indices([(1.0, posterior)], [UNIFORM] * 2, np.arange(2), rng)
        low, high = np.quantile(found.first[:, 0], (0.05, 0.95))
        exact = (1 / 12) / (1 / 12 + 0.25 * (1 / 5 - 1 / 9))
        assert low - 0.01 <= exact <= high + 0.01
        widths.append(high - low)
    assert widths[0] > 0.1
    assert widths[1] < 0.03


def test_likely_posteriors_are_drawn_from_by_their_weight(interpolated, rng):
    first = interpolated(lambda U: U[:, 0], [2.0, 2.0], 32)
    second = interpolated(lambda U: U[:, 1], [2.0, 2.0], 32)
    found = sobol_indices([(0.75, first), (0.25, second)], [UNIFORM] * 2, np.arange(2), rng)
    assert (found.first[:, 0] > 0.5).mean() == pytest.approx(0.75, abs=0.01)


def test_the_same_numbers_give_the_same_indices(interpolated):
    posterior = interpolated(lambda U: U[:, 0], [1.0, 1.0], 16)
    one, other = (
        sobol_indices(
            [(1.0, posterior)], [UNIFORM] * 2, np.arange(2), np.random.default_rng(1)
        ).first
        for _ in range(2)
    )
    assert (one == other).all()
