"""Averages in closed form, against plain numerical integration of the posterior itself."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.insight.averages import Averages, Marginal
from tests.insight.conftest import posterior_of

GROUPS = np.array([0, 1, 2, 2])  # the third parameter is categorical with two choices
CHOICES = np.sqrt(0.5) * np.eye(2)
MARGINALS = [Marginal.between(0.2, 0.9), Marginal.between(0.0, 1.0), Marginal.over(CHOICES)]
FINE = np.linspace(0.0, 1.0, 24, endpoint=False) + 0.5 / 24  # the midpoint rule


@pytest.fixture(scope="module")
def posterior():
    rng = np.random.default_rng(5)
    X = np.hstack([rng.random((12, 2)), CHOICES[rng.integers(2, size=12)]])
    y = np.sin(4 * X[:, 0]) + X[:, 1] * X[:, 2]
    shared = ([0.4, 0.7, 0.9, 0.9], 1.3)
    return posterior_of(X, y, shared, ([np.inf, 0.5, np.inf, np.inf], 0.6), noise=1e-4)


def integrated(posterior, X, kept):
    """The means and the covariance of averages, by the midpoint rule on the joint posterior."""
    free = [index for index in range(3) if index not in kept]
    nodes = {0: [[0.2 + 0.7 * u] for u in FINE], 1: [[u] for u in FINE], 2: list(CHOICES)}
    clouds = []
    for x in X:
        cloud = []
        for combination in itertools.product(*(nodes[index] for index in free)):
            point = x.copy()
            for index, value in zip(free, combination, strict=True):
                point[index == GROUPS] = value
            cloud.append(point)
        clouds.append(cloud)
    size = len(clouds[0])
    means, covariance = posterior.joint(np.array(clouds).reshape(-1, 4))
    averaging = np.kron(np.eye(len(X)), np.full((1, size), 1.0 / size))
    return averaging @ means[:, 0], averaging @ covariance @ averaging.T


@pytest.mark.parametrize("kept", [(), (0,), (1,), (2,), (0, 2), (1, 2), (0, 1, 2)], ids=str)
def test_averages_are_integrals_of_the_joint_posterior(posterior, rng, kept):
    X = np.hstack([rng.random((2, 2)), CHOICES])
    averages = Averages(posterior, MARGINALS, GROUPS, X)
    means, covariance = averages.joint(kept)
    expected_means, expected_covariance = integrated(posterior, X, kept)
    assert means[:, 0] == pytest.approx(expected_means, abs=2e-3)
    assert covariance == pytest.approx(expected_covariance, abs=1e-3)
    assert averages.means(kept) == pytest.approx(means)


def test_an_average_over_nothing_is_the_posterior(posterior, rng):
    X = np.hstack([rng.random((5, 2)), CHOICES[[0, 1, 1, 0, 0]]])
    means, covariance = Averages(posterior, MARGINALS, GROUPS, X).joint((0, 1, 2))
    expected = posterior.joint(X)
    assert means == pytest.approx(expected[0], abs=1e-9)
    assert covariance == pytest.approx(expected[1], abs=1e-9)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.integers(0, 9), st.floats(0.02, 50.0))
@settings(max_examples=60)
def test_a_marginal_integrates_polynomials_and_the_narrowest_bump(one, other, power, length):
    low, high = sorted((one, other))
    marginal = Marginal.between(low, high)
    nodes = marginal.nodes[:, 0]
    # Forms of the integrals that neither cancel nor underflow where the interval is narrow.
    exact = sum(low**i * high ** (power - i) for i in range(power + 1)) / (power + 1)
    assert marginal.weights @ nodes**power == pytest.approx(exact, rel=1e-6, abs=1e-9)
    from scipy.special import erf

    centre = 0.5 * (low + high)
    bump = np.exp(-0.5 * ((nodes - centre) / length) ** 2)
    scaled = 0.5 * (high - low) / (np.sqrt(2.0) * length)
    expected = 1.0 if scaled == 0 else 0.5 * np.sqrt(np.pi) * erf(scaled) / scaled
    assert marginal.weights @ bump == pytest.approx(expected, abs=2e-4)


def test_a_marginal_places_uniform_numbers_where_it_lies():
    u = np.array([0.0, 0.49, 0.51, 1.0])
    assert Marginal.between(0.2, 0.6).place(u)[:, 0] == pytest.approx([0.2, 0.396, 0.404, 0.6])
    assert Marginal.over(CHOICES).place(u) == pytest.approx(CHOICES[[0, 0, 1, 1]])
    assert Marginal.between(0.3, 0.3).place(u)[:, 0] == pytest.approx([0.3] * 4)
