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


def bowl(off=0.0, *, at=12, again=None):
    """A recommender told of 25 places in a bowl, of which the 13th is its bottom."""
    recommender = Recommender([Real("a", 0.0, 1.0), Real("b", 0.0, 1.0)])
    for index in range(25):
        a, b = index % 5 / 4, index // 5 / 4
        value = (a - 0.5) ** 2 + (b - 0.5) ** 2 + 0.002 * (index * 7 % 11)
        recommender.tell({"a": a, "b": b}, value + off * (index == at), id=f"r-{index}")
    if again is not None:
        recommender.tell({"a": 0.5, "b": 0.5}, again, id="again")
    return recommender


def test_a_run_whose_result_is_discounted_is_not_named_best_but_told_of():
    assert (bowl().best().id, bowl().best().doubted) == ("r-12", None)
    best = bowl(10.0).best()
    assert best.id != "r-12"
    assert best.doubted == "r-12"
    assert best.compared == 24


def test_a_discounted_run_elsewhere_or_repeated_since_is_nothing_to_check_for_the_best():
    assert bowl(10.0, at=0).best().doubted is None
    best = bowl(10.0, again=0.01).best()
    assert best.id == "again"
    assert best.doubted is None


def test_where_all_that_compete_are_discounted_one_is_named_and_told_of():
    recommender = Recommender([Real("a", 0.0, 1.0), Real("t", 0.0, 1.0)], context=["t"])
    for index in range(24):
        a, t = index % 8 / 7, index // 8 / 4
        recommender.tell({"a": a, "t": t}, (a - 0.5) ** 2 + t + 0.001 * (index * 7 % 11))
    recommender.tell({"a": 0.5, "t": 0.125}, 10.0, id="odd")
    found = {best.params["t"]: best for best in recommender.best_by_context()}
    assert (found[0.125].id, found[0.125].doubted) == ("odd", "odd")
    assert found[0.25].doubted is None
