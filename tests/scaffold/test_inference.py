from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import TableError
from recommender.run import Direction, Objective
from recommender.scaffold import InferredSweep, infer_sweep
from recommender.scaffold.bounds import linear_bounds, log_bounds, spans_a_decade, whole
from recommender.space import Categorical, Integer, Real

Write = Callable[..., Path]
FINITE = st.floats(allow_nan=False, allow_infinity=False)

TABLE = """run,lr,batch_size,optimizer,dropout,seed,unused,memo,acc,loss,extra
a,0.0003,32,adam,0.1,1,,x1,,0.5,1
b,0.001,64,sgd,0.1,2,,y2,,0.4,2
c,0.01,128,adam,0.1,3,,z3,0.9,0.3,3
"""


def names(sweep: InferredSweep) -> list[str]:
    return [parameter.name for parameter, _ in sweep.parameters]


def test_columns_become_parameters_metrics_and_notes(write: Write) -> None:
    sweep = infer_sweep(write(TABLE))
    parameters, origins = zip(*sweep.parameters, strict=True)
    assert parameters == (
        Real("lr", 0.0002, 0.02, "log"),
        Integer("batch_size", 16, 160),
        Categorical("optimizer", ("adam", "sgd")),
        Real("dropout", 0.05, 0.2),
    )
    assert "runs span 0.0003 to 0.01 (3 values); log scale" in origins[0]
    assert "never varied" in origins[3]
    assert sweep.objective == Objective(metric="loss")
    notes = " ".join(sweep.notes)
    assert "seed is not searched" in notes
    assert "unused is blank" in notes
    assert "memo holds neither" in notes


def test_the_named_metric_is_the_objective(write: Write) -> None:
    sweep = infer_sweep(write(TABLE), metric="Acc")
    assert sweep.objective == Objective(metric="acc", direction=Direction.MAXIMIZE)
    odd = infer_sweep(write("lr,wobble\n0.1,1\n0.2,2\n"), metric="wobble")
    assert (odd.objective.metric, names(odd)) == ("wobble", ["lr"])


def test_metrics_may_stand_left_of_the_parameters(write: Write) -> None:
    sweep = infer_sweep(write("id,loss,lr\na,0.5,0.1\nb,0.6,0.2\n"))
    assert (sweep.objective.metric, names(sweep)) == ("loss", ["lr"])


def test_the_table_with_the_most_numbers_is_read(write: Write) -> None:
    text = "|lr|loss|\n|--|--|\n|9|9|\n\n|id|tau|loss|\n|--|--|--|\n|a|0.1|1|\n|b|0.2|2|\n"
    sweep = infer_sweep(write(text, ".md"))
    assert names(sweep) == ["tau"]
    assert "objective.context" in sweep.notes[0]


@pytest.mark.parametrize(
    ("text", "metric", "message"),
    [
        ("lr,wobble\n1,2\n", None, "--metric NAME"),
        ("lr,loss\n1,2\n", "los", "did you mean 'loss'"),
        ("id,loss\na,2\n", None, "none of the columns 'id', 'loss' is a parameter"),
        (
            "lr,wd,loss\n1,,2\n,1,2\n",
            None,
            r"none of its 2 row\(s\) can be taken as a run\n.*:2: the row is left out",
        ),
        (
            "id,a,b,loss\n1,x,u,1\n2,x,u,2\n3,y,,3\n4,,v,4\n",
            None,
            "nothing varies: a is x in every run",
        ),
        ("lr,lr,loss\n1,1,2\n", None, "two columns are named 'lr'"),
    ],
)
def test_what_cannot_be_inferred_is_an_error(
    write: Write, text: str, metric: str | None, message: str
) -> None:
    with pytest.raises(TableError, match=message):
        infer_sweep(write(text), metric=metric)


def test_decimal_commas_in_every_cell_are_the_reason_that_nothing_is_found(write: Write) -> None:
    with pytest.raises(TableError, match=r"4 cell\(s\), such as '0,0002'.* write 0\.0002"):
        infer_sweep(write("id;learning_rate;loss\na;0,0002;1,5\nb;0,0003;1,4\n"))


def test_decimal_commas_in_some_columns_are_noted(write: Write) -> None:
    sweep = infer_sweep(write("id;learning_rate;n;loss\na;0,0002;32;1,5\nb;0,0003;64;1,4\n"))
    assert names(sweep) == ["n"]
    notes = " ".join(sweep.notes)
    assert "learning_rate is not a parameter yet: '0,0002' has a comma" in notes
    assert "4 cell(s), such as '0,0002', have a decimal comma" in notes


def test_rows_that_fit_no_header_are_the_reason_that_nothing_is_found(write: Write) -> None:
    with pytest.raises(TableError, match="no row has as many cells as the header"):
        infer_sweep(write("id,lr,loss\na,0,1,0,5\nb,0,2,0,4\n"))


