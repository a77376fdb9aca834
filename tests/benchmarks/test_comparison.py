import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from benchmarks import comparison

REGRETS = st.floats(0, 10)


def paired(n=30):
    rng = np.random.default_rng(3)
    theirs = rng.lognormal(-2, 1, n)
    return theirs * rng.lognormal(-0.3, 0.8, n), theirs


@given(arrays(float, 7, elements=REGRETS))
def test_the_geometric_mean_is_scipys_of_the_floored_regrets(regrets):
    expected = stats.gmean(np.maximum(regrets, comparison.FLOOR))
    assert comparison.geometric_mean(regrets) == pytest.approx(expected)


def test_ranks_are_averaged_over_the_races_and_shared_by_ties():
    regrets = np.array([[0.1, 0.2, 0.3], [0.5, 0.2, 0.2], [0.0, 0.0009, 0.4]])
    assert comparison.mean_ranks(regrets) == pytest.approx([5.5 / 3, 5 / 3, 7.5 / 3])


@given(arrays(float, (5, 4), elements=REGRETS))
def test_the_mean_ranks_add_up(regrets):
    assert comparison.mean_ranks(regrets).sum() == pytest.approx(10)


def test_a_ratio_is_that_of_the_geometric_means_of_the_pairs():
    ours, theirs = paired()
    expected = comparison.geometric_mean(ours) / comparison.geometric_mean(theirs)
    assert comparison.ratio(ours, theirs) == pytest.approx(expected)
    assert comparison.ratio(ours, ours) == 1


def test_the_interval_is_scipys_percentile_bootstrap_of_the_pairs():
    ours, theirs = paired()
    differences = np.log(ours) - np.log(theirs)
    oracle = stats.bootstrap((differences,), np.mean, method="percentile", rng=1)
    expected = np.exp([oracle.confidence_interval.low, oracle.confidence_interval.high])
    assert comparison.ratio_interval(ours, theirs) == pytest.approx(expected, rel=0.03)


def test_the_interval_is_that_of_pairs_not_of_two_samples():
    theirs = np.geomspace(0.01, 1, 30)
    low, high = comparison.ratio_interval(theirs / 2, theirs)
    assert low == pytest.approx(0.5)
    assert high == pytest.approx(0.5)


def test_with_one_task_the_interval_of_other_tasks_is_that_of_its_pairs():
    low, high = comparison.ratio_interval_of_other_tasks([paired()])
    assert (low, high) == pytest.approx(comparison.ratio_interval(*paired()), rel=0.02)


def test_where_a_task_is_always_the_same_the_interval_is_that_of_the_tasks():
    theirs = np.full(12, 0.1)
    ours = theirs * np.random.default_rng(3).lognormal(-0.3, 0.8, 12)
    tasks = [(np.full(5, one), np.full(5, other)) for one, other in zip(ours, theirs, strict=True)]
    low, high = comparison.ratio_interval_of_other_tasks(tasks)
    assert (low, high) == pytest.approx(comparison.ratio_interval(ours, theirs), rel=0.02)


def test_one_race_in_ten_exceeds_the_worst_decile():
    assert comparison.worst_decile(np.linspace(0, 1, 101)) == pytest.approx(0.9)


def test_wilcoxons_p_is_scipys():
    ours, theirs = paired()
    expected = stats.wilcoxon(np.log(ours), np.log(theirs)).pvalue
    assert comparison.wilcoxon_p(ours, theirs) == pytest.approx(expected)


def test_regrets_below_the_floor_are_ties():
    below, lower = np.full(8, 5e-4), np.full(8, 1e-9)
    assert comparison.wilcoxon_p(below, lower) == 1
    assert comparison.ratio(below, lower) == 1
