import math

import numpy as np
import pytest

from recommender.errors import SpaceError
from recommender.space import Categorical, Integer, Real, SearchSpace

SPACE = SearchSpace(
    [Real("lr", 1e-5, 1e-1, scale="log"), Integer("k", 2, 9), Categorical("opt", ["adam", "sgd"])]
)


@pytest.mark.parametrize(
    ("low", "high", "scale", "message"),
    [
        (1, 1, "linear", "low must be below high"),
        (2, 1, "linear", "low must be below high"),
        (0, 1, "log", "low > 0"),
        (-1, 1, "log", "low > 0"),
        (0, math.inf, "linear", "finite"),
        (math.nan, 1, "linear", "finite"),
        (0, 10**400, "linear", "finite"),
        ("0", 1, "linear", "must be a number"),
        (True, 2, "linear", "must be a number"),
        (-1e308, 1e308, "linear", "too wide"),
        (5e-324, 1e308, "log", "too wide"),
        (0.1, 1, "logg", "did you mean 'log'"),
    ],
)
def test_bounds_that_cannot_be_are_an_error_that_says_why(low, high, scale, message):
    with pytest.raises(SpaceError, match=message) as error:
        Real("lr", low, high, scale=scale)
    assert "lr" in str(error.value)


def test_an_integer_needs_whole_bounds():
    assert Integer("k", 1.0, 4).low == 1
    with pytest.raises(SpaceError, match="whole bounds"):
        Integer("k", 1.5, 4)


@pytest.mark.parametrize(
    "choices",
    [[], ["one"], "adam", 5, {"a", "b"}, [1, "1"], [1, 1.0], ["0.001", "1e-3"], ["a", "a"]],
)
def test_choices_are_at_least_two_different_ones(choices):
    with pytest.raises(SpaceError, match=r"opt: .*(two values|stands twice)"):
        Categorical("opt", choices)


@pytest.mark.parametrize("choice", [None, math.nan, math.inf, [1], {}, 1j])
def test_a_choice_is_a_text_a_finite_number_or_a_truth_value(choice):
    with pytest.raises(SpaceError, match=r"the choice .* is not allowed; allowed: texts") as error:
        Categorical("opt", ["adam", choice])
    assert error.value.key == "choices"


def test_truth_values_do_not_stand_beside_numbers_which_equal_them():
    with pytest.raises(SpaceError, match="beside numbers"):
        Categorical("opt", [True, 1])


def test_numpy_declares_as_plain_python():
    assert Real("a", np.int64(1), np.float32(2)) == Real("a", 1.0, 2.0)
    assert Integer("k", np.int64(1), np.int32(4)) == Integer("k", 1, 4)
    choices = Categorical("c", np.array([16, 32])).choices
    assert choices == (16, 32)
    assert {type(choice) for choice in choices} == {int}
    assert Categorical("c", np.array([True, False])).choices == (True, False)


@pytest.mark.parametrize("parameter", [Real("lr", 0.1, 1, "log"), Integer("lr", 1, 9, "log")])
@pytest.mark.parametrize("value", [0, -1, "-1"])
def test_a_value_without_a_logarithm_is_an_error_that_names_it(parameter, value):
    with pytest.raises(SpaceError, match=r"lr: (0|-1) has no place on a log scale"):
        parameter.coerce(value)


def test_a_space_has_at_least_one_parameter_and_no_name_twice():
    with pytest.raises(SpaceError, match="empty"):
        SearchSpace([])
    with pytest.raises(SpaceError, match="declared twice"):
        SearchSpace([Real("a", 0, 1), Integer("a", 0, 3)])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (Real("a", 0, 1), "give a list"),
        ("ab", "'a' is no parameter"),
        ([("a", 0, 1)], "is no parameter; use Real, Integer or Categorical"),
        ([Real("", 0, 1)], "has no name"),
        ([Real(3, 0, 1)], "has no name"),
    ],
)
def test_a_space_is_of_parameters_with_names(parameters, message):
    with pytest.raises(SpaceError, match=message):
        SearchSpace(parameters)


@pytest.mark.parametrize("value", [0.001, "1e-3", np.float64(0.001), np.array(0.001)])
def test_a_real_is_a_plain_float_however_it_is_given(value):
    coerced = SPACE["lr"].coerce(value)
    assert coerced == pytest.approx(0.001)
    assert type(coerced) is float


