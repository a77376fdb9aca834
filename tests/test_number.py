import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.number import format_value, parse_number, parse_value


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.0005", 0.0005), ("1e-05", 1e-5), (" 3 ", 3.0), ("+.5", 0.5), ("-2.", -2.0),
        ("0e-999", 0.0), ("007", 7.0),
    ],
)  # fmt: skip
def test_a_strict_number_is_read(text, number):
    assert parse_number(text) == number


@pytest.mark.parametrize(
    "text",
    ["", "-", ".", "1,5", "0613_205042", "٣.٥", "１", "nan", "inf", "1e999", "1e-999", "0x10",
     "1 2", "1e", "5%", "1\n"],
)  # fmt: skip
def test_what_is_not_strictly_a_number_is_not_guessed(text):
    assert parse_number(text) is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_reads_back_as_itself(number):
    assert parse_number(format_value(number)) == number


@given(st.one_of(st.integers(-(10**30), 10**30), st.floats(-1e300, 1e300)))
def test_a_formatted_value_reads_back_with_its_type(value):
    read = parse_value(format_value(value))
    assert read == value
    assert type(read) is type(value)


def test_a_cell_is_an_integer_a_float_or_its_text():
    assert parse_value(" 12 ") == 12
    assert type(parse_value("12")) is int
    assert type(parse_value("12.0")) is float
    assert parse_value(" adam ") == "adam"
    assert parse_value("06-07 08:18:15") == "06-07 08:18:15"


def test_a_numpy_number_is_written_like_any_other():
    assert format_value(np.float64(0.1)) == "0.1"
    assert format_value(np.int64(3)) == "3"


def test_a_truth_value_is_spelled_as_in_yaml():
    assert (format_value(True), format_value(False)) == ("true", "false")
