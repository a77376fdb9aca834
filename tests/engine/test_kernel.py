import numpy as np
import pytest

from recommender.engine.kernel import Component, Kernel, correlation, correlation_slope
from recommender.engine.surrogate import kernel_of_skopt

FAMILIES = ("rbf", "matern52")


def kernel(family):
    """The sum of one component over all columns and one over the second alone."""
    everything = Component(family, np.array([0.3, 1.7, 0.05]), 2.0)
    return Kernel((everything, Component(family, np.array([np.inf, 0.4, np.inf]), 0.5)))


@pytest.mark.parametrize("family", FAMILIES)
def test_values_equal_those_of_the_same_kernel_in_skopt(family, rng):
    A, B = rng.random((7, 3)), rng.random((5, 3))
    np.testing.assert_allclose(
        kernel(family)(A, B), kernel_of_skopt(kernel(family))(A, B), atol=1e-12
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_gradient_with_respect_to_the_points_equals_finite_differences(
    family, rng, difference_gradient
):
    A, B = rng.random((4, 3)), rng.random((5, 3))
    gradient = kernel(family).gradient(A, B)
    for i in range(4):
        for j in range(5):
            expected = difference_gradient(
                lambda x, j=j: kernel(family)(x[None], B[j : j + 1])[0, 0], A[i]
            )
            np.testing.assert_allclose(gradient[i, j], expected, atol=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_slope_of_the_correlation_equals_finite_differences(family):
    r2 = np.array([1e-3, 0.1, 1.0, 4.0, 30.0])
    step = 1e-6
    expected = (correlation(family, r2 + step) - correlation(family, r2 - step)) / (2 * step)
    np.testing.assert_allclose(correlation_slope(family, r2), expected, rtol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_covariance_of_a_point_with_itself_is_the_variance_and_its_gradient_zero(family):
    x = np.array([[0.123456789, 0.5, 0.987654321]])
    assert kernel(family)(x, x)[0, 0] == pytest.approx(2.5, rel=1e-6)
    np.testing.assert_allclose(kernel(family).gradient(x, x), 0.0)


def test_matern_equals_its_textbook_formula():
    # Rasmussen & Williams 2006, eq. 4.17 with nu = 5/2, at distance 0.8.
    s = np.sqrt(5.0) * 0.8
    expected = (1.0 + s + 5.0 * 0.64 / 3.0) * np.exp(-s)
    assert correlation("matern52", np.array(0.64)) == pytest.approx(expected)
