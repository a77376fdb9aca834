import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import log_ndtr
from scipy.stats import norm
from skopt.acquisition import gaussian_ei

from recommender.engine.acquisition import (
    improvement,
    log_expected_improvement,
    log_h,
    log_mean_exp,
)


@pytest.mark.parametrize("branch", [-1.0, -25.0])
def test_log_h_is_continuous_where_its_formula_changes(branch):
    below, above = np.nextafter(branch, -np.inf), np.nextafter(branch, np.inf)
    values, slopes = log_h(np.array([below, above]))
    assert values[0] == pytest.approx(values[1], abs=1e-6)
    assert slopes[0] == pytest.approx(slopes[1], rel=1e-6)


@given(st.floats(-1e4, 30.0))
def test_log_h_and_its_slope_agree_with_the_normal_distribution(u):
    # h' = Phi, so that d log h = Phi / h: both sides through scipy's own log Phi.
    values, slopes = log_h(np.array([u]))
    assert np.log(slopes[0]) + values[0] == pytest.approx(log_ndtr(u), rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("u", [-20.0, -8.0, -3.0, -1.0, -0.5, 0.0, 2.0, 9.0])
def test_log_h_is_the_logarithm_of_the_integral_of_the_normal_distribution(u):
    # h(u) is the integral of Phi up to u; scaled by its own size to keep the digits.
    scale = log_ndtr(u)
    area, _ = quad(lambda t: np.exp(log_ndtr(t) - scale), u - 40.0, u, points=[u - 1.0])
    assert log_h(np.array([u]))[0][0] == pytest.approx(np.log(area) + scale, rel=1e-7)


@given(st.floats(-30.0, 10.0))
def test_slope_of_log_h_equals_finite_differences(u):
    step = 1e-5 * max(1.0, abs(u))
    low, high = log_h(np.array([u - step]))[0][0], log_h(np.array([u + step]))[0][0]
    assert log_h(np.array([u]))[1][0] == pytest.approx((high - low) / (2 * step), rel=1e-3)


def test_log_h_is_finite_and_rising_down_to_minus_a_million():
    u = -np.logspace(6, -3, 400)
    values, slopes = log_h(u)
    assert np.all(np.isfinite(values))
    assert np.all(np.diff(values) > 0)
    assert np.all(slopes > 0)


def test_expected_improvement_equals_that_of_skopt(rng):
    class Model:
        def predict(self, X, return_std):
            return X[:, 0], X[:, 1]

    X = np.column_stack([rng.normal(size=30), rng.uniform(0.3, 2.0, 30)])
    expected = gaussian_ei(X, Model(), y_opt=-0.2, xi=0.0)
    log_ei = log_expected_improvement(X[:, :1], X[:, 1], np.array([-0.2]))[0][:, 0]
    np.testing.assert_allclose(np.exp(log_ei), expected, rtol=1e-9)


def test_derivatives_of_log_expected_improvement_equal_finite_differences():
    step = 1e-6
    for mean, sd, best in ((0.3, 0.5, 0.1), (-1.0, 0.4, 0.2), (5.0, 0.3, 0.0)):

        def value(mean, sd, best=best):
            return log_expected_improvement(np.array([[mean]]), np.array([sd]), np.array([best]))

        _, by_mean, by_sd = (part[0, 0] for part in value(mean, sd))
        up, down = value(mean + step, sd)[0][0, 0], value(mean - step, sd)[0][0, 0]
        assert by_mean == pytest.approx((up - down) / (2 * step), rel=1e-5)
        up, down = value(mean, sd + step)[0][0, 0], value(mean, sd - step)[0][0, 0]
        assert by_sd == pytest.approx((up - down) / (2 * step), rel=1e-5)


def test_log_mean_exp_survives_values_that_underflow():
    values, weights = log_mean_exp(np.array([[-1e5, -1e5 + np.log(3.0)], [0.0, -np.inf]]))
    assert values[0] == pytest.approx(-1e5 + np.log(2.0))
    assert values[1] == pytest.approx(np.log(0.5))
    np.testing.assert_allclose(weights, [[0.25, 0.75], [1.0, 0.0]])


@pytest.mark.parametrize(("mean", "sd"), [(0.0, 1.0), (0.4, 0.2), (-0.5, 0.7), (2.0, 0.01)])
def test_improvement_equals_its_simulation(mean, sd, rng):
    draws = mean + sd * rng.standard_normal(400_000)
    expected, chance = improvement(mean, sd)
    assert expected == pytest.approx(np.maximum(draws, 0.0).mean(), abs=5e-3 * sd)
    assert chance == pytest.approx((draws > 0).mean(), abs=5e-3)


@given(st.floats(-1e3, 1e3), st.floats(1e-6, 1e3))
def test_improvement_is_never_negative_nor_below_its_mean(mean, sd):
    expected, chance = improvement(mean, sd)
    assert expected >= max(mean, 0.0) - 1e-9 * (abs(mean) + sd)
    assert chance == pytest.approx(norm.cdf(mean / sd))


def test_improvement_that_is_certain_is_its_mean():
    assert improvement(0.3, 0.0) == (0.3, 1.0)
    assert improvement(-0.3, 0.0) == (0.0, 0.0)
