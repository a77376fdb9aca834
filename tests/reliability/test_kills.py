"""A worker killed at every system call of the write path, and at any time."""

from __future__ import annotations

import csv
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from recommender.records import FileRecords
from tests.conftest import COLUMNS, RUNS, Recommend, Sweep
from tests.reliability.faults import (
    acknowledged,
    calls,
    command,
    require_strace,
    run_into,
    spread,
)
from tests.reliability.measured import Measured
from tests.reliability.worker import ACTIONS, BACKFILL, PARAMETERS

LEDGER = (
    "id,event,status,recorded_at,label,hours,lr,t,loss,note,by\n"
    "run-1,result,completed,,,,0.10,9e-1,0.5,first,me\n"
    "# by hand\n"
)
TORN = "run-2,result,completed,,,,0.25,0.7"
PROPOSED = (
    "id,batch,proposed_at,lr,t,predicted_metric,predicted_mean,predicted_sd,expected_improvement,"
    "probability_of_improvement,role,reason,engine_seed,history_digest,proposed_by\n"
    "run-1,1,,0.1,0.9,loss,,,,,explore,,0,,\n"
)
KILLS, FAULTS = 10, 5  # calls of a scenario that the short version tries
WITHOUT_T = LEDGER.replace(",t,", ",").replace(",9e-1,", ",")
SCENARIOS = {
    "append": ("record", {"runs.csv": LEDGER}),
    "append after a torn row": ("record", {"runs.csv": LEDGER + TORN}),
    "a new column": ("record-new-metric", {"runs.csv": LEDGER, "proposals.csv": PROPOSED}),
    "a new parameter": ("record", {"runs.csv": WITHOUT_T}),
    "append proposals": ("propose", {"runs.csv": LEDGER, "proposals.csv": PROPOSED}),
    "the first result": ("record", {}),
    "the first proposals": ("propose", {}),
    "where files cannot be locked": ("record-unlocked", {"runs.csv": LEDGER}),
    "the inbox into the ledger": ("record", {"inbox/runs-1.csv": LEDGER}),
}


def prepared(folder: Path, ledgers: dict[str, str]) -> Path:
    for name, text in ledgers.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    folder.parent.mkdir(parents=True, exist_ok=True)
    return folder


def check(folder: Path, action: str, ledgers: dict[str, str], acknowledged: list[str]) -> bool:
    """Check a history after a fault, and that the next command works; was anything written?"""
    records = FileRecords(folder, PARAMETERS, BACKFILL)
    folded = records.read()
    assert folded.conflicts == ()
    found = {run.id: run for run in folded.history.runs}
    assert {*acknowledged} <= {*found}, "an acknowledged row is lost"
    assert not ledgers or "run-1" in found
    if "runs.csv" in ledgers:
        assert found["run-1"].metrics == {"loss": 0.5}
        header, row, comment, *_ = (folder / "runs.csv").read_text().splitlines()
        first, second, *_ = ledgers["runs.csv"].splitlines()
        assert row.replace(",0.5,,", ",0.5,") == second
        assert comment == "# by hand"
        assert header.startswith(first.partition("note")[0])
    written = len(found.keys() - {"run-1"})
    ids = ACTIONS[action](records)
    after = records.read()
    assert {run.id for run in after.history.runs} == {*ids, *(["run-1"] if ledgers else [])}
    assert len(after.events) + len(after.proposals) == len(ids) + len(ledgers)
    assert (after.notices, after.conflicts) == ((), ())
    for run in after.history.runs:
        assert run.params == (
            {"lr": 0.1, "t": 0.9} if run.id == "run-1" else {"lr": 0.25, "t": 0.75}
        )
    if action != "propose":
        metric = "NMI" if action == "record-new-metric" else "loss"
        assert after.history.runs[-1].metrics == {metric: 0.48}
    return written > 0


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_kill_at_any_system_call_loses_nothing(
    tmp_path: Path, long: bool, measured: Measured, scenario: str
) -> None:
    require_strace()
    action, ledgers = SCENARIOS[scenario]
    points = calls(action, prepared(tmp_path / "traced" / "history", ledgers), tmp_path / "log")
    points = points if long else spread([point for point in points if point.changes], KILLS)
    outcomes: Counter[bool] = Counter()
    for number, point in enumerate(points * (4 if long else 1)):
        folder = prepared(tmp_path / str(number) / "history", ledgers)
        ended = run_into(action, folder, point, "signal=SIGKILL")
        written = check(folder, action, ledgers, ended.acknowledged)
        if ended.status == -signal.SIGKILL and ended.ready:
            outcomes[written] += 1
    # Kills before the rows were there, and kills after it; a call or two may come as Python likes.
    assert outcomes[False] > 0 and outcomes[True] > 0
    assert outcomes.total() > 0.9 * number
    measured.add(f"killed: {scenario}", kills=outcomes.total(), lost=0, unreadable=0)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_system_call_that_fails_is_told_and_loses_nothing(
    tmp_path: Path, long: bool, measured: Measured, scenario: str
) -> None:
    require_strace()
    action, ledgers = SCENARIOS[scenario]
    points = calls(action, prepared(tmp_path / "traced" / "history", ledgers), tmp_path / "log")
    points = [point for point in points if point.changes][:-1]  # the last is the acknowledgement
    points = points if long else spread(points, FAULTS)
    faults = ["error=EIO", "error=ENOSPC", "error=EACCES"] if long else ["error=EIO"]
    failed = 0
    for number, (fault, point) in enumerate((fault, point) for fault in faults for point in points):
        folder = prepared(tmp_path / str(number) / "history", ledgers)
        ended = run_into(action, folder, point, fault)
        assert ended.status in (0, 1), (point, ended)
        assert (ended.status == 0) is bool(ended.acknowledged)
        assert "Traceback" not in ended.error
        if ended.status:
            failed += 1
            assert ended.error.count("\n") == 1, ended.error
            folded = FileRecords(folder, PARAMETERS, BACKFILL).read()
            written = {run.id for run in folded.history.runs}
            if "nothing was recorded" in ended.error:
                assert written <= {"run-1"}, (point, ended.error)
        check(folder, action, ledgers, ended.acknowledged)
    assert failed > 0
    measured.add(f"failed: {scenario}", calls=len(points) * len(faults), told=failed, lost=0)


