"""What `recommend doctor` says of the real log, and of histories with one thing wrong each."""

from __future__ import annotations

import math
import shutil
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from recommender.campaign.project import Project
from recommender.campaign.viewing import view
from recommender.insight.confounding import confounding
from recommender.insight.coverage import design
from recommender.insight.doctor import doctor
from recommender.insight.health import health
from recommender.insight.suspects import suspects
from recommender.space import Integer, Real
from tests.engine.test_sweep import PARAMETERS, RUNS
from tests.insight.conftest import run_of, view_of

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 12, 1, tzinfo=UTC)
COLUMNS = "id,event,status,recorded_at,label,hours,lr,tau,loss,NMI,ACC,note"


@pytest.fixture(scope="module")
def of_the_log(tmp_path_factory):
    """The findings on the 36 runs of the real log, by code."""
    folder = tmp_path_factory.mktemp("log")
    shutil.copytree(ROOT / "configs", folder / "configs")
    names = ",".join(parameter.name for parameter in PARAMETERS)
    lines = [f"id,event,status,recorded_at,label,hours,{names},loss,NMI,note"]
    for number, row in enumerate(RUNS, 1):
        lines.append(f"run-{number:04d}-aaaa,result,completed,,,,{','.join(map(str, row))},,")
    (folder / "history").mkdir()
    (folder / "history" / "runs.csv").write_text("\n".join(lines) + "\n")
    by_code = {}
    for check in doctor(view(Project.open(folder, folder)), NOW):
        by_code.setdefault(check.code, []).append(check)
    return by_code


def test_the_wrong_row_of_the_log_is_the_only_suspect_and_looks_like_another_rate(of_the_log):
    (check,) = of_the_log["suspect-run"]
    assert (check.level, check.runs) == ("WARNING", ("run-0030-aaaa",))
    assert check.message.startswith("history/runs.csv:31: ")
    assert "learning_rate 0.001 looks like 0.01" in check.message
    assert "--param learning_rate=0.01" in check.message


def test_the_two_equal_rows_of_the_log_are_information(of_the_log):
    (check,) = of_the_log["duplicate-run"]
    assert (check.level, check.runs) == ("PASS", ("run-0023-aaaa", "run-0027-aaaa"))
    assert "history/runs.csv:24 and history/runs.csv:28" in check.message


def test_the_temperature_explains_the_loss_of_the_log(of_the_log):
    (check,) = of_the_log["confounded-objective"]
    assert "instance_temperature alone explains 98% of the variance of loss" in check.message
    assert "No outcome metric is known" in check.message


def test_what_the_log_cannot_tell_is_said(of_the_log):
    flat = " ".join(check.message for check in of_the_log["flat-parameter"])
    assert "cluster_temperature cannot be told from flat" in flat
    assert "learning_rate" not in flat
    (check,) = of_the_log["single-run-effect"]
    assert "what threshold seems to do rests on single runs" in check.message
    assert check.runs == ("run-0028-aaaa",)
    assert "sd 0.017, 95 % interval 0.0095 to 0.063" in of_the_log["noise"][0].message


def test_the_model_of_the_log_is_sound(of_the_log):
    (check,) = of_the_log["poor-fit"]
    assert check.level == "PASS"
    assert "R2 0.9" in check.message


def loss(lr, tau):
    return 0.5 + 0.1 * (math.log10(lr) + 3.0) ** 2 + 0.4 * (tau - 0.5) ** 2


def rows(change=None, columns=COLUMNS):
    """The rows of a grid of 20 runs; `change` gives what one has instead, by number and cells."""
    names = columns.split(",")
    grid = product((1e-5, 1e-4, 1e-3, 1e-2, 1e-1), (0.1, 0.4, 0.7, 1.0))
    lines = []
    for number, (lr, tau) in enumerate(grid, 1):
        wobble = 0.004 * math.sin(7.0 * number)
        cells = dict.fromkeys(names, "")
        cells |= {"id": f"run-{number:04d}-aaaa", "event": "result", "status": "completed"}
        cells |= {"lr": lr, "tau": tau, "loss": round(loss(lr, tau) + wobble, 3)}
        cells |= (change or (lambda *_: {}))(number, cells)
        lines.append(",".join(str(cells[name]) for name in names))
    return "".join(f"{line}\n" for line in lines)


def outcome(number, cells):
    nmi = round(1.2 - float(cells["loss"]) + 0.01 * math.sin(3.0 * number), 3)
    return {"NMI": nmi, "ACC": round(nmi + 0.05 + 0.01 * math.cos(5.0 * number), 3)}


@pytest.fixture
def found(sweep, recommend):
    """Examine a history: the findings that do not pass, by code."""

    def examine(change=None, *options, columns=COLUMNS, more=""):
        sweep.history(rows(change, columns) + more, columns)
        checks = recommend("doctor", "--json", *options).json["checks"]
        for check in checks:
            assert set(check) == {"code", "level", "message", "runs"}
        return {check["code"]: check for check in checks if check["level"] != "PASS"}

    return examine


