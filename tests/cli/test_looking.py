import math

import pytest

STATUS_KEYS = [
    *("schema", "runs", "completed", "crashed", "diverged", "dropped", "excluded", "unmeasured"),
    *("pending", "best_observed", "best_by_context"),
]


@pytest.fixture
def context(sweep):
    """Two losses at each of two context values."""
    sweep.write(
        "configs/sweep.yaml",
        (sweep.folder / "configs/sweep.yaml")
        .read_text()
        .replace("direction: minimize", "context: [tau]"),
    )
    sweep.history(
        "a-1,,,,,,0.001,0.2,0.5,,\na-2,,,,,,0.002,0.2,0.4,,\n"
        "a-3,,,,,,0.003,0.9,2.5,,\na-4,,,,,,0.004,0.9,2.6,,\na-5,,,,,,0.00005,0.5,1.6,,\n"
    )
    return sweep


def test_status_has_the_promised_keys_and_one_document(sweep, recommend):
    answer = recommend("status", "--json")
    assert answer.err == ""
    document = answer.json
    assert list(document) == STATUS_KEYS
    assert document["schema"] == 1
    assert document["runs"] == document["completed"] == 6
    assert document["best_observed"] == {
        "id": "run-0003-aaaa",
        "params": {"lr": 0.01, "tau": 0.5},
        "metrics": {"loss": 0.55},
    }
    assert document["best_by_context"] == []


def test_best_has_the_promised_keys_and_one_document(sweep, recommend):
    answer = recommend("best", "--json")
    assert answer.err == ""
    document = answer.json
    assert list(document) == ["schema", "best", "best_by_context", "outlook"]
    assert list(document["best"]) == [
        "id",
        "params",
        "metrics",
        "predicted",
        "probability_best",
        "compared",
        "doubted",
        "replicate",
    ]
    outlook = document["outlook"]
    assert list(outlook) == ["tolerance", "chance", "chance_before", "stop", "runs", "hours"]
    assert 0 <= outlook["chance"] <= 1
    assert list(document["best"]["predicted"]) == ["mean", "sd"]
    # Six runs that cannot be told from noise do not say which is the best.
    assert document["best"]["probability_best"] is None
    assert document["best_by_context"] == []


