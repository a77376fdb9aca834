from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from recommender.errors import HistoryError
from recommender.records import Event, FileRecords, Records, check_event, files
from recommender.records.database import connections
from recommender.run import Status
from tests.conftest import every_backend

LEDGER = (
    "id,event,status,recorded_at,label,hours,lr,t,loss,note\n"
    "run-1,result,completed,,,,0.1,0.9,0.5,first\n"
)
LINE = 'run-2,result,completed,,06-07,3.5,0.25,0.75,0.48,"two, words"\n'


def event(id: str, **metrics: float) -> Event:
    params = {"lr": 0.25, "t": 0.75}
    return Event(id=id, status=Status.COMPLETED, params=params, metrics=metrics)


@every_backend
def test_recording_does_not_wait_for_a_proposal(records: Records) -> None:
    def record() -> None:
        with records.writing() as writer:
            writer.append_events([event("run-2", loss=0.5)])

    with records.proposing(pytest.fail):
        recorder = threading.Thread(target=record)
        recorder.start()
        recorder.join(20)
        assert not recorder.is_alive()
    assert len(records.read().events) == 1


@every_backend
def test_a_lock_that_is_not_let_go_is_an_error_that_names_the_holder(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_SECONDS_TO_WRITE", 0.01)
    monkeypatch.setattr(connections, "_SECONDS_TO_WRITE", 0.01)
    with records.writing():
        expected = rf"process {os.getpid()} on .*try again"
        with pytest.raises(HistoryError, match=expected), records.writing():
            pass
    with records.writing():
        pass


@every_backend
def test_who_waits_for_another_proposal_says_so_and_then_gets_the_lock(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_SECONDS_OF_SILENCE", 0.01)
    monkeypatch.setattr(connections, "_SECONDS_OF_SILENCE", 0.01)
    told, proposed = threading.Event(), threading.Event()

    def second() -> None:
        with records.proposing(told.set):
            proposed.set()

    with records.proposing(pytest.fail):
        other = threading.Thread(target=second)
        other.start()
        assert told.wait(20)
        assert not proposed.is_set()
    other.join(20)
    assert proposed.is_set()


def test_a_row_that_is_being_written_is_not_taken_for_a_cut_off_one(
    records: FileRecords, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir()
    path = folder / "runs.csv"
    path.write_text(LEDGER + LINE[:20])
    (folder / ".runs.lock").touch()

    def finished(_file: int, operation: int) -> None:
        assert operation & fcntl.LOCK_SH
        path.write_text(LEDGER + LINE)

    monkeypatch.setattr("fcntl.flock", finished)
    folded = records.read()
    assert folded.notices == ()
    assert [run.id for run in folded.history.runs] == ["run-1", "run-2"]


KILLED = """
import os, signal, sys
from pathlib import Path
from recommender.records import Event, FileRecords
from recommender.run import Status

point, folder, metric = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
calls = 0

def killing(name):
    call = getattr(os, name)
    def wrapped(*args, **kwargs):
        global calls
        calls += 1
        if calls == point:
            if name == "write" and len(args[1]) > 1:
                call(args[0], bytes(args[1])[: len(args[1]) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*args, **kwargs)
    return wrapped

for name in ("open", "write", "fsync", "replace", "rename", "unlink", "close", "ftruncate"):
    setattr(os, name, killing(name))
with FileRecords(folder, ["lr", "t"]).writing() as writer:
    event = Event(id="run-2", status=Status.COMPLETED, params={"lr": 0.25, "t": 0.75},
                  metrics={metric: 0.48}, note="two, words")
    writer.append_events([event])
    print("acknowledged", flush=True)
"""


@pytest.mark.parametrize("metric", ["loss", "NMI"])  # appending, and rewriting for a new column
def test_a_kill_at_any_call_leaves_the_history_before_or_after(tmp_path: Path, metric: str) -> None:
    outcomes = []
    for point in range(1, 30):
        folder = tmp_path / str(point) / "history"
        folder.mkdir(parents=True)
        (folder / "runs.csv").write_text(LEDGER)
        command = [sys.executable, "-c", KILLED, str(point), str(folder), metric]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        records = FileRecords(folder, ["lr", "t"])
        history = records.read().history
        assert history.runs[0].metrics == {"loss": 0.5}
        written = history.get("run-2")
        assert written is None or written.metrics == {metric: 0.48}
        assert written is not None or "acknowledged" not in done.stdout
        outcomes.append((done.returncode, written is not None))
        with records.writing() as writer:
            again = check_event(writer.folded, event("run-2", **{metric: 0.48}))
            writer.append_events([again] if again else [])
        after = records.read()
        assert [run.id for run in after.history.runs] == ["run-1", "run-2"]
        assert after.history.runs[1].metrics == {metric: 0.48}
        assert after.notices == ()
        if done.returncode == 0:
            break
    # Kills before the row was there, kills after it, and in the end a run to completion.
    assert {(-signal.SIGKILL, False), (-signal.SIGKILL, True)} <= {*outcomes}
    assert outcomes[-1] == (0, True)


@pytest.mark.parametrize("end", range(len(LINE)))
def test_a_row_cut_off_at_any_byte_gives_no_wrong_number_and_bars_nobody(
    records: FileRecords, folder: Path, end: int
) -> None:
    folder.mkdir()
    path = folder / "runs.csv"
    path.write_text(LEDGER + LINE[:end])
    folded = records.read()
    assert folded.history.runs[0].metrics == {"loss": 0.5}
    torn = folded.history.get("run-2")
    if torn is not None:
        assert (torn.metrics, torn.hours) == ({"loss": 0.48}, 3.5)
        assert torn.params == {"lr": 0.25, "t": 0.75}
    assert len(folded.notices) == (end > 0 and torn is None)
    with records.writing() as writer:
        writer.append_events([event("run-3", loss=0.1), event("run-2", loss=0.48)])
    after = records.read()
    assert {run.id: run.metrics["loss"] for run in after.history.runs} == {
        "run-1": 0.5,
        "run-2": 0.48,
        "run-3": 0.1,
    }
    assert (after.notices, after.conflicts) == ((), ())
    assert path.read_text().startswith(LEDGER)
    assert LINE[:end] in path.read_text()


def test_a_write_that_is_cut_short_is_continued(
    records: FileRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr("os.write", lambda file, data: write(file, bytes(data)[:7]))
    with records.writing() as writer:
        writer.append_events([event("run-1", loss=0.5)])
        writer.append_events([event("run-2", loss=0.48)])
    assert [run.metrics["loss"] for run in records.read().history.runs] == [0.5, 0.48]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_folder_that_cannot_be_written_is_an_error_that_says_what_to_do(
    records: FileRecords, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def fail(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("os.open", fail)
    expected = r"history: cannot be written: .*try again"
    with pytest.raises(HistoryError, match=expected), records.writing():
        pass