def test_a_sound_history_passes_but_for_the_noise_that_nobody_measured(found, recommend):
    assert set(found(outcome)) == {"noise"}
    answer = recommend("doctor", "--strict", status=3)
    assert answer.err == "recommend: not all is well: noise\n"
    assert answer.out.startswith("WARNING  noise: ")


def test_a_slipped_decimal_point_is_named_with_its_row_and_its_remedy(found, recommend):
    check = found(lambda number, cells: {"loss": 5.07} if number == 10 else {})["suspect-run"]
    assert check["runs"] == ["run-0010-aaaa"]
    assert check["message"].startswith("history/runs.csv:11: run-0010-aaaa ")
    assert "loss 5.07 looks like 0.507, a slipped decimal point" in check["message"]
    remedy = check["message"].partition("if so: recommend ")[2].split()
    recommend(*(word.strip('"') for word in remedy))
    checks = recommend("doctor", "--json").json["checks"]
    assert not [c for c in checks if c["code"] == "suspect-run" and c["runs"]]


def test_swapped_cells_are_named_together(found):
    check = found(lambda n, cells: {"tau": cells["lr"], "lr": 0.4} if n == 14 else {})
    assert "lr and tau look swapped" in check["suspect-run"]["message"]
    assert check["out-of-bounds"]["runs"] == ["run-0014-aaaa"]


def test_percent_among_fractions_and_values_that_cannot_be_are_failures(found):
    def change(number, cells):
        cells |= outcome(number, cells)
        if number == 3:
            return {"NMI": round(100 * cells["NMI"], 1), "ACC": cells["ACC"]}
        return {"ACC": -0.4 if number == 5 else cells["ACC"], "NMI": cells["NMI"]}

    checks = found(change)
    assert checks["metric-scale"]["level"] == checks["metric-range"]["level"] == "FAIL"
    assert checks["metric-scale"]["runs"] == ["run-0003-aaaa"]
    assert checks["metric-range"]["runs"] == ["run-0005-aaaa"]


def test_metrics_all_in_percent_pass(found):
    checks = found(lambda n, cells: {k: round(100 * v, 1) for k, v in outcome(n, cells).items()})
    assert not {"metric-scale", "metric-range"} & set(checks)


def test_metrics_of_one_run_that_contradict_each_other_are_named(found):
    check = found(lambda n, cells: outcome(n, cells) | ({"ACC": 0.2} if n == 12 else {}))
    assert check["contradicting-metrics"]["runs"] == ["run-0012-aaaa"]
    assert "history/runs.csv:13" in check["contradicting-metrics"]["message"]


def test_runs_of_another_code_version_are_named(found):
    columns = f"{COLUMNS},code_version"
    check = found(lambda n, _: {"code_version": "v2" if n in (4, 9) else "v1"}, columns=columns)
    assert check["mixed-versions"]["runs"] == ["run-0004-aaaa", "run-0009-aaaa"]
    every = found(lambda n, _: {"code_version": "v1"}, columns=columns)
    assert "mixed-versions" not in every


def test_a_proposal_that_waits_for_weeks_is_named(found, recommend, sweep):
    found()
    recommend("next", "--n", "2")
    assert "old-pending" not in found()
    path = sweep.folder / "history" / "proposals.csv"
    text = path.read_text()
    year = str(datetime.now(UTC).year)
    path.write_text(text.replace(f",{year}-", ",2020-"))
    check = found()["old-pending"]
    assert len(check["runs"]) == 2
    assert "recommend drop run-0021" in check["message"]


def test_a_temperature_is_suspected_and_judged_by_the_outcome(found):
    def change(number, cells):
        value = round(cells["tau"] * 3 + 0.01 * math.log10(cells["lr"]), 3)
        return {"loss": value, "NMI": round(0.9 - 0.05 * (math.log10(cells["lr"]) + 3) ** 2, 3)}

    message = found(change)["confounded-objective"]["message"]
    assert "declare objective.context: [tau]" in message
    assert "NMI is known for 20 runs" in message
    assert "within equal tau (20 runs)" in message


def test_designs_that_cannot_tell_are_described(found):
    def star(number, cells):
        if number <= 10:
            return {"lr": 10.0 ** (-1 - 0.4 * number), "tau": 0.5}
        return {"lr": 0.001, "tau": round(0.05 * number, 2)}

    assert "lr with tau" in found(star)["one-at-a-time"]["message"]
    assert "tau never varied" in found(lambda n, c: {"tau": 0.5})["constant-parameter"]["message"]
    step = found(lambda n, c: {"lr": 10 ** (-5 + 0.2 * n), "tau": round(0.1 + 0.04 * n, 2)})
    assert "lr, tau were varied in step" in step["collinear-parameters"]["message"]
    gap = found(lambda n, c: {"tau": min(c["tau"], 0.4)})
    assert "tau between 0.4 and 1.0, 67% of its range" in gap["empty-region"]["message"]


