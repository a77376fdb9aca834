import math

import pytest

from recommender import Categorical, Integer, Real
from recommender.engine.slips import RESULT, Kind, slips
from recommender.space import SearchSpace

SPACE = SearchSpace(
    [
        Real("lr", 1e-5, 1e-1, "log"),
        Real("threshold", 0.8, 0.99),
        Integer("batch", 16, 512),
        Categorical("optimizer", ["adam", "sgd"]),
    ]
)
RUNS = [
    {"lr": 0.001, "threshold": 0.93, "batch": 128, "optimizer": "adam"},
    {"lr": 0.001, "threshold": 0.95, "batch": 64, "optimizer": "adam"},
    {"lr": 0.0005, "threshold": 0.93, "batch": 64, "optimizer": "sgd"},
]
VALUES = [0.48, 0.52, 1.5]


def found(row, kind, cells, runs=RUNS, values=VALUES):
    return [s for s in slips(SPACE, runs, values) if (s.row, s.kind, s.cells) == (row, kind, cells)]


def test_decimal_points_digits_and_cells_change_places():
    assert {s.params["lr"] for s in found(0, Kind.DECIMAL, ("lr",))} == {0.01, 0.0001, 0.1, 1e-05}
    assert {s.value for s in found(0, Kind.DECIMAL, (RESULT,))} == {4.8, 0.048, 48.0, 0.0048}
    assert {s.params["threshold"] for s in found(0, Kind.DIGITS, ("threshold",))} == {0.39}
    assert [s.params["lr"] for s in found(2, Kind.VALUE, ("lr",))] == [0.001]
    (swap,) = found(0, Kind.SWAP, ("threshold", RESULT))
    assert (swap.params["threshold"], swap.value) == (0.48, 0.93)
    (unknown,) = found(0, Kind.RESULT, (RESULT,))
    assert unknown.value is None


def test_no_cell_gets_a_value_that_it_cannot_hold():
    every = slips(SPACE, RUNS, VALUES)
    assert not [s for s in every if s.kind is Kind.SWAP and "optimizer" in s.cells]
    assert all(isinstance(s.params["batch"], int) for s in every)
    assert {s.params["optimizer"] for s in every} == {"adam", "sgd"}
    negative = slips(SPACE, RUNS, [-0.5, 0.5, 0.7])
    assert all(s.params["lr"] > 0 for s in negative)


def test_only_what_is_named_changes():
    for slip in slips(SPACE, RUNS, VALUES):
        changed = {name for name in SPACE.names if slip.params[name] != RUNS[slip.row][name]}
        if slip.value != VALUES[slip.row]:
            changed.add(RESULT)
        assert changed == set(slip.cells)


def test_within_the_bounds_the_priors_of_all_slips_make_one_error():
    space = SearchSpace([Real("a", 1e-9, 1e9, "log"), Real("b", 1e-9, 1e9, "log")])
    runs = [{"a": 0.1 * k + 0.011, "b": 0.2 * k + 0.013} for k in range(1, 6)]
    every = slips(space, runs, [0.31, 0.42, 0.53, 0.64, 0.75])
    favoured = sum(math.exp(s.log_prior) for s in every)
    assert favoured == pytest.approx(1.0, rel=0.2)  # values of other runs are believed a bit more


def test_a_value_out_of_bounds_is_more_likely_a_slip_the_farther_it_lies():
    def prior(threshold):
        runs = [{**RUNS[0], "threshold": threshold}, *RUNS[1:]]
        slip = next(
            s
            for s in slips(SPACE, runs, VALUES)
            if s.row == 0 and s.cells == ("threshold",) and s.params["threshold"] == 0.93
        )
        return slip.log_prior  # fmt: skip

    assert prior(9.3) > prior(0.093) > prior(0.39)


def test_a_decimal_point_of_the_result_counts_in_the_density_of_what_was_written():
    by_value = {s.value: s.log_scale for s in found(0, Kind.DECIMAL, (RESULT,))}
    assert by_value[4.8] == pytest.approx(math.log(10))
    assert by_value[0.048] == pytest.approx(-math.log(10))
