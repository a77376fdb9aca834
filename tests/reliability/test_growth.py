"""What `status` and `record` cost in a long history, against reading its file once.

That `record` looks at no other run in a database is tested in `tests/records/test_database.py`;
here is how long that takes.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import BACKENDS, SWEEP, TEMPLATE, Recommend
from tests.needs import unavailable
from tests.reliability.measured import Measured

COLUMNS = "id,event,status,recorded_at,label,hours,lr,tau,loss,NMI,note"
COMMANDS = {
    "status": ["status"],
    "record": ["record", "run-0001-aaaa", "--metric", "NMI=0.5"],
    "record a new run": [
        "record",
        "--param",
        "lr=0.01",
        "--param",
        "tau=0.5",
        "--metric",
        "loss=1",
    ],
}


def project(folder: Path, rows: int) -> Path:
    """Make a project with that many rows, and return its ledger."""
    (folder / "configs").mkdir(parents=True)
    (folder / "configs" / "sweep.yaml").write_text(SWEEP)
    (folder / "configs" / "base.yaml").write_text(TEMPLATE)
    (folder / "history").mkdir()
    path = folder / "history" / "runs.csv"
    with path.open("w") as file:
        file.write(COLUMNS + "\n")
        for number in range(1, rows + 1):
            loss, lr = 0.3 + (number * 7919 % 10007) / 20014, 1e-5 + number % 9973 * 1e-5
            time = f"2025-06-07T08:18:{number % 60:02d}.123Z"
            row = f"run-{number:04d}-aaaa,result,completed,{time},,3.5,{lr!r},0.5,{loss!r},,"
            file.write(row + "\n")
    return path


def bytes_read() -> int:
    """Return how many bytes this process has read so far."""
    try:
        lines = Path("/proc/self/io").read_text().splitlines()
    except OSError as error:
        unavailable(f"what a process reads cannot be seen here: {error}")
    return int(dict(line.split(": ") for line in lines)["rchar"])


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_reads_the_ledger_once(
    tmp_path: Path, recommend: Recommend, command: str
) -> None:
    read, size = [], []
    for rows in (20, 1000, 3000):
        path = project(tmp_path / str(rows), rows)
        size.append(path.stat().st_size)
        before = bytes_read()
        recommend("-C", tmp_path / str(rows), *COMMANDS[command])
        read.append(bytes_read() - before)
    # The first one loads modules too.
    assert read[2] - read[1] <= 1.02 * (size[2] - size[1])


def test_a_hundred_thousand_rows(
    tmp_path: Path, recommend: Recommend, long: bool, measured: Measured
) -> None:
    for rows in (10_000, 100_000) if long else (1000, 2000):
        path = project(tmp_path / str(rows), rows)
        seconds = {}
        began = time.process_time()
        for row in [*csv.reader(io.StringIO(path.read_text()))][1:]:
            assert [float(cell) for cell in row[5:9]]
        seconds["s to read the file"] = time.process_time() - began
        for command, arguments in COMMANDS.items():
            began = time.process_time()
            answer = recommend("-C", tmp_path / str(rows), *arguments)
            seconds[f"s to {command}"] = time.process_time() - began
            assert answer.out
        measured.add(f"{rows} rows", **{name: f"{value:.2f}" for name, value in seconds.items()})


@pytest.mark.parametrize("backend", BACKENDS[1:], indirect=True)
def test_a_hundred_thousand_rows_in_a_database(
    backend: str,
    new_place: Callable[[], str],
    tmp_path: Path,
    recommend: Recommend,
    monkeypatch: pytest.MonkeyPatch,
    long: bool,
    measured: Measured,
) -> None:
    for rows in (1000, 100_000) if long else (100, 1000):
        folder = project(tmp_path / str(rows), rows).parent.parent
        place = new_place().replace("sqlite:///", f"sqlite:///{folder}/")
        recommend("-C", folder, "history", "copy", folder / "history", place)
        monkeypatch.setenv("RECOMMEND_HISTORY", place)
        seconds = {}
        for command, arguments in COMMANDS.items():
            began = time.perf_counter()
            answer = recommend("-C", folder, *arguments)
            seconds[f"s to {command}"] = time.perf_counter() - began
            assert answer.out
        figures = {name: f"{value:.2f}" for name, value in seconds.items()}
        measured.add(f"{backend}, {rows} rows", **figures)
