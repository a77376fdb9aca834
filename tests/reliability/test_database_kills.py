"""A worker killed, or failed by its connection or disk, at any call that it makes of a database."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from recommender.records import Records, open_records
from recommender.records.database.ledgers import DatabaseRecords
from recommender.records.database.schema import metadata
from tests import databases
from tests.reliability.faults import Ended, calls, require_strace, run_into, spread, stop_at
from tests.reliability.measured import Measured
from tests.reliability.worker import ACTIONS, PARAMETERS, record, result

in_a_database = pytest.mark.parametrize("backend", ["sqlite", "postgresql"], indirect=True)
every_action = pytest.mark.parametrize("action", ["record", "record-new-metric", "propose"])
RUN = {"lr": 0.25, "t": 0.75}
SOME = 4  # calls that the short version tries


@pytest.fixture
def place(new_place: Callable[[], str], tmp_path: Path) -> str:
    return new_place().replace("sqlite:///", f"sqlite:///{tmp_path}/")


def emptied(place: str) -> None:
    """Leave one run there, and nothing else but the tables."""
    records = open_records(place, Path(), PARAMETERS)
    assert isinstance(records, DatabaseRecords)
    with records.database.writing() as connection:
        for table in metadata.sorted_tables:
            connection.execute(table.delete())
    record(records, result("run-1", loss=0.5))


def check(records: Records, action: str, acknowledged: list[str]) -> bool:
    """Check a history after a fault, and that the next command works; was anything written?"""
    folded = records.read()
    found = {run.id: run for run in folded.history.runs}
    assert {*acknowledged} <= {*found}, "an acknowledged row is lost"
    assert found["run-1"].metrics == {"loss": 0.5}
    written = found.keys() - {"run-1"}
    ids = ACTIONS[action](records)
    assert not written or written == {*ids}, "a part of what belongs together was written"
    after = records.read()
    assert {run.id for run in after.history.runs} == {"run-1", *ids}
    assert len(after.events) + len(after.proposals) == 1 + len(ids)
    assert (after.notices, after.conflicts) == ((), ())
    assert all(run.params == RUN for run in after.history.runs)
    with records.proposing(lambda: pytest.fail("the lock of the dead is held")):
        pass
    return bool(written)


@in_a_database
@every_action
def test_a_kill_at_any_system_call_loses_nothing(
    backend: str, place: str, action: str, tmp_path: Path, long: bool, measured: Measured
) -> None:
    require_strace()
    emptied(place)
    points = calls(action, place, tmp_path / "log")
    points = points if long else spread([point for point in points if point.changes], SOME)
    outcomes: Counter[bool] = Counter()
    for point in points:
        emptied(place)
        ended = run_into(action, place, point, "signal=SIGKILL")
        written = check(open_records(place, Path(), PARAMETERS), action, ended.acknowledged)
        if ended.status == -signal.SIGKILL and ended.ready:
            outcomes[written] += 1
    assert outcomes[False] > 0 and outcomes[True] > 0
    assert outcomes.total() > 0.7 * len(points)  # a call may come as Python likes
    measured.add(f"killed: {backend}, {action}", kills=outcomes.total(), lost=0, unreadable=0)


@every_action
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_system_call_that_fails_is_told_and_loses_nothing(
    backend: str, place: str, action: str, tmp_path: Path, long: bool, measured: Measured
) -> None:
    require_strace()
    emptied(place)
    writing = ("pwrite64", "fdatasync", "fsync", "write", "unlink")
    points = [point for point in calls(action, place, tmp_path / "log") if point.name in writing]
    points = points[:-1]  # the last is the acknowledgement
    errors = ["EIO", "ENOSPC"] if long else ["EIO"]
    told = []
    for error in errors:
        for point in points if long else spread(points, SOME):
            emptied(place)
            told.append(survived(place, action, run_into(action, place, point, f"error={error}")))
    assert any(told)
    measured.add(f"failed: {backend}, {action}", calls=len(told), told=sum(told), lost=0)


@every_action
@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_connection_that_is_cut_is_told_and_loses_nothing(
    backend: str,
    place: str,
    action: str,
    tmp_path: Path,
    long: bool,
    measured: Measured,
    postgresql_server: str,
) -> None:
    require_strace()
    emptied(place)
    points = calls(action, place, tmp_path / "log")
    names = ("sendto", "recvfrom") if long else ("sendto",)
    points = [point for point in points if point.name in names]
    points = points if long else spread(points, SOME)

    def cut() -> None:
        databases.disconnect(postgresql_server, "recommend, process%")

    told = []
    for point in points:
        emptied(place)
        told.append(survived(place, action, stop_at(action, place, point, tmp_path / "pipe", cut)))
    assert any(told)
    measured.add(f"cut off: {backend}, {action}", calls=len(told), told=sum(told), lost=0)


def survived(place: str, action: str, ended: Ended) -> bool:
    """Check what a worker that met a fault said, and left behind; did it tell of the fault?"""
    assert ended.status in (0, 1), ended
    assert (ended.status == 0) is bool(ended.acknowledged)
    assert "Traceback" not in ended.error
    written = check(open_records(place, Path(), PARAMETERS), action, ended.acknowledged)
    assert not ("nothing was recorded" in ended.error and written), ended.error
    return bool(ended.status)
