import numpy as np
import pytest

from recommender.engine.kernel import Component, Kernel, correlation, slope
from recommender.engine.surrogate import kernel_of_skopt


def kernel():
    """The sum of one component over all columns, in part rough, and one over the second alone."""
    everything = Component(np.array([0.3, 1.7, 0.5]), 2.0, roughness=0.25)
    return Kernel((everything, Component(np.array([np.inf, 0.4, np.inf]), 0.5)))


def test_values_equal_those_of_the_same_kernel_in_skopt(rng):
    A, B = rng.random((7, 3)), rng.random((5, 3))
    np.testing.assert_allclose(kernel()(A, B), kernel_of_skopt(kernel())(A, B), atol=1e-12)


def test_gradient_with_respect_to_the_points_equals_finite_differences(rng, difference_gradient):
    A, B = rng.random((4, 3)), rng.random((5, 3))
    gradient = kernel().gradient(A, B)
    for i in range(4):
        for j in range(5):
            expected = difference_gradient(
                lambda x, j=j: kernel()(x[None], B[j : j + 1])[0, 0], A[i]
            )
            np.testing.assert_allclose(gradient[i, j], expected, atol=1e-6)


def test_slope_of_the_correlation_equals_finite_differences():
    r2 = np.array([1e-3, 0.1, 1.0, 4.0, 30.0])
    step = 1e-6
    expected = (correlation(r2 + step) - correlation(r2 - step)) / (2 * step)
    np.testing.assert_allclose(slope(r2, correlation(r2)), expected, rtol=1e-5)


def test_a_rough_function_is_known_near_its_runs_alone():
    smooth, rough = Component(np.ones(1), 1.0), Component(np.ones(1), 0.0, roughness=1.0)
    here, near, off = np.array([[0.0]]), np.array([[0.01]]), np.array([[0.5]])
    assert rough(here, near)[0, 0] > 0.99
    assert rough(here, off)[0, 0] < 1e-5
    assert smooth(here, off)[0, 0] > 0.8


def test_covariance_of_a_point_with_itself_is_the_variance_and_its_gradient_zero():
    x = np.array([[0.123456789, 0.5, 0.987654321]])
    assert kernel()(x, x)[0, 0] == pytest.approx(2.75, rel=1e-6)
    np.testing.assert_allclose(kernel().gradient(x, x), 0.0)
