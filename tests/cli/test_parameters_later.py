"""A parameter that is declared when there are runs already: what they had of it is declared too."""

from __future__ import annotations

import csv

import pytest

from recommender.records import copy, open_records
from tests.conftest import COLUMNS, SWEEP, Recommend, Sweep, every_backend

pytestmark = every_backend
LATER = "  momentum: {type: real, low: 0.5, high: 0.99, backfill: 0.9}\n"


@pytest.fixture
def later(sweep: Sweep, recommend: Recommend) -> Sweep:
    """Six runs and a proposal, then a parameter more."""
    recommend("next", "--n", 1)
    recommend("exclude", "run-0002-aaaa", "--reason", "why")
    sweep.write("configs/sweep.yaml", SWEEP + LATER)
    template = (sweep.folder / "configs" / "base.yaml").read_text()
    sweep.write("configs/base.yaml", template.replace("  momentum: 0.9\n", "") + "momentum: 0.9\n")
    return sweep


def test_the_runs_before_have_the_value_that_is_declared(
    later: Sweep, recommend: Recommend
) -> None:
    runs = later.open().read().history.runs
    assert [(*run.params,) for run in runs] == [("lr", "tau", "momentum")] * 7
    assert {run.params["momentum"] for run in runs} == {0.9}
    pending = recommend("status", "--json").json["pending"]
    assert recommend("jobs", *pending, "--json", status=None).status in (0, 3)
    recommend("best")


def filled(sweep: Sweep) -> list[dict[str, str]]:
    """The rows of the ledger of results, each without its blank cells."""
    rows = csv.DictReader(sweep.ledger().splitlines())
    return [{name: cell for name, cell in row.items() if cell} for row in rows]


def test_the_column_comes_with_the_next_row_and_the_others_stay(
    later: Sweep, recommend: Recommend
) -> None:
    before = filled(later)
    new = ["--param", "lr=0.01", "--param", "tau=0.4", "--param", "momentum=0.7"]
    recommend("record", *new, "--metric", "loss=0.5", "--label", "new")
    assert later.ledger().startswith(COLUMNS.replace(",NMI,note", ",NMI,momentum,note"))
    assert filled(later)[:-1] == before
    runs = {run.label: run.params["momentum"] for run in later.open().read().history.runs}
    assert (runs.pop("new"), {*runs.values()}) == (0.7, {0.9})


def test_results_amendments_and_proposals_go_on(later: Sweep, recommend: Recommend) -> None:
    (pending,) = recommend("status", "--json").json["pending"]
    recommend("record", pending, "--metric", "loss=0.4")
    recommend("record", "run-0001-aaaa", "--param", "momentum=0.8", "--amend", "says the log")
    recommend("record", "run-0003-aaaa", "--metric", "NMI=0.5")
    (proposed,) = recommend("next", "--n", 1, "--json").json["batch"]
    runs = {run.id: run.params["momentum"] for run in later.open().read().history.runs}
    assert runs[proposed["id"]] == proposed["params"]["momentum"]
    assert (runs["run-0001-aaaa"], runs["run-0003-aaaa"], runs[pending]) == (0.8, 0.9, 0.9)
    assert recommend("status", "--json").json["completed"] == 7


def test_a_run_of_before_is_recognised_by_its_parameters(
    later: Sweep, recommend: Recommend
) -> None:
    words = ["--param", "lr=1e-4", "--param", "tau=0.20", "--metric", "loss=0.9", "--param"]
    assert (
        "run-0001-aaaa has the same" in recommend("record", *words, "momentum=0.9", "--dry-run").err
    )
    assert "has the same" not in recommend("record", *words, "momentum=0.8", "--dry-run").err


def test_a_copy_leaves_it_blank_too(later: Sweep, backend: str) -> None:
    records = later.open().records
    config = later.open().config
    target = open_records("other", later.folder, config.space.names, config.backfill)
    assert copy(records, target).results == 7
    assert copy(records, target).results == 0
    assert [run.params for run in target.read().history.runs] == [
        run.params for run in records.read().history.runs
    ]


def test_without_the_value_it_is_said_what_to_declare(later: Sweep, recommend: Recommend) -> None:
    later.write("configs/sweep.yaml", SWEEP + LATER.replace(", backfill: 0.9", ""))
    error = recommend("status", status=1).error
    assert "no column for the parameter momentum. If it is a new one, say" in error
    assert "what the past runs had: `backfill: VALUE`" in error


def test_an_older_table_is_imported_with_the_value_that_is_declared(
    later: Sweep, recommend: Recommend
) -> None:
    later.write("old.csv", "label,lr,tau,loss\nold-1,0.002,0.25,0.6\nold-2,0.004,0.25,0.7\n")
    told = recommend("import", "old.csv")
    assert "momentum is blank in 2 row(s), and taken as 0.9" in told.out + told.err
    table = "label,lr,tau,momentum,loss\nold-2,0.004,0.25,,0.7\nnew-1,0.004,0.25,0.6,0.8\n"
    later.write("new.csv", table)
    recommend("import", "new.csv")
    runs = [(run.label, run.params["momentum"]) for run in later.open().read().history.runs]
    new = [run for run in runs if run[0] in ("old-1", "old-2", "new-1")]
    assert new == [("old-1", 0.9), ("old-2", 0.9), ("new-1", 0.6)]
