from __future__ import annotations

import errno
import os
import sqlite3
import time
from collections import namedtuple
from contextlib import closing

import pytest

from recommender.errors import HistoryError
from recommender.insight import storage
from tests.conftest import BACKENDS, RUNS

STORAGE = ["doctor", "--storage"]
DRAFT = "history/.runs.csv.draft.lock"
LETTER = (
    "id,event,status,recorded_at,label,hours,lr,tau,loss,note\n"
    "run-0009-aaaa,result,completed,2025-06-07T08:00:00Z,,,0.1,0.2,0.4,\n"
)


def levels(recommend, *options, status=0):
    checks = recommend(*STORAGE, "--json", *options, status=status).json["checks"]
    return {check["code"]: check["level"] for check in checks if check["level"] != "PASS"}


def cut_off(sweep):
    sweep.write("history/runs.csv", sweep.ledger() + "run-0007-aaaa,result,compl")


def left_behind(sweep):
    path = sweep.write(DRAFT, "half a led")
    os.utime(path, (time.time() - 7200,) * 2)


def posted(sweep):
    sweep.write("history/inbox/runs-1.csv", LETTER)


def contradicting(sweep):
    row = "run-0001-aaaa,result,completed,,,,,,0.5,,\n"
    sweep.write("history/runs.csv", sweep.ledger() + row)


def doubled(sweep):
    sweep.write("history/runs.csv", sweep.ledger() + sweep.ledger().splitlines()[1] + "\n")


def ahead(sweep):
    row = "run-0007-aaaa,result,completed,2999-01-01T00:00:00Z,,,0.1,0.2,0.5,,\n"
    sweep.write("history/runs.csv", sweep.ledger() + row)


def unreadable(sweep):
    sweep.write("history/runs.csv", b"\xff\xfe")


PLANTED = {
    cut_off: {"torn": "WARNING"},
    left_behind: {"leftover": "WARNING"},
    posted: {"inbox": "WARNING"},
    contradicting: {"contradiction": "FAIL"},
    doubled: {"duplicate": "WARNING"},
    ahead: {"future": "WARNING"},
    unreadable: {"readable": "FAIL"},
}
MENDED = (cut_off, left_behind, posted)


def test_a_sound_history_passes_and_is_left_as_it_is(sweep, recommend):
    before = sweep.tree()
    answer = recommend(*STORAGE, "--strict")
    assert answer.err == ""
    assert all(line.startswith("PASS ") for line in answer.out.splitlines())
    assert len(answer.out.splitlines()) == 12
    assert recommend(*STORAGE, "--quiet").out == ""
    assert sweep.tree() == before
    assert not list((sweep.folder / "history").glob(".*"))


def test_before_there_is_a_history_none_is_made(empty, recommend):
    assert levels(recommend, "--strict") == {}
    assert not (empty.folder / "history").exists()


@pytest.mark.parametrize("plant", PLANTED)
def test_what_is_wrong_with_the_files_is_said_and_changes_nothing(sweep, recommend, plant):
    plant(sweep)
    before = sweep.tree()
    assert levels(recommend) == PLANTED[plant]
    answer = recommend(*STORAGE, "--strict", status=3)
    assert next(iter(PLANTED[plant])) in answer.err
    if plant is not unreadable:
        assert recommend(*STORAGE, "--fix", "--dry-run").err.endswith("nothing was written\n")
    assert sweep.tree() == before


@pytest.mark.parametrize("plant", MENDED)
def test_what_is_safe_to_mend_is_mended(sweep, recommend, plant):
    plant(sweep)
    would = recommend(*STORAGE, "--fix", "--dry-run", "--json").json["mended"]
    answer = recommend(*STORAGE, "--fix", "--strict", "--json").json
    assert answer["mended"] == would
    assert len(would) == 1
    assert levels(recommend) == {}
    assert recommend(*STORAGE, "--fix", "--json").json["mended"] == []
    runs = recommend("status", "--json").json["runs"]
    assert runs == (7 if plant is posted else 6)


def test_a_draft_that_may_be_in_use_is_left(sweep, recommend):
    sweep.write(DRAFT, "half a led")
    assert recommend(*STORAGE, "--fix", "--strict", "--json").json["mended"] == []
    assert (sweep.folder / DRAFT).exists()


def test_a_decision_is_left_to_a_person_and_the_way_out_works(sweep, recommend):
    contradicting(sweep)
    assert recommend(*STORAGE, "--fix", "--json").json["mended"] == []
    (check,) = [c for c in recommend(*STORAGE, "--json").json["checks"] if c["level"] == "FAIL"]
    assert check["runs"] == ["run-0001-aaaa"]
    assert 'recommend record run-0001-aaaa --amend "why" --metric loss=0.91' in check["message"]
    recommend("record", "run-0001-aaaa", "--amend", "why", "--metric", "loss=0.91")
    assert levels(recommend) == {}


