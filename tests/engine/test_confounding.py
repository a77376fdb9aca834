import numpy as np
import pytest

from recommender.engine.confounding import looks_confounded, variance_share


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


@pytest.mark.parametrize("metric", ["loss", "val_loss", "loss.total", "NLL"])
@pytest.mark.parametrize("name", ["temperature", "instance_temperature", "tau", "loss_weight"])
def test_a_loss_that_follows_what_is_named_like_a_scale_is_suspected(metric, name):
    assert looks_confounded(metric, name, VALUES, np.log(VALUES)) == pytest.approx(1.0)


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
