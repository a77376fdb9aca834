import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau, norm

from recommender.insight.calibration import (
    calibration,
    coverage,
    means_of_the_others,
    rank_agreement,
    root_mean_square,
)

FEW = st.integers(0, 4).map(float)


def test_coverage_counts_the_results_within_the_normal_intervals():
    actual = np.array([0.0, 1.0, 2.0, 3.0])  # 0, 1, 2 and 3 standard deviations off
    mean, sd = np.zeros(4), np.ones(4)
    assert [coverage(actual, mean, sd, share).inside for share in (0.5, 0.8, 0.95)] == [1, 2, 2]
    assert coverage(np.array([1.95, -1.97]), np.zeros(2), np.ones(2), 0.95).inside == 1


def test_coverage_says_how_many_good_intervals_would_hold():
    found = coverage(np.zeros(20), np.zeros(20), np.ones(20), 0.5)
    # Of 20 fair coins 6 to 14 show heads in more than 95 of 100 cases (19 of 20: 0.9586).
    assert (found.low, found.high, found.of) == (6, 14, 20)


@given(st.lists(st.tuples(FEW, FEW), min_size=2, max_size=12))
def test_rank_agreement_is_the_tau_b_of_scipy_where_there_is_one_group(rows):
    predicted, actual = zip(*rows, strict=True)
    found, pairs = rank_agreement(predicted, actual, ["all"] * len(rows))
    assert pairs == len(rows) * (len(rows) - 1) // 2
    if len(set(predicted)) == 1 or len(set(actual)) == 1:
        assert found is None
    else:
        assert found == pytest.approx(kendalltau(predicted, actual).statistic)


def test_rank_agreement_compares_within_groups_only():
    # Within each group the order is reversed, though over all it seems right.
    predicted, actual = [1.0, 2.0, 11.0, 12.0], [2.0, 1.0, 12.0, 11.0]
    assert rank_agreement(predicted, actual, "aabb") == (-1.0, 2)
    assert rank_agreement(predicted, actual, "abcd") == (None, 0)


def test_root_mean_square():
    assert root_mean_square(np.array([3.0, -4.0])) == pytest.approx(12.5**0.5)


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
