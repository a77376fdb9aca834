import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.run import (
    Direction,
    History,
    Objective,
    Run,
    Status,
    next_number,
    params_hash,
    run_id,
    run_number,
)


def run(id, status):
    return Run(id=id, params={"a": 1.0}, status=status)


@given(st.floats(allow_nan=False))
def test_a_loss_is_turned_back_into_the_value(value):
    for direction in Direction:
        objective = Objective(metric="m", direction=direction)
        assert objective.from_loss(objective.to_loss(value)) == value


def test_a_better_value_has_the_smaller_loss():
    assert Objective(metric="loss").to_loss(0.4) < Objective(metric="loss").to_loss(0.5)
    accuracy = Objective(metric="ACC", direction=Direction.MAXIMIZE)
    assert accuracy.to_loss(0.9) < accuracy.to_loss(0.8)


def test_the_hash_depends_on_names_and_values_and_not_on_their_order():
    one = params_hash({"lr": 0.001, "k": 3})
    assert one == params_hash({"k": 3, "lr": 0.001})
    assert one != params_hash({"k": 4, "lr": 0.001})
    assert one != params_hash({"q": 3, "lr": 0.001})
    # Ids stand in committed files: the same parameters must give the same digits for ever.
    assert one == hashlib.sha256(b"k=3;lr=0.001").hexdigest()[:4]


@given(st.integers(1, 10**6), st.floats(0, 1))
def test_an_id_holds_its_number(number, value):
    assert run_number(run_id(number, {"a": value})) == number


@pytest.mark.parametrize("id", ["", "run", "run-", "run-x1-9c1e", "job-0003-9c1e", "run-٣-9c1e"])
def test_an_id_of_another_make_has_no_number(id):
    assert run_number(id) == 0


def test_the_next_number_follows_the_highest():
    assert next_number([]) == 1
    assert next_number(["run-0007-aaaa", "mine", "run-0003-bbbb"]) == 8


def test_a_result_is_welcome_until_a_training_finished():
    assert {status for status in Status if status.is_open} == {"pending", "crashed", "dropped"}
    assert {status for status in Status if status.has_result} == {
        *("completed", "crashed", "diverged")
    }


def test_a_history_finds_runs_by_id_and_status():
    history = History((run("a", Status.PENDING), run("b", Status.COMPLETED)))
    assert history.get("b").status is Status.COMPLETED
    assert history.get("c") is None
    assert [r.id for r in history.pending] == ["a"]
    assert [r.id for r in history.with_status(Status.COMPLETED)] == ["b"]


def test_runs_are_grouped_by_context_in_its_order():
    objective = Objective(metric="loss", context=("tau", "kind"))
    runs = [
        {"tau": 0.5, "kind": "b", "lr": 1.0},
        {"tau": 0.1, "kind": "b", "lr": 2.0},
        {"tau": 0.5, "kind": "b", "lr": 3.0},
        {"tau": 0.5, "kind": 2, "lr": 4.0},
    ]
    assert objective.by_context(runs) == [[1], [3], [0, 2]]
