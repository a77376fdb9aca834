import math
from dataclasses import replace

import pytest

from benchmarks import calibration
from benchmarks.calibration import Key, Row, Watched
from benchmarks.tasks import load
from benchmarks.tasks.task import sobol

ROW = Row("branin-flat4", 0, 16, 8, 4, 6, 8, 2.0, 1, 0.75, 1, 0.5, 0, 0, 0.25)


def test_what_is_said_of_a_sweep_is_held_against_the_truth():
    rows = calibration.examine(Key("hartmann3", 80_000))
    assert [row.runs for row in rows] == [16, 24, 32, 40]
    for row in rows:
        assert row.predicted == 8
        assert 0 <= row.inside_50 <= row.inside_80 <= row.inside_95 <= 8
        assert 0.0 <= row.chances <= 8.0
        assert 0 <= row.beaten <= 8
        assert math.isnan(row.best) or 0.0 <= row.best <= 1.0
        assert row.is_near <= (not math.isnan(row.near))
        assert row.stop <= (row.near >= 0.95)
    assert rows[-1].regret <= rows[0].regret


def test_results_are_matched_with_their_own_predictions():
    task = load("hartmann3")
    peer = Watched(task, 0)
    peer.tell([(params, task.truth(params)) for params in sobol(task.space, 8, 0)])
    assert peer.predicted == []
    first, second = peer.ask(2)
    peer.tell([(second, 2.0), (first, None)])
    (suggestion,) = [said for said in peer._asked if said.params == second]
    assert peer.predicted == [(2.0, suggestion.mean, suggestion.sd)]


def test_a_chance_is_to_beat_the_incumbent_by_the_truth():
    task = load("hartmann3")
    peer = Watched(task, 0)
    peer.tell([(params, task.truth(params)) for params in sobol(task.space, 8, 0)])
    incumbent = task.truth(peer.best())
    asked = peer.ask(4)
    assert [beaten for _, beaten in peer.hoped] == [task.truth(one) < incumbent for one in asked]
    assert [chance for chance, _ in peer.hoped] == [
        said.probability_of_improvement for said in peer._asked
    ]


def test_the_report_says_how_often_it_was_so():
    rows = [
        ROW,
        replace(ROW, seed=1, inside_50=2, beaten=7, best=0.25, is_best=0, near=0.75, is_near=1),
        replace(ROW, seed=2, best=math.nan, near=math.nan, is_best=0),
    ]
    text = calibration.report([*rows, replace(ROW, task="branin", inside_95=7)])
    figures = "3 | 42% | 75% | 100% | 0.25 | 0.38 | 0.50 | 0.50 | 0.62 | 0.50 | 0 | 0 |"
    for group in ("after 16 runs", "synthetic", "all"):
        assert f"| {group} | {figures}" in text
    assert "| the choosing half | 1 | 50% | 75% | 88% |" in text
    assert "after 24 runs" not in text
    assert "No sweep was advised to stop" in calibration.report(rows)
    assert calibration.report([]) == "No results yet."


@pytest.mark.parametrize("runs", [24, 32])
def test_stopping_costs_what_going_on_would_have_gained(runs):
    advised = replace(ROW, runs=runs, near=0.96, is_near=1, stop=1, regret=0.25)
    rows = [
        replace(ROW, runs=40, near=0.99, is_near=1, stop=1, regret=0.125),
        advised,
        replace(advised, seed=1, stop=0),
        replace(advised, seed=1, runs=40, stop=0, regret=0.5),
        replace(advised, seed=2),  # a sweep that is not at its end
    ]
    assert (
        f"1 of 2 sweeps were advised to stop before 40 runs, which spares {40 - runs} runs. "
        "Their mean regret was 0.2500 then, and 0.1250 at the end." in calibration.report(rows)
    )
