"""Who holds a lock, who waits for it, and what a person does to the files meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from recommender.errors import HistoryError
from recommender.records import FileRecords, files
from tests.reliability.faults import acknowledged, command
from tests.reliability.worker import ACTIONS, PARAMETERS, result

LEDGER = (
    "id,event,status,recorded_at,label,hours,lr,t,loss,note\n"
    "run-1,result,completed,,,,0.1,0.9,0.5,first\n"
)


def test_a_paused_holder_makes_others_give_up_by_its_name_and_breaks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_SECONDS_TO_WRITE", 0.1)
    folder = tmp_path / "history"
    records = FileRecords(folder, PARAMETERS)
    holder = subprocess.Popen(command("paused", folder), stdout=subprocess.PIPE, text=True)
    try:
        os.waitid(os.P_PID, holder.pid, os.WSTOPPED)
        before = (folder / "runs.csv").read_bytes()
        with pytest.raises(HistoryError, match=rf"process {holder.pid} on .*try again"):
            ACTIONS["record"](records)
        assert (folder / "runs.csv").read_bytes() == before
        assert [run.id for run in records.read().history.runs] == ["run-1"]
    finally:
        holder.send_signal(signal.SIGCONT)
        output, _ = holder.communicate(timeout=60)
    assert acknowledged(output) == ["run-1", "run-9"]
    ACTIONS["record"](records)
    assert [run.id for run in records.read().history.runs] == ["run-1", "run-9", "run-2"]


def test_a_holder_that_is_killed_holds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_SECONDS_TO_WRITE", 0.1)
    folder = tmp_path / "history"
    holder = subprocess.Popen(command("paused", folder), stdout=subprocess.PIPE)
    os.waitid(os.P_PID, holder.pid, os.WSTOPPED)
    holder.kill()
    holder.communicate(timeout=60)
    ACTIONS["record"](FileRecords(folder, PARAMETERS))


def test_a_lock_file_is_never_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "history"
    records = FileRecords(folder, PARAMETERS)

    def locks() -> dict[str, int]:
        return {path.name: path.stat().st_ino for path in folder.glob(".*.lock")}

    with records.proposing(pytest.fail):
        ACTIONS["propose"](records)
    first = locks()
    assert {*first} == {".next.lock", ".runs.lock"}
    for action in ACTIONS:
        ACTIONS[action](records)
        assert locks() == first


@pytest.mark.parametrize("metric", ["loss", "NMI"])  # appending, and rewriting for a new column
@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text + "# a remark\n",
        lambda text: text.replace("first", "says the log"),
        lambda text: text.replace(",note", ",ARI,note").replace(",first", ",0.7,first"),
    ],
    ids=["a comment", "a cell", "a column"],
)
def test_what_a_person_saves_between_the_look_and_the_append_is_kept(
    tmp_path: Path, edit, metric: str
) -> None:
    folder = tmp_path / "history"
    folder.mkdir()
    path = folder / "runs.csv"
    path.write_text(LEDGER)
    records = FileRecords(folder, PARAMETERS)
    with records.writing() as writer:
        assert len(writer.folded.events) == 1
        path.write_text(edit(LEDGER))
        writer.append_events([result("run-2", **{metric: 0.48})])
    if metric == "loss":
        assert path.read_text().startswith(edit(LEDGER))
    runs = records.read().history.runs
    assert runs[0].metrics["loss"] == 0.5
    assert runs[0].metrics.get("ARI", 0.7) == 0.7
    assert runs[1].metrics == {metric: 0.48}
    for word in ("a remark", "says the log"):
        assert (word in path.read_text()) is (word in edit(LEDGER))
