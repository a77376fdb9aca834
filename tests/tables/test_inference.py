from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import TableError
from recommender.tables import infer_sweep
from recommender.tables.bounds import linear_bounds, log_bounds, spans_a_decade, whole
from recommender.tables.vocabulary import is_metric_name, is_minimized

Write = Callable[..., Path]
FINITE = st.floats(allow_nan=False, allow_infinity=False)

TABLE = """run,lr,batch_size,optimizer,dropout,seed,unused,memo,acc,loss,extra
a,0.0003,32,adam,0.1,1,,x1,,0.5,1
b,0.001,64,sgd,0.1,2,,y2,,0.4,2
c,0.01,128,adam,0.1,3,,z3,0.9,0.3,3
"""


def test_columns_become_parameters_metrics_and_notes(write: Write) -> None:
    sweep = infer_sweep(write(TABLE))
    assert [(p.name, p.type, p.low, p.high, p.scale) for p in sweep.parameters] == [
        ("lr", "real", 0.0002, 0.02, "log"),
        ("batch_size", "integer", 16, 160, "linear"),
        ("optimizer", "categorical", None, None, ""),
        ("dropout", "real", 0.05, 0.2, "linear"),
    ]
    assert sweep.parameters[2].choices == ("adam", "sgd")
    assert "never varied" in sweep.parameters[3].origin
    assert "runs span 0.0003 to 0.01 (3 values); log scale" in sweep.parameters[0].origin
    assert sweep.metrics == ("acc", "loss", "extra")
    assert (sweep.metric, sweep.direction, sweep.context) == ("loss", "minimize", ())
    assert len(sweep.reading.runs) == 3
    notes = " ".join(sweep.notes)
    assert "seed is not searched" in notes
    assert "unused is blank" in notes
    assert "memo holds neither" in notes


def test_the_named_metric_is_the_objective(write: Write) -> None:
    sweep = infer_sweep(write(TABLE), metric="Acc")
    assert (sweep.metric, sweep.direction) == ("acc", "maximize")
    odd = infer_sweep(write("lr,wobble\n0.1,1\n0.2,2\n"), metric="wobble")
    assert (odd.metric, [p.name for p in odd.parameters]) == ("wobble", ["lr"])


def test_metrics_may_stand_left_of_the_parameters(write: Write) -> None:
    sweep = infer_sweep(write("id,loss,lr\na,0.5,0.1\nb,0.6,0.2\n"))
    assert (sweep.metrics, [p.name for p in sweep.parameters]) == (("loss",), ["lr"])


def test_the_table_with_the_most_numbers_is_read(write: Write) -> None:
    text = "|lr|loss|\n|--|--|\n|9|9|\n\n|id|tau|loss|\n|--|--|--|\n|a|0.1|1|\n|b|0.2|2|\n"
    sweep = infer_sweep(write(text, ".md"))
    assert [p.name for p in sweep.parameters] == ["tau"]
    assert "objective.context" in sweep.notes[0]


@pytest.mark.parametrize(
    ("text", "metric", "message"),
    [
        ("lr,wobble\n1,2\n", None, "--metric NAME"),
        ("lr,loss\n1,2\n", "los", "did you mean 'loss'"),
        ("id,loss\na,2\n", None, "none of the columns 'id', 'loss' is a parameter"),
        ("lr,wd,loss\n1,,2\n,1,2\n", None, "no row has a readable value"),
        ("lr,lr,loss\n1,1,2\n", None, "two columns are named 'lr'"),
    ],
)
def test_what_cannot_be_inferred_is_an_error(
    write: Write, text: str, metric: str | None, message: str
) -> None:
    with pytest.raises(TableError, match=message):
        infer_sweep(write(text), metric=metric)


@pytest.mark.parametrize(
    "name", ["loss", "val_loss", "NMI", "F", "testAccuracy", "error_rate", "f1_macro", "损失"]
)
def test_names_of_metrics_are_known(name: str) -> None:
    assert is_metric_name(name)


@pytest.mark.parametrize(
    "name", ["learning_rate", "loss_weight", "threshold", "f_dim", "test_size", "batch", "", "--"]
)
def test_names_of_parameters_are_no_metrics(name: str) -> None:
    assert not is_metric_name(name)


def test_the_name_tells_the_direction() -> None:
    assert is_minimized("val_loss")
    assert is_minimized("RMSE")
    assert not is_minimized("NMI")


@pytest.mark.parametrize(
    ("values", "bounds"),
    [([0.5, 0.8], (0.42, 0.88)), ([0.9, 0.98], (0.88, 0.99)), ([1, 9], (0.5, 11)), ([0], (0, 1))],
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
    if min(values) > 0:
        assert low > 0
    if min(values) > 0 and max(values) < 1 and not log:
        assert high <= 1


@given(st.lists(st.integers(1, 10**6), min_size=1))
def test_whole_bounds_hold_every_value_and_stay_positive(values: list[int]) -> None:
    low, high = whole(*linear_bounds(values), min(values))
    assert 1 <= low <= min(values) <= max(values) <= high
    assert low < high


def test_the_real_log_gives_its_four_parameters(sweep_log: Path) -> None:
    sweep = infer_sweep(sweep_log)
    assert [(p.name, p.type, p.low, p.high, p.scale) for p in sweep.parameters] == [
        ("learning_rate", "real", 0.0001, 0.02, "log"),
        ("cluster_temperature", "real", 0.42, 0.88, "linear"),
        ("instance_temperature", "real", 0.005, 1.0, "log"),
        ("threshold", "real", 0.88, 0.99, "linear"),
    ]
    assert (sweep.metric, sweep.direction) == ("loss", "minimize")
    assert sweep.metrics == ("loss", "OA", "NMI", "ARI", "F", "ACC")