def test_what_the_reader_left_out_is_noted(write: Write) -> None:
    text = "|lr|loss|\n|--|--|\n|0.1|9|\n|0.2|8|\n\n|0.3|7|\n"
    assert "line 6: 1 table row(s) under no header" in infer_sweep(write(text, ".md")).notes[-1]


def test_a_reserved_name_is_not_searched(write: Write) -> None:
    sweep = infer_sweep(write("batch,lr,loss\n32,0.1,1\n64,0.2,2\n"), reserved=("batch",))
    assert names(sweep) == ["lr"]
    assert "batch is not searched, for the history has a column of that name" in sweep.notes[0]


def test_a_word_that_stands_in_every_readable_row_is_no_parameter(write: Write) -> None:
    rows = "0.1,adam,1\n0.2,adam,2\n~0.3,sgd,3\n"
    sweep = infer_sweep(write(f"lr,opt,loss\n{rows}"))
    assert names(sweep) == ["lr"]
    assert "opt is adam in every run, so it is no parameter" in sweep.notes


def test_what_is_0_or_1_in_every_run_is_a_switch(write: Write) -> None:
    rows = "".join(f"1e-{3 + i % 3},{i % 2},0.{5 + i}\n" for i in range(6))
    [_, (parameter, origin)] = infer_sweep(write(f"lr,use_ema,loss\n{rows}")).parameters
    assert parameter == Integer("use_ema", 0, 1)
    assert "a switch" in origin


@pytest.mark.parametrize(
    ("values", "bounds"),
    [
        ([0.5, 0.8], (0.42, 0.88)),
        ([0.9, 0.98], (0.88, 0.99)),
        ([0.5, 1.0], (0.3, 1.2)),
        ([1, 9], (0.5, 11)),
        ([0.0, 0.3], (0, 0.38)),
        ([0.0, 0.9], (0, 0.95)),
        ([0, 0.2, 1], (0, 1)),
        ([0, 2], (0, 2.5)),
        ([0], (0, 1)),
        ([1], (0.5, 2)),
        ([-1, 1], (-1.5, 1.5)),
    ],
)
def test_linear_bounds_are_short_and_keep_their_side(
    values: list[float], bounds: tuple[float, float]
) -> None:
    assert linear_bounds(values) == bounds


@pytest.mark.parametrize(
    ("values", "bounds"),
    [([0.0002, 0.01], (0.0001, 0.02)), ([1, 10], (0.5, 20)), ([3e-5, 0.6], (2e-5, 1.0))],
)
def test_log_bounds_are_the_next_steps(values: list[float], bounds: tuple[float, float]) -> None:
    assert log_bounds(values) == bounds


@given(st.lists(FINITE, min_size=1, max_size=5))
def test_bounds_hold_every_value_and_are_usable(values: list[float]) -> None:
    log = spans_a_decade(values)
    low, high = (log_bounds if log else linear_bounds)(values)
    assert low <= min(values) <= max(values) <= high
    assert math.isfinite(low)
    assert math.isfinite(high)
    if min(values) >= 0:
        assert low >= 0
    if min(values) > 0:
        assert low > 0
    if min(values) > 0 and max(values) < 1 and not log:
        assert high <= 1


@given(st.lists(st.integers(1, 10**6), min_size=1))
def test_whole_bounds_hold_every_value_and_stay_positive(values: list[int]) -> None:
    low, high = whole(*linear_bounds(values), min(values))
    assert 1 <= low <= min(values) <= max(values) <= high
    assert low < high


@given(
    content=st.one_of(
        st.binary(max_size=200),
        st.text(st.sampled_from("ab 05.,-\n"), max_size=80).map(
            lambda rows: f"id,lr,opt,loss\n{rows}".encode()
        ),
        st.lists(st.tuples(FINITE, FINITE), max_size=5).map(
            lambda rows: b"lr,loss\n" + "".join(f"{x},{y}\n" for x, y in rows).encode()
        ),
    ),
    suffix=st.sampled_from([".md", ".csv", ".jsonl", ""]),
)
def test_any_bytes_give_a_sweep_or_are_refused(write: Write, content: bytes, suffix: str) -> None:
    path = write(content, suffix)
    try:
        infer_sweep(path)
    except TableError as error:
        assert str(path) in str(error)


def test_the_real_log_gives_its_four_parameters(sweep_log: Path) -> None:
    sweep = infer_sweep(sweep_log)
    assert [parameter for parameter, _ in sweep.parameters] == [
        Real("learning_rate", 0.0001, 0.02, "log"),
        Real("cluster_temperature", 0.42, 0.88),
        Real("instance_temperature", 0.005, 1.0, "log"),
        Real("threshold", 0.88, 0.99),
    ]
    assert sweep.objective == Objective(metric="loss")
