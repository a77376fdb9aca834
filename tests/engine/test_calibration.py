import numpy as np
import pytest
from scipy.stats import norm

from recommender.engine.calibration import calibration, means_of_the_others


def test_the_figures_are_those_of_the_definitions(rng):
    y, mean, rival = rng.standard_normal((3, 30))
    sd = 0.5 + rng.random(30)
    found = calibration(y, mean, sd, rival)
    assert found.log_density == pytest.approx(norm(mean, sd).logpdf(y).mean())
    low, high = norm(mean, sd).interval(0.9)
    assert found.inside == ((low <= y) & (y <= high)).sum()
    assert found.r2 == pytest.approx(1.0 - ((y - mean) ** 2).sum() / ((y - rival) ** 2).sum())


def test_intervals_that_are_too_narrow_are_unlikely_by_chance(rng):
    y = rng.standard_normal(200)
    zero, one = np.zeros(200), np.ones(200)
    assert calibration(y, zero, one, zero).chance > 0.01
    assert calibration(y, zero, 0.6 * one, zero).chance < 1e-4


def test_a_perfect_prediction_saves_all_and_the_rivals_nothing():
    y, rival = np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 2.0])
    assert calibration(y, y, np.ones(3), rival).r2 == 1.0
    assert calibration(y, rival, np.ones(3), rival).r2 == 0.0
    assert calibration(rival, y, np.ones(3), rival).r2 == 0.0  # nothing was left to save


def test_each_run_is_compared_with_the_others_of_its_group():
    y = np.array([1.0, 3.0, 5.0, 9.0])
    found = means_of_the_others(y, np.array([0, 0, 0, 1]))
    assert found.tolist() == [4.0, 3.0, 2.0, 3.0]
