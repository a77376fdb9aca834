import numpy as np
import pytest
from scipy.stats import norm

from recommender.engine.evaluation import prior
from recommender.engine.incumbent import CONTENDERS, contenders, probability_best


@pytest.fixture
def posterior():
    X = np.array([[0.1], [0.9]])
    return prior(1).condition(X, np.array([[0.5], [-0.5]]))


def test_the_probability_of_two_points_is_that_of_their_difference(posterior):
    X = np.array([[0.4], [0.6]])
    means, covariance = posterior.joint(X)
    sd = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2.0 * covariance[0, 1])
    expected = norm.cdf(float(means[1, 0] - means[0, 0]) / sd)
    chances = probability_best(posterior, X, np.random.default_rng(0))
    assert chances[0] == pytest.approx(expected, abs=0.03)
    assert chances.sum() == pytest.approx(1.0)


def test_points_that_coincide_share_one_probability(posterior):
    X = np.array([[0.4], [0.6], [0.4]])
    chances = probability_best(posterior, X, np.random.default_rng(0))
    assert chances[0] == chances[2]
    assert chances[0] + chances[1] == pytest.approx(1.0)


def test_of_very_many_points_those_of_the_lowest_means_contend():
    means = np.random.default_rng(0).standard_normal(CONTENDERS + 200)
    chosen = contenders(means)
    assert len(chosen) == CONTENDERS
    assert means[chosen].max() <= np.delete(means, chosen).min()
    np.testing.assert_array_equal(contenders(means[:5]), np.arange(5))