@pytest.mark.parametrize("metric", ["loss", "NMI"])  # appending, and rewriting for a new column
def test_a_command_that_is_killed_can_be_given_again(
    sweep: Sweep, recommend: Recommend, metric: str, tmp_path: Path
) -> None:
    require_strace()
    sweep.history(columns=COLUMNS.replace("NMI,", ""), rows=RUNS.replace(",,\n", ",\n"))
    before = sweep.ledger()
    given = ["record", "--label", "x", "--param", "lr=0.01", "--param", "tau=0.5"]
    given += ["--metric", f"{metric}=0.4"]
    command = [sys.executable, "-m", "recommender.cli.main", *given]
    points = [("flock", 1), ("ftruncate", 1), ("pwrite64", 1), ("fsync", 1), ("fsync", 2)]
    for name, number in [*points, *([("rename", 1)] if metric == "NMI" else [])]:
        sweep.write("history/runs.csv", before)
        inject = ["-e", f"trace={name}", "-e", f"inject={name}:signal=SIGKILL:when={number}"]
        done = subprocess.run(["strace", "-f", "-o", os.devnull, *inject, *command], check=False)
        assert done.returncode == -signal.SIGKILL
        recommend("status")
        recommend(*given)
        recommend(*given)
        rows = list(csv.DictReader(sweep.ledger().splitlines()))
        assert [row[metric] for row in rows if row["label"] == "x"] == ["0.4"]
        assert len(rows) == 7


def test_a_kill_at_any_time_loses_nothing(tmp_path: Path, long: bool, measured: Measured) -> None:
    draw = random.Random(0)
    told: set[str] = set()
    kills = 400 if long else 15
    rows = 0
    for number in range(kills):
        if number % 20 == 0:
            folder = prepared(tmp_path / str(number) / "history", {})
            told = set()
        worker = subprocess.Popen(command("without-end", folder), stdout=subprocess.PIPE, text=True)
        assert worker.stdout is not None
        output = "".join(worker.stdout.readline() for _ in range(draw.randint(1, 4)))
        time.sleep(draw.uniform(0, 0.02))
        worker.kill()
        output += worker.communicate()[0]
        told |= {*acknowledged(output)}
        folded = FileRecords(folder, PARAMETERS).read()
        assert told <= {run.id for run in folded.history.runs}
        assert folded.conflicts == ()
        rows += len(acknowledged(output))
    assert rows > 0
    measured.add("killed at any time", kills=kills, acknowledged=rows, lost=0, unreadable=0)