def test_a_best_run_whose_result_is_not_believed_is_called_so(empty, recommend):
    rows = ""
    for index in range(25):
        lr, tau = 10.0 ** (-4 + index % 5 / 2), 0.2 + 0.15 * (index // 5)
        loss = (math.log10(lr) + 3) ** 2 + (tau - 0.5) ** 2 + 0.002 * (index * 7 % 11)
        loss = 10.0 if index == 12 else loss  # in the middle of the bowl
        rows += f"r-{index},result,completed,,,3.5,{lr:.6g},{tau},{loss:.4f},,\n"
    empty.history(rows)
    document = recommend("best", "--json").json
    assert document["best"]["doubted"]
    assert document["outlook"] is None  # nothing is sure before that is settled
    text = " ".join(recommend("best").out.split())
    assert "check the entry of r-12, or repeat it first: its own loss cannot be believed" in text
    assert "more runs" not in text


def test_with_a_context_there_is_no_overall_best(context, recommend):
    status = recommend("status", "--json").json
    assert status["best_observed"] is None
    assert [run["id"] for run in status["best_by_context"]] == ["a-2", "a-5", "a-3"]
    best = recommend("best", "--json").json
    assert best["best"] is None
    assert [run["params"]["tau"] for run in best["best_by_context"]] == [0.2, 0.5, 0.9]
    text = recommend("status").out
    assert "best observed at each tau" in text
    assert "compared at equal tau only" in text
    assert "believed best at each tau" in recommend("best").out
    assert len(recommend("best", "-q").out.splitlines()) == 3


def test_the_best_of_a_maximised_objective_is_the_largest(sweep, recommend):
    path = sweep.folder / "configs/sweep.yaml"
    path.write_text(path.read_text().replace("minimize", "maximize"))
    assert recommend("status", "--json").json["best_observed"]["id"] == "run-0006-aaaa"


def test_excluded_and_failed_runs_are_never_the_best(sweep, recommend):
    recommend("exclude", "run-0003-aaaa", "--reason", "x")
    recommend("record", "run-0002-aaaa", "--status", "diverged", "--amend", "it did")
    assert recommend("status", "--json").json["best_observed"]["id"] == "run-0005-aaaa"
    assert recommend("best", "--json").json["best"]["id"] not in ("run-0002-aaaa", "run-0003-aaaa")


def test_status_says_in_words_what_the_json_says(sweep, recommend):
    recommend("next", "--n", 2)
    sweep.write("history/runs.csv", sweep.ledger() + "u-1,,,,,,0.001,0.5,,,\n")
    text = recommend("status").out
    assert text.splitlines()[0] == "7 runs: 7 completed, 1 without loss, 2 pending"
    assert "0 h" in text
    assert recommend("status", "-q").out == text.splitlines()[0] + "\n"


def test_nothing_yet(empty, recommend):
    assert recommend("status").out.startswith("0 runs: 0 completed")
    assert recommend("status", "--json").json["best_observed"] is None
    answer = recommend("best")
    assert answer.out == ""
    assert "no finished run has a value of loss" in answer.err
    assert recommend("best", "--json").json["best"] is None


def test_too_few_runs_for_a_model_give_the_best_observed(sweep, recommend):
    sweep.history("a-1,,,,,,0.001,0.2,0.5,,\na-2,,,,,,0.002,0.2,0.4,,\n")
    best = recommend("best", "--json").json["best"]
    assert (best["id"], best["predicted"]) == ("a-2", {"mean": None, "sd": None})
    assert "–" in recommend("best").out


@pytest.mark.parametrize("command", [["status"], ["best"], ["next", "--n", "1"]])
def test_a_row_that_was_cut_off_is_passed_over_and_said(sweep, recommend, command):
    sweep.write("history/runs.csv", sweep.ledger() + "run-0007-aaaa,resu")
    answer = recommend(*command, "--json")
    assert answer.json["schema"] == 1
    assert "cut off" in recommend(*command).err
    assert recommend(*command, "--quiet").err == ""


@pytest.mark.parametrize(("stamp", "age"), [("soon", "?"), ("2999-01-01T00:00:00Z", "0 h")])
def test_an_odd_time_is_no_error(sweep, recommend, stamp, age):
    recommend("next", "--n", 1)
    ledger = sweep.ledger("proposals")
    time = ledger.splitlines()[1].split(",")[2]
    sweep.write("history/proposals.csv", ledger.replace(time, stamp))
    assert age in recommend("status").out


def test_status_and_best_judge_by_another_metric_that_has_values(context, recommend):
    path = context.folder / "history" / "runs.csv"
    columns, *lines = path.read_text().splitlines()
    place = columns.split(",").index("NMI")
    for number, line in enumerate(lines):
        cells = line.split(",")
        cells[place] = f"0.{5 + (number == 2)}{number}"
        lines[number] = ",".join(cells)
    path.write_text("\n".join([columns, *lines]) + "\n")

    # An outcome is comparable across what rescales the loss, and the more the better.
    status = recommend("status", "--metric", "NMI", "--json").json
    assert (status["best_observed"]["id"], status["best_by_context"]) == ("a-3", [])
    best = recommend("best", "--metric", "NMI", "--json").json
    assert (best["best"]["metrics"]["NMI"], best["best_by_context"]) == (0.62, [])
    assert "NMI" in recommend("best", "--metric", "NMI").out
    assert "best observed\n" in recommend("status", "--metric", "NMI").out


@pytest.mark.parametrize("command", ["status", "best"])
def test_a_metric_without_a_value_is_an_error_that_names_those_with_one(command, sweep, recommend):
    error = recommend(command, "--metric", "losss", status=2).error
    assert error == "no run has a value of 'losss'; allowed: loss; did you mean 'loss'?"
