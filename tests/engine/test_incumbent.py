import numpy as np
import pytest
from scipy.stats import norm

from recommender import Real, Recommender
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


@pytest.mark.parametrize(("runs", "noise"), [(500, 0.3), (1500, 0.1)])
def test_of_very_many_noisy_runs_the_luckiest_is_not_believed(runs, noise):
    rng = np.random.default_rng(0)
    recommender = Recommender([Real(name, 0.0, 1.0) for name in "abc"], seed=0)
    for x in rng.random((runs, 3)):
        value = float(((x - 0.4) ** 2).sum() + noise * rng.standard_normal())
        recommender.tell(dict(zip("abc", x, strict=True)), value)
    best = recommender.best()
    truth = sum((value - 0.4) ** 2 for value in best.values())
    assert truth < 0.1
    assert abs(best.mean - truth) < 4.0 * best.sd < noise


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_the_lead_over_the_rival_is_in_the_units_of_the_objective(direction):
    sign = {"minimize": 1.0, "maximize": -1.0}[direction]
    rng = np.random.default_rng(1)
    recommender = Recommender([Real("x", 0.0, 1.0)], direction=direction)
    for x in (0.0, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0, 0.5, 0.1, 0.9, *[0.3] * 14):
        value = 0.1 + 0.1 * np.exp(6.0 * abs(x - 0.3)) + 0.002 * rng.standard_normal()
        recommender.tell({"x": x}, float(sign * value))
    # The median is that of the best place, so that even its rival is in the tail.
    assert np.isfinite(recommender.belief().model.warp.reach)
    assert recommender.best().rival.lead == pytest.approx(0.1 * np.exp(0.6) - 0.1, abs=0.02)
