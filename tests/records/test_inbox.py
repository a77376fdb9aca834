from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from recommender.errors import HistoryError
from recommender.records import Event, EventKind, FileRecords, check_event
from recommender.records.inbox import Inbox
from recommender.run import Proposal, Status

NOW = "2026-07-01T00:00:00.000Z"


def result(id: str, **metrics: float) -> Event:
    return Event(
        id=id,
        status=Status.COMPLETED,
        recorded_at=NOW,
        params={"lr": 0.25, "t": 0.75},
        metrics=metrics,
    )


def record(records: FileRecords, event: Event) -> tuple[str, ...]:
    """Record an event, and return the notices."""
    with records.writing() as writer:
        notices = writer.folded.notices
        new = check_event(writer.folded, event)
        writer.append_events([new] if new else [])
    return notices


def propose(records: FileRecords, id: str) -> None:
    with records.proposing(pytest.fail), records.writing() as writer:
        writer.append_proposals(
            [
                Proposal(
                    id=id,
                    batch=1,
                    proposed_at=NOW,
                    params={"lr": 0.5, "t": 0.5},
                    metric="loss",
                    role="explore",
                    reason="",
                )
            ]
        )


@pytest.fixture
def locks(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Say whether the file system can lock; it cannot at first."""

    def fail(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", fail)
    return lambda can: monkeypatch.undo() if can else monkeypatch.setattr("fcntl.flock", fail)


def letters(folder: Path) -> list[Path]:
    return sorted((folder / "inbox").iterdir()) if (folder / "inbox").exists() else []


@pytest.mark.parametrize("number", [errno.ENOTSUP, errno.ENOLCK, errno.ENOSYS])
def test_without_locks_every_result_is_a_file_of_its_own_and_that_is_said(
    records: FileRecords, folder: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", fail)
    (notice,) = record(records, result("run-1", loss=0.5))
    assert "cannot be locked" in notice
    record(records, result("run-2", NMI=0.25))
    propose(records, "run-3")
    assert [path.name.partition("-")[0] for path in letters(folder)] == [
        "proposals",
        "runs",
        "runs",
    ]
    assert not (folder / "runs.csv").exists()
    folded = records.read()
    assert {run.id: run.metrics for run in folded.history.runs} == {
        "run-1": {"loss": 0.5},
        "run-2": {"NMI": 0.25},
        "run-3": {},
    }
    assert folded.metrics == ("loss", "NMI")
    assert "history/inbox: 3 files" in folded.notices[0]
    # The same again says nothing new there either.
    record(records, result("run-1", loss=0.5))
    assert len(letters(folder)) == 3


def test_an_error_of_a_lock_that_is_not_for_want_of_locks_is_told(
    records: FileRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("fcntl.flock", fail)
    with pytest.raises(HistoryError, match="nothing was recorded"), records.writing():
        pass


def test_the_next_writer_that_can_lock_moves_the_inbox_into_the_ledgers(
    records: FileRecords, folder: Path, locks: Callable[[bool], None]
) -> None:
    record(records, result("run-1", loss=0.5))
    record(records, Event(id="run-1", note="seen", metrics={"NMI": 0.25}))
    propose(records, "run-3")
    before = records.read()
    locks(True)
    assert record(records, result("run-4", loss=0.75)) == ()
    assert letters(folder) == []
    after = records.read()
    assert after.notices == ()
    assert after.events[:-1] == before.events
    assert after.proposals == before.proposals
    assert after.history.get("run-1") is not None
    assert len((folder / "runs.csv").read_text().splitlines()) == 4


def test_what_is_in_the_inbox_and_in_the_ledger_counts_once(
    records: FileRecords,
    folder: Path,
    locks: Callable[[bool], None],
    tmp_path: Path,
) -> None:
    record(records, result("run-1", loss=0.5))
    amend = Event(
        id="run-1", kind=EventKind.AMEND, metrics={"loss": 0.4}, note="replaces loss=0.5; x"
    )
    with records.writing() as writer:
        writer.append_events([amend])
    propose(records, "run-3")
    before = records.read()
    shutil.copytree(folder / "inbox", tmp_path / "kept")
    locks(True)
    with records.writing():
        pass
    # As after a kill between the append and the removal.
    shutil.copytree(tmp_path / "kept", folder / "inbox", dirs_exist_ok=True)
    assert records.read().events == before.events
    ledger = (folder / "runs.csv").read_text()
    with records.writing():
        pass
    assert (folder / "runs.csv").read_text() == ledger
    assert letters(folder) == []


def test_the_inbox_stays_until_its_rows_are_safe(
    records: FileRecords, folder: Path, locks: Callable[[bool], None]
) -> None:
    record(records, result("run-1", loss=0.5))
    locks(True)
    (folder / "runs.csv").mkdir()  # nothing can be written there
    with pytest.raises(HistoryError), records.writing():
        pass
    assert len(letters(folder)) == 1
    (folder / "runs.csv").rmdir()
    assert [run.id for run in records.read().history.runs] == ["run-1"]


def test_a_file_that_is_moved_while_it_is_read_is_seen(
    records: FileRecords,
    folder: Path,
    locks: Callable[[bool], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record(records, result("run-1", loss=0.5))
    locks(True)
    names = Inbox.names

    def then_moved(self: Inbox) -> list[str]:
        found = names(self)
        monkeypatch.setattr(Inbox, "names", names)
        with FileRecords(folder, ["lr", "t"]).writing():
            pass
        return found

    monkeypatch.setattr(Inbox, "names", then_moved)
    assert [run.id for run in records.read().history.runs] == ["run-1"]


def test_contradicting_files_are_a_conflict_with_both_places(
    records: FileRecords, folder: Path, locks: Callable[[bool], None]
) -> None:
    other = folder.parent / "other"
    record(records, result("run-1", loss=0.5))
    record(FileRecords(other, ["lr", "t"]), result("run-1", loss=0.6))
    for path in letters(other):
        shutil.copy(path, folder / "inbox")
    (conflict,) = records.read().conflicts
    assert [value for value, _ in conflict.values] == [0.5, 0.6]
    assert all(place.startswith("history/inbox/runs-") for _, place in conflict.values)
