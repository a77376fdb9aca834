import numpy as np
import pytest

from recommender import Real
from recommender.engine.encoding import Encoding
from recommender.engine.slips import RESULT, Kind
from recommender.engine.suspects import find_suspects
from recommender.run import Direction, Objective
from recommender.space import SearchSpace
from tests.engine.test_sweep import PARAMETERS, RUNS

SPACE = SearchSpace(PARAMETERS)
LOSS = Objective(metric="loss", context=("instance_temperature",))
SOUND = [row for index, row in enumerate(RUNS) if index != 29]


def suspects(rows, objective=LOSS):
    runs = [dict(zip(SPACE.names, row, strict=False)) for row in rows]
    return find_suspects(Encoding(SPACE), objective, runs, [row[-1] for row in rows])


def with_cells(index, **cells):
    """The sound rows, some cells of one changed: parameters by name, the result by `loss`."""
    names = [*SPACE.names, "loss"]
    rows = [list(row) for row in SOUND]
    for name, value in cells.items():
        rows[index][names.index(name)] = value
    return rows


@pytest.mark.parametrize("context", [("instance_temperature",), ()])
def test_the_wrong_row_of_the_real_log_looks_like_another_learning_rate(context):
    (found,) = suspects(RUNS, Objective(metric="loss", context=context))
    slip, share = found.slips[0]
    assert found.row == 29
    assert slip.cells == ("learning_rate",)
    assert slip.params["learning_rate"] == 0.01
    assert share > 0.8


def test_one_result_that_differs_from_all_others_is_told_of_or_not_but_never_an_error():
    rows = [(*row[:-1], 0.9 if index == 4 else 0.5) for index, row in enumerate(SOUND[:12])]
    for context in ((), ("instance_temperature",)):
        found = suspects(rows, Objective(metric="loss", context=context))
        assert {one.row for one in found} <= {4}


def test_without_that_row_none_is_suspect():
    assert suspects(SOUND) == []


@pytest.mark.parametrize(
    ("index", "cells"),
    [
        (5, {"loss": 18.3}),
        (20, {"loss": 0.171}),
        (3, {"instance_temperature": 0.03}),
        (27, {"threshold": 9.8}),
        (17, {"instance_temperature": 0.79, "loss": 0.1}),
    ],
)
def test_a_slip_in_the_real_log_is_named_with_its_cells(index, cells):
    (found, *others) = suspects(with_cells(index, **cells))
    assert others == []
    assert found.row == index
    expected = {RESULT if name == "loss" else name for name in cells}
    assert set(found.slips[0][0].cells) == expected


def test_two_wrong_rows_are_both_found():
    rows = with_cells(5, loss=18.3)
    rows[20][2] = 0.04
    assert {found.row for found in suspects(rows)} == {5, 20}


def test_a_maximised_metric_is_examined_alike():
    rows = [(*row[:-1], round(3.0 - row[-1], 2)) for row in RUNS]
    turned = Objective(metric="score", direction=Direction.MAXIMIZE, context=LOSS.context)
    (found,) = suspects(rows, turned)
    assert found.row == 29
    assert found.slips[0][0].params["learning_rate"] == 0.01


def test_a_best_result_that_stands_out_is_what_a_sweep_is_for(rng):
    space = SearchSpace([Real("x", 0.0, 1.0), Real("y", 0.0, 1.0)])
    points = [{"x": float(x), "y": float(y)} for x, y in rng.random((25, 2)).round(2)]
    values = [3.0 + 0.1 * float(v) for v in rng.standard_normal(25).round(3)]

    def flagged(row):
        changed = [*values]
        changed[row] = round(3.0 + (0.9 if row else -0.9), 2)
        found = find_suspects(Encoding(space), Objective(metric="loss"), points, changed)
        return [(one.row, one.slips[0][0].kind) for one in found]

    assert flagged(0) == []
    assert flagged(7) == [(7, Kind.RESULT)]


@pytest.mark.parametrize("values", [[], [1.0] * 3, [2.0] * 20])
def test_few_or_equal_results_contradict_nothing(values):
    space = SearchSpace([Real("x", 0.0, 1.0)])
    runs = [{"x": k / 20} for k in range(len(values))]
    assert find_suspects(Encoding(space), Objective(metric="loss"), runs, values) == []


def test_of_very_many_rows_some_are_examined(rng):
    space = SearchSpace([Real("x", 0.0, 1.0), Real("y", 0.0, 1.0)])
    points = rng.random((400, 2)).round(3)
    values = (points @ [1.0, 0.5] + 0.02 * rng.standard_normal(400)).round(3)
    runs = [{"x": float(x), "y": float(y)} for x, y in points]
    best = int(np.argmin(values))
    values[best] = -7.0
    found = find_suspects(Encoding(space), Objective(metric="loss"), runs, values.tolist())
    assert [one.row for one in found] == [best]
