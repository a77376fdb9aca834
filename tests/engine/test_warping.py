import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recommender.engine.surrogate import fit
from recommender.engine.warping import Warp

LOSSES = arrays(float, st.integers(3, 20), elements=st.floats(-50, 50))
GROUP = np.array([0])


@given(LOSSES, LOSSES)
@example(np.array([-5e-324, 0.0, 0.0]), np.ones(3))
def test_a_warp_is_undone_by_its_inverse_and_keeps_the_order(told, y):
    warp = Warp.of(told)
    if warp.reach > 0.1:  # below it numbers run out of digits
        np.testing.assert_allclose(warp.inverse(warp(y)), y, rtol=1e-6, atol=1e-6)
    assert np.all(np.diff(warp(np.sort(y))) >= 0)


@given(LOSSES)
def test_the_better_half_stays_as_it_is(y):
    better = y[y <= np.median(y)]
    np.testing.assert_array_equal(Warp.of(y)(better), better)


def test_the_slope_equals_finite_differences():
    warp, y = Warp(1.0, 0.5), np.array([0.2, 1.1, 3.0, 40.0])
    step = 1e-6
    expected = (warp(y + step) - warp(y - step)) / (2 * step)
    np.testing.assert_allclose(np.exp(warp.log_slope(y)), expected, rtol=1e-6)


def test_losses_that_are_all_equal_are_not_warped():
    assert Warp.of(np.full(4, 2.0)) == Warp()
    np.testing.assert_array_equal(Warp()(np.array([1.0, 9.0])), [1.0, 9.0])
    np.testing.assert_array_equal(Warp().spread(np.array([1.0]), np.array([0.5])), [0.5])


def test_the_spread_is_half_of_what_a_standard_deviation_on_either_side_stands_for():
    warp = Warp(0.0, 1.0)
    up, down = np.expm1(1.5), np.expm1(0.5)
    assert warp.spread(np.array([1.0]), np.array([0.5]))[0] == pytest.approx((up - down) / 2)


@pytest.mark.parametrize("warp", [Warp(), Warp(0.0, 1.0), Warp(1.0, 1e-3)])
def test_the_spread_never_vanishes_however_far_off_the_mean_is(warp):
    far, sd = np.array([1e3, 1e24]), np.array([0.5, 0.5])
    assert np.all(warp.spread(far, sd) >= sd)


def test_a_long_bad_tail_is_drawn_in_and_predicted_in_its_own_units(rng):
    X = np.linspace(0.0, 1.0, 24)[:, None]
    y = np.exp(6.0 * np.abs(X[:, 0] - 0.3)) + 0.02 * rng.standard_normal(24)
    surrogate = fit(X, y, GROUP)
    assert surrogate.warp.reach < np.inf
    predicted = surrogate.predict(np.array([0.97]), np.array([0.3]))
    assert predicted.mean == pytest.approx(np.exp(6.0 * 0.67), rel=0.2)
    inner = slice(1, -1)
    np.testing.assert_allclose(surrogate.leave_one_out_mean[inner], y[inner], rtol=0.3, atol=0.3)
    assert surrogate.leave_one_out_sd[-2] > 3.0 * surrogate.leave_one_out_sd[7]


def test_losses_without_a_tail_are_modelled_as_they_are(rng):
    X = rng.random((24, 1))
    y = np.sin(6.0 * X[:, 0]) + 0.02 * rng.standard_normal(24)
    assert fit(X, y, GROUP).warp == Warp()


def test_losses_of_several_contexts_are_not_warped(rng):
    X = np.stack([np.linspace(0.0, 1.0, 24), rng.random(24)], axis=1)
    y = np.exp(6.0 * np.abs(X[:, 0] - 0.3)) + 0.02 * rng.standard_normal(24)
    groups = np.array([0, 1])
    assert fit(X, y, groups).warp != Warp()
    assert fit(X, y, groups, context=[0]).warp == Warp()
