import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.engine.encoding import Encoding, Region
from recommender.engine.rounding import round_params, round_significant, short, simplify
from recommender.space import Categorical, Integer, Real, SearchSpace

SPACE = SearchSpace([Real("lr", 1e-5, 1e-1, scale="log"), Real("t", 0.8, 0.99), Integer("k", 1, 9)])
ENCODING = Encoding(SPACE)
EVERYWHERE = Region({}, {})
PARAMS = {"lr": 0.00031415926, "t": 0.87654321, "k": 4}
REFERENCE = {"lr": 0.0005, "t": 0.9, "k": 4}


def anything(X):
    return np.ones(len(X), dtype=bool)


def peak(params, width):
    """Return a log acquisition that falls by 1 % at `width` from its top."""
    top = ENCODING.encode([params])[0]
    return lambda X: math.log(0.99) * ((X - top) ** 2).sum(axis=1) / width**2


def simplified(score, reference=REFERENCE, region=EVERYWHERE, allowed=anything, params=PARAMS):
    return simplify(params, reference, ENCODING, region, score, allowed)


def test_where_nothing_matters_nothing_is_changed_from_the_reference():
    assert simplified(lambda X: np.zeros(len(X))) == REFERENCE


def test_where_everything_matters_the_digits_stay():
    assert simplified(peak(PARAMS, 1e-6)) == pytest.approx(PARAMS, rel=1e-5)


def test_where_little_matters_few_digits_are_left():
    result = simplified(peak(PARAMS, 0.01))
    assert result == {"lr": 0.0003, "t": 0.877, "k": 4}


@given(st.floats(1e-5, 1e-1), st.floats(0.8, 0.99), st.floats(1e-4, 1.0))
def test_at_most_one_percent_of_the_acquisition_is_given_up(lr, t, width):
    params = {"lr": lr, "t": t, "k": 3}
    score = peak(params, width)
    result = simplified(score, params=params)
    assert score(ENCODING.encode([result]))[0] >= math.log(0.99) - 1e-9


def test_what_is_forbidden_is_not_simplified_to():
    reference = ENCODING.encode([REFERENCE])[0]

    def allowed(X):
        return np.abs(X - reference).max(axis=1) > 1e-9

    result = simplified(lambda X: np.zeros(len(X)), allowed=allowed)
    assert result != REFERENCE
    assert sum(result[name] != REFERENCE[name] for name in result) == 1


def test_a_range_is_kept():
    region = Region({}, {"lr": (0.000311, 0.000333)})
    result = simplified(lambda X: np.zeros(len(X)), region=region)
    assert 0.000311 <= result["lr"] <= 0.000333


def test_a_reference_out_of_bounds_or_no_longer_declared_is_not_returned_to():
    encoding = Encoding(SearchSpace([Real("a", 0, 1), Categorical("c", ["x", "y"])]))
    result = simplify(
        {"a": 0.31234, "c": "x"}, {"a": 1.5, "c": "gone"}, encoding, EVERYWHERE,
        lambda X: np.zeros(len(X)), anything,
    )  # fmt: skip
    assert result == {"a": 0.3, "c": "x"}


def test_without_a_reference_the_digits_are_cut():
    assert simplified(lambda X: np.zeros(len(X)), reference=None) == {
        "lr": 0.0003,
        "t": 0.9,
        "k": 4,
    }


@given(st.floats(1e-5, 1e-1), st.floats(0.8, 0.99))
def test_rounding_stays_within_half_a_percent_of_the_range_and_in_bounds(lr, t):
    params = {"lr": lr, "t": t, "k": 2}
    rounded = round_params(params, ENCODING, EVERYWHERE)
    assert SPACE.contains(rounded)
    assert np.abs(ENCODING.encode([rounded]) - ENCODING.encode([params])).max() <= 0.005 + 1e-12


def test_a_fixed_parameter_keeps_all_its_digits():
    assert round_params(PARAMS, ENCODING, Region({"lr": PARAMS["lr"]}, {}))["lr"] == PARAMS["lr"]


def test_a_value_between_narrow_ends_is_itself_if_nothing_shorter_lies_there():
    value = 0.8765432123
    assert short(SPACE["t"], value, ENCODING, (value, value)) == value


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [(0.00031415, 2, 0.00031), (987.0, 1, 1000.0), (-0.25, 1, -0.2), (0.0, 3, 0.0)],
)
def test_significant_digits(value, digits, expected):
    assert round_significant(value, digits) == expected