@pytest.mark.parametrize("value", [3, 3.0, "3", np.int64(3), np.float32(3)])
def test_an_integer_is_a_plain_int_however_it_is_given(value):
    coerced = SPACE["k"].coerce(value)
    assert coerced == 3
    assert type(coerced) is int


@pytest.mark.parametrize(
    "value", [None, "fast", "nan", math.nan, math.inf, True, [1], np.array([1, 2]), 10**400, 1j]
)
def test_what_is_not_a_finite_number_is_an_error(value):
    with pytest.raises(SpaceError, match="lr"):
        SPACE["lr"].coerce(value)


def test_a_fraction_is_not_a_whole_number():
    with pytest.raises(SpaceError, match=r"2\.5 is not a whole number"):
        SPACE["k"].coerce(2.5)


def test_a_choice_is_recognised_by_its_spelling():
    choice = Categorical("c", [1, 2.5, "x"])
    for given, own in (
        ("1", 1),
        ("2.5", 2.5),
        (np.float64(2.5), 2.5),
        (np.int64(1), 1),
        ("x", "x"),
    ):
        assert choice.coerce(given) == own
        assert type(choice.coerce(given)) is type(own)
    assert choice.coerce("gone") == "gone"
    assert not choice.contains("gone")


@pytest.mark.parametrize(
    ("choices", "given", "own"),
    [
        ([True, False], "true", True), ([True, False], "FALSE", False),
        ([True, False], np.bool_(True), True), (["true", "auto"], True, "true"),
        ([16, 32], "32.0", 32), ([0.001, 0.1], "1e-3", 0.001), ([0.5, 0.1], np.float32(0.1), 0.1),
        ([1, 2], 2.0, 2), (["1e-3", "x"], "1e-3", "1e-3"),
    ],
)  # fmt: skip
def test_a_choice_is_recognised_in_other_spellings(choices, given, own):
    coerced = Categorical("c", choices).coerce(given)
    assert coerced == own
    assert type(coerced) is type(own)


@pytest.mark.parametrize("value", [None, math.nan, [1], np.array([1, 2])])
def test_what_can_be_no_choice_is_an_error(value):
    with pytest.raises(SpaceError, match=r"c: .* is not a choice; allowed: x, true"):
        Categorical("c", ["x", True]).coerce(value)


def test_values_out_of_bounds_are_read_and_told_apart():
    params = SPACE.coerce({"opt": "adam", "lr": 0.5, "k": 3})
    assert params == {"lr": 0.5, "k": 3, "opt": "adam"}
    assert list(params) == ["lr", "k", "opt"]
    assert not SPACE.contains(params)
    assert SPACE.contains({**params, "lr": 0.1})
    with pytest.raises(SpaceError, match=r"lr: 0.5 is not allowed; allowed: 1e-05 to 0.1"):
        SPACE.check("lr", 0.5)
    assert SPACE.check("k", "9") == 9
    with pytest.raises(SpaceError, match=r"opt: adm is not allowed; .*did you mean 'adam'"):
        SPACE.check("opt", "adm")


def test_a_wrong_name_is_answered_with_the_nearest():
    with pytest.raises(SpaceError, match="did you mean 'opt'"):
        SPACE.coerce({"lr": 0.01, "k": 3, "opts": "sgd"})
    with pytest.raises(SpaceError, match="no value for k, opt"):
        SPACE.coerce({"lr": 0.01})


def test_a_space_is_read_in_declared_order():
    assert SPACE.names == ("lr", "k", "opt")
    assert len(SPACE) == 3
    assert [p.allowed for p in SPACE] == ["1e-05 to 0.1", "whole numbers 2 to 9", "adam, sgd"]


@pytest.mark.parametrize("params", [None, 3, [1, 2], "lr"])
def test_what_maps_no_names_to_values_is_an_error(params):
    with pytest.raises(SpaceError, match="does not map parameter names"):
        SPACE.coerce(params)


def test_a_name_that_is_no_text_is_unknown():
    with pytest.raises(SpaceError, match="there is no parameter 3"):
        SPACE.coerce({"lr": 0.01, "k": 3, "opt": "sgd", 3: 1})
