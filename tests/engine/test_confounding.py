import numpy as np
import pytest
from scipy.stats import spearmanr

from recommender.engine.confounding import (
    Suspicion,
    looks_confounded,
    rank_correlation_within,
    variance_share,
)


def test_the_share_between_two_groups_is_one_minus_that_within():
    groups, y = np.array([1.0, 1.0, 2.0, 2.0]), np.array([0.0, 2.0, 10.0, 12.0])
    # total 104 = within 4 + between 100
    assert variance_share([groups], y) == pytest.approx(100.0 / 104.0)


def test_the_share_is_one_where_the_context_decides_and_zero_where_it_does_not():
    groups = np.tile([1.0, 2.0, 3.0], 6)
    assert variance_share([groups], groups**2) == pytest.approx(1.0)
    assert variance_share([groups], np.repeat(np.arange(6.0), 3)) == pytest.approx(0.0)


def test_many_different_values_are_pooled_rather_than_explaining_themselves(rng):
    values = rng.random(60)
    assert variance_share([values], rng.standard_normal(60)) < 0.55
    assert variance_share([values], values) > 0.9


def test_two_context_parameters_explain_together():
    a, b = np.tile([0.0, 0.0, 1.0, 1.0], 8), np.tile([0.0, 1.0], 16)
    y = a + 2.0 * b
    assert variance_share([a, b], y) == pytest.approx(1.0)
    assert variance_share([a], y) == pytest.approx(0.2)


@pytest.mark.parametrize("y", [[], [1.0, 2.0], [3.0] * 9])
def test_too_few_or_equal_values_explain_nothing(y):
    assert variance_share([np.arange(float(len(y)))], np.array(y)) == 0.0


VALUES = np.tile([0.1, 0.2, 0.4, 0.8], 3)


def test_a_loss_that_a_temperature_explains_is_suspected_by_its_variance():
    found = looks_confounded("val_loss", "tau", VALUES, np.log(VALUES))
    assert found is not None
    assert not found.by_rank
    assert found.strength == pytest.approx(1.0)


def test_a_loss_that_only_follows_the_order_is_suspected_by_its_rank():
    # One far value takes up the variance, so the groups explain little of it.
    values, y = np.linspace(0.1, 1.0, 24), np.arange(24.0)
    y[-1] = 1000.0
    assert variance_share([values], y) < 0.8
    found = looks_confounded("loss", "temperature", values, y)
    assert found == Suspicion(pytest.approx(1.0), by_rank=True)


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        ("NMI", "temperature"),
        ("glossary", "temperature"),
        ("loss", "learning_rate"),
        ("loss", "weight_decay"),
        ("loss", "attempts"),
        ("loss", "taught"),
    ],
)
def test_without_both_names_nothing_is_suspected(metric, name):
    assert looks_confounded(metric, name, VALUES, VALUES) is None


def test_a_loss_that_does_not_follow_is_not_suspected():
    assert looks_confounded("loss", "temperature", VALUES, np.repeat([1.0, 2.0, 3.0], 4)) is None


def test_a_few_runs_or_two_levels_are_not_enough():
    assert looks_confounded("loss", "temperature", VALUES[:7], VALUES[:7]) is None
    two = np.tile([0.1, 0.2], 6)
    assert looks_confounded("loss", "temperature", two, two) is None
    assert looks_confounded("loss", "temperature", VALUES, np.ones(12)) is None


def test_within_one_group_it_is_the_rank_correlation(rng):
    y, z = rng.standard_normal((2, 15))
    within, counted = rank_correlation_within(np.zeros(15, dtype=int), y, z)
    assert within == pytest.approx(spearmanr(y, z).statistic)
    assert counted == 15


def test_what_sets_the_groups_apart_says_nothing(rng):
    groups = np.repeat(np.arange(5), 4)
    y = rng.standard_normal(20)
    z = -y + 100.0 * groups
    assert spearmanr(y + 100.0 * groups, z).statistic > 0.8
    within, counted = rank_correlation_within(groups, y + 100.0 * groups, z)
    assert within == pytest.approx(-1.0)
    assert counted == 20


def test_runs_that_are_alone_do_not_count():
    within, counted = rank_correlation_within(np.arange(6), np.arange(6.0), np.arange(6.0))
    assert np.isnan(within)
    assert counted == 0