@pytest.mark.parametrize(
    ("high", "tried", "between"),
    [
        (1, (0, 1), None),
        (2, (0, 1, 2), None),
        (2, (0, 1), "1.0 and 2.0"),
        (2, (0, 2), "0.0 and 2.0"),
    ],
)
def test_between_neighbouring_whole_numbers_nothing_is_missing(high, tried, between):
    space = [Integer("ema", 0, high), Integer("layers", 1, 8)]
    runs = [
        run_of(n, {"ema": tried[n % len(tried)], "layers": n}, {"loss": 0.1 * n})
        for n in range(1, 9)
    ]
    [check] = [check for check in design(view_of(space, runs)) if check.code == "empty-region"]
    if between is None:
        assert check.level == "PASS"
    else:
        assert f"no run has ema between {between}" in check.message


def test_a_best_run_at_a_bound_is_named_with_the_bound(found):
    def falling(number, cells):
        return {"loss": round(cells["loss"] + 0.5 * (math.log10(cells["lr"]) + 5.0), 3)}

    assert "boundary-optimum" not in found()
    check = found(falling)["boundary-optimum"]
    assert "the low bound of lr" in check["message"]
    assert len(check["runs"]) == 1


def test_without_two_runs_that_compete_no_best_run_is_said_to_lie_inside_the_bounds():
    runs = [
        run_of(n, {"lr": 10.0 ** (-0.4 * n), "tau": 0.05 * n}, {"loss": (n - 6) ** 2 / 10})
        for n in range(1, 13)
    ]
    space = [Real("lr", 1e-5, 1.0, "log"), Real("tau", 0.0, 1.0)]
    checks = {check.code: check for check in health(view_of(space, runs, context=["tau"]))}
    check = checks["boundary-optimum"]
    assert check.level == "PASS"
    assert check.message.startswith("no two runs of equal tau compete")


def test_a_difference_among_bad_results_counts_by_the_noise_that_they_have():
    # A loss that explodes with x: its noise is 1 % of it, and t has no effect.
    space = [Real("x", 0.0, 1.0), Real("t", 0.0, 1.0)]
    runs, rng = [], np.random.default_rng(0)
    for number, (x, t) in enumerate(product(np.linspace(0.0, 1.0, 12), range(3)), 1):
        loss = 0.01 * math.exp(8.0 * x + 0.01 * rng.standard_normal())
        runs.append(run_of(number, {"x": float(x), "t": t / 2}, {"loss": loss}))
    view = view_of(space, runs)
    assert view.belief.model.warp.reach < math.inf
    (check,) = [check for check in health(view) if check.code == "single-run-effect"]
    assert not set(check.runs) & {run.id for run in runs[-9:]}


def test_a_declared_context_of_too_few_runs_is_not_said_to_be_unknown():
    space = [Real("lr", 1e-5, 1.0, "log"), Real("tau", 0.1, 1.0)]
    runs = [run_of(n, {"lr": 0.01, "tau": 0.5}, {"loss": 0.1 * n}) for n in (1, 2)]
    (check,) = confounding(view_of(space, runs, context=["tau"]))
    assert check.message.startswith("loss is compared at equal tau only; too few runs")


@pytest.mark.parametrize("count", [7, 12])
def test_rows_are_said_to_agree_only_where_they_could_contradict(count):
    runs = [run_of(n, {"x": n / 20}, {"loss": 0.1 * n}) for n in range(1, count + 1)]
    (check,) = suspects(view_of([Real("x", 0.0, 1.0)], runs))
    assert check.message.startswith("too few" if count == 7 else "no row contradicts")


def test_replicates_make_the_noise_known(found):
    more = "run-0031-aaaa,result,completed,,,,0.001,0.4,0.501,,,\n"
    assert "noise" not in found(more=more)


def test_another_metric_is_examined(found):
    def change(number, cells):
        return outcome(number, cells) | ({"NMI": 0.069} if number == 10 else {})

    assert "suspect-run" not in found(change)
    check = found(change, "--metric", "NMI")["suspect-run"]
    assert check["runs"] == ["run-0010-aaaa"]
    assert "NMI 0.069 looks like 0.69" in check["message"]


def test_before_there_are_runs_nothing_fails(empty, recommend):
    checks = recommend("doctor", "--json").json["checks"]
    assert {c["level"] for c in checks} == {"PASS", "WARNING"}
    assert [c["code"] for c in checks if c["level"] == "WARNING"] == ["few-runs", "noise"]


def test_what_contradicts_itself_is_a_finding_with_its_way_out(sweep, recommend):
    row = "run-0001-aaaa,result,completed,,,,,,0.5,,\n"
    sweep.write("history/runs.csv", sweep.ledger() + row)
    (check,) = recommend("doctor", "--json").json["checks"]
    assert (check["code"], check["level"]) == ("contradiction", "FAIL")
    assert "--amend" in check["message"]
    recommend("doctor", "--strict", status=3)


def test_a_history_that_cannot_be_read_is_a_finding(sweep, recommend):
    sweep.write("history/runs.csv", b"\xff\xfe")
    (check,) = recommend("doctor", "--json").json["checks"]
    assert (check["code"], check["level"]) == ("readable", "FAIL")


def test_examining_changes_nothing(sweep, recommend):
    before = sweep.tree()
    recommend("doctor")
    assert sweep.tree() == before
