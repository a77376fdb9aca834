"""Many writers at once: nothing lost, nothing doubled, nobody waits long."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from recommender.campaign.project import Project
from recommender.config import load_sweep
from recommender.records import RESERVED, open_records
from tests.conftest import Sweep, every_backend
from tests.reliability.measured import Measured, percentile
from tests.reliability.races import batch_race, race, record_race, same_run_race
from tests.reliability.worker import PARAMETERS

SWEEP = """\
objective: {metric: loss, direction: minimize}
parameters:
  lr: {type: real, low: 0.0, high: 1.0}
  t:  {type: real, low: 0.0, high: 1.0}
jobs: {template: base.yaml}
"""


def waits(seconds: list[float]) -> dict[str, str]:
    return {
        "s p50": f"{percentile(seconds, 0.5):.3f}",
        "s p99": f"{percentile(seconds, 0.99):.3f}",
    }


@every_backend
def test_of_many_recorders_none_loses_or_doubles_a_row(
    backend: str, new_place: Callable[[], str], tmp_path: Path, long: bool, measured: Measured
) -> None:
    processes, each, repeats = (16, 200, 20) if long else (8, 25, 1)
    seconds: list[float] = []
    for _ in range(repeats):
        place = new_place()
        done = record_race(
            lambda place=place: open_records(place, tmp_path, PARAMETERS), processes, each
        )
        seconds += done.seconds
    what = f"{backend}: {processes} processes x {each} records x {repeats}"
    measured.add(what, acknowledged=len(seconds), lost=0, doubled=0, **waits(seconds))


@every_backend
def test_of_many_who_record_one_run_one_is_believed(
    new_place: Callable[[], str], tmp_path: Path, long: bool
) -> None:
    for _ in range(200 if long else 3):
        place = new_place()
        same_run_race(
            lambda place=place: open_records(place, tmp_path, PARAMETERS), 16 if long else 6
        )


@every_backend
def test_of_many_proposers_no_two_propose_one_run(
    backend: str, new_place: Callable[[], str], tmp_path: Path, long: bool, measured: Measured
) -> None:
    processes, each = (16, 25) if long else (4, 4)
    sweep = tmp_path / "configs" / "sweep.yaml"
    sweep.parent.mkdir()
    sweep.write_text(SWEEP)
    sweep.with_name("base.yaml").write_text("lr: 0.1\nt: 0.1\n")
    place = new_place()

    def open_project() -> Project:
        records = open_records(place, tmp_path, PARAMETERS)
        return Project(tmp_path, load_sweep(sweep, RESERVED), records)

    done = batch_race(open_project, processes, each, 4)
    what = f"{backend}: {processes} processes x {each} batches of 4"
    measured.add(what, ids=len({*done.acknowledged}), overwritten=0, **waits(done.seconds))


def test_of_many_commands_none_loses_or_doubles_a_row(
    empty: Sweep, long: bool, measured: Measured
) -> None:
    processes, each = (16, 200) if long else (4, 2)
    command = [sys.executable, "-m", "recommender.cli.main", "record"]
    command += ["--param", "lr=0.01", "--param", "tau=0.5", "--metric", "loss=0.4", "-q", "--label"]

    def work(worker: int) -> list[tuple[str, float]]:
        told = []
        for number in range(each):
            began = time.perf_counter()
            label = f"w{worker}-{number}"
            subprocess.run([*command, label], check=True, capture_output=True)
            told.append((label, time.perf_counter() - began))
        return told

    done = race(processes, work)
    runs = empty.open().read().history.runs
    assert sorted(run.label for run in runs) == sorted(done.acknowledged)
    assert len({run.id for run in runs}) == len(runs) == processes * each
    measured.add(
        f"{processes} processes x {each} commands", lost=0, doubled=0, **waits(done.seconds)
    )