def failing(number):
    def fail(*_):
        raise OSError(number, os.strerror(number))

    return fail


Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(
    ("name", "instead", "found"),
    [
        ("fcntl.flock", failing(errno.ENOLCK), {"lock": "WARNING"}),
        ("fcntl.flock", lambda *_: None, {"lock": "FAIL"}),
        ("os.fsync", failing(errno.EIO), {"write": "FAIL"}),
        ("os.access", lambda *_: False, {"permission": "FAIL"}),
        ("shutil.disk_usage", lambda _: Usage(9, 9, 5e7), {"space": "WARNING"}),
        ("shutil.disk_usage", lambda _: Usage(9, 9, 5e5), {"space": "FAIL"}),
    ],
)
def test_what_the_file_system_cannot_do_is_found(
    sweep, recommend, monkeypatch, name, instead, found
):
    project = sweep.open()
    monkeypatch.setattr(name, instead)
    now = storage.datetime.now(storage.UTC)
    checks = storage.check_storage(project.records, now)
    assert {c.code: c.level for c in checks if c.level != "PASS"} == found
    assert all(path.suffix == ".csv" for path in (sweep.folder / "history").iterdir())


def test_a_clock_that_is_off_is_found(sweep):
    now = storage.datetime(2001, 1, 1, tzinfo=storage.UTC)
    checks = storage.check_storage(sweep.open().records, now)
    assert [c.code for c in checks if c.level != "PASS"] == ["clock"]


@pytest.mark.parametrize(
    "options",
    [["--fix"], ["--dry-run"], ["--storage", "--dry-run"], ["--storage", "--metric", "loss"]],
)
def test_wrong_use_is_refused(sweep, recommend, options):
    recommend("doctor", *options, status=2)


# In a database


every_database = pytest.mark.parametrize("backend", BACKENDS[1:], indirect=True)


@every_database
def test_a_sound_database_passes_and_is_left_as_it_is(backend, sweep, recommend):
    before = sweep.tree()
    answer = recommend(*STORAGE, "--strict", "--fix")
    assert answer.err == ""
    codes = [line.split()[1] for line in answer.out.splitlines() if line.startswith("PASS ")]
    rows = ["contradiction:", "duplicate:", "future:"]
    assert codes == (
        ["lock:", "space:", "readable:", "tables:", "write:", "intact:", *rows]
        if backend == "sqlite"
        else ["readable:", "tables:", "write:", "clock:", *rows]
    )
    assert "6 runs can be read" in answer.out
    assert sweep.tree() == before


@every_database
def test_before_there_are_tables_none_are_made(empty, recommend):
    for _ in range(2):
        assert levels(recommend, "--strict") == {}
        assert empty.open().records.probe().revision is None


@every_database
def test_what_is_wrong_with_the_rows_of_a_database_is_said(sweep, recommend):
    sweep.history(RUNS + RUNS.splitlines()[0] + "\n")
    row = "run-0007-aaaa,result,completed,2999-01-01T00:00:00Z,,,0.1,0.2,0.5,,\n"
    assert levels(recommend) == {"duplicate": "WARNING"}
    sweep.history(RUNS + row)
    assert levels(recommend) == {"future": "WARNING"}


@every_database
def test_a_database_that_may_only_be_read_is_said(sweep, recommend, monkeypatch):
    def barred(*_):
        raise HistoryError("permission denied for table recommender_headers")

    monkeypatch.setattr("recommender.records.database.connections.Database.writing", barred)
    assert levels(recommend) == {"write": "FAIL"}


def test_a_server_that_is_not_there_is_said(sweep, recommend, monkeypatch):
    monkeypatch.setenv("RECOMMEND_HISTORY", "postgresql://me@/db?host=/nonexistent")
    assert levels(recommend) == {"readable": "FAIL"}
    assert "readable" in recommend(*STORAGE, "--strict", status=3).err


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_damaged_file_of_a_database_is_said(sweep, recommend):
    path = sweep.folder / "history" / "runs.db"
    data = path.read_bytes()
    index = "SELECT rootpage FROM sqlite_master WHERE name = 'ix_recommender_results_label'"
    with closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute(index).fetchone()
    start = (root - 1) * 4096
    path.write_bytes(data[:start] + b"\x0a" + bytes(4095) + data[start + 4096 :])
    found = levels(recommend)
    assert found in ({"intact": "FAIL"}, {"write": "FAIL"})
