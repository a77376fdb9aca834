import numpy as np
import pytest
from scipy.stats import chi2

from recommender.engine.replicates import replicate_noise


def test_without_replicates_there_is_no_estimate():
    assert replicate_noise(np.zeros((0, 2)), np.zeros(0)) is None
    assert replicate_noise(np.array([[0.1], [0.2]]), np.array([1.0, 2.0])) is None


def test_groups_are_pooled_and_the_interval_is_that_of_chi_squared():
    X = np.array([[0.1], [0.1], [0.1], [0.5], [0.5], [0.9]])
    y = np.array([1.0, 1.2, 1.7, 3.0, 3.4, 9.0])
    squares = 2 * np.var(y[:3], ddof=1) + np.var(y[3:5], ddof=1)
    noise = replicate_noise(X, y)
    assert noise.degrees_of_freedom == 3
    assert noise.sd == pytest.approx(np.sqrt(squares / 3))
    assert noise.low == pytest.approx(np.sqrt(squares / chi2(3).ppf(0.975)))
    assert noise.high == pytest.approx(np.sqrt(squares / chi2(3).ppf(0.025)))


def test_the_interval_covers_the_true_noise_as_often_as_it_says():
    rng = np.random.default_rng(0)
    X = np.repeat(np.arange(5.0)[:, None], 2, axis=0)
    estimates = [replicate_noise(X, 0.3 * rng.standard_normal(10)) for _ in range(1000)]
    covered = np.mean([noise.low <= 0.3 <= noise.high for noise in estimates])
    assert covered == pytest.approx(0.95, abs=0.025)


def test_replicates_that_all_agree_tell_nothing():
    assert replicate_noise(np.array([[0.1], [0.1]]), np.array([0.48, 0.48])) is None
