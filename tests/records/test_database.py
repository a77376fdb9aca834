"""What holds of a history in a database alone: its tables, its URL, its secrets, its cost."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from recommender import records as records_package
from recommender.campaign.project import Project
from recommender.campaign.recording import mark, record
from recommender.campaign.result import Result
from recommender.errors import HistoryError, UsageError
from recommender.history_url import passwords, redacted, scrubbed
from recommender.records import Event, EventKind
from recommender.records.database.connections import Database
from recommender.records.database.ledgers import DatabaseRecords, DatabaseWriter
from recommender.records.database.schema import REVISION, VERSION_TABLE, metadata
from recommender.run import Proposal, Status
from tests import databases
from tests.conftest import BACKENDS

every_database = pytest.mark.parametrize("backend", BACKENDS[1:], indirect=True)
RESULT = Event(id="run-1", status=Status.COMPLETED, params={"lr": 0.1, "t": 0.9})
PROPOSAL = Proposal(
    id="run-0001-aaaa",
    batch=1,
    proposed_at="",
    params={"lr": 0.1, "t": 0.9},
    metric="loss",
    role="explore",
    reason="",
)


@pytest.fixture
def database(history_url: str, tmp_path: Path) -> Database:
    return Database(history_url, tmp_path)


@every_database
def test_the_migrations_make_the_tables_that_the_statements_expect(database: Database) -> None:
    with database.writing() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


def test_the_last_migration_is_the_one_that_the_statements_expect() -> None:
    folder = Path(records_package.__file__).parent / "migrations"
    config = Config()
    config.set_main_option("script_location", str(folder))
    assert ScriptDirectory.from_config(config).get_heads() == [REVISION]


@every_database
def test_tables_of_a_newer_program_are_refused(
    database: Database, history_url: str, tmp_path: Path
) -> None:
    with database.writing() as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    newer = DatabaseRecords(history_url, tmp_path, ["lr", "t"])
    with pytest.raises(HistoryError, match=r"revision '9999', this program knows 0001; a newer"):
        newer.read()
    with pytest.raises(HistoryError, match="install that one"), newer.writing():
        pass


@every_database
def test_tables_of_an_older_program_are_brought_up_to_date_when_they_are_read(
    database: Database, records: DatabaseRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    with records.writing() as writer:
        writer.append_events([RESULT])
    upgraded = []
    monkeypatch.setattr("recommender.records.database.connections.REVISION", "0002")
    monkeypatch.setattr(
        "recommender.records.database.connections.Database._upgrade",
        lambda _, _connection, revision: upgraded.append(revision),
    )
    assert records.read().events == (RESULT,)
    assert upgraded == ["0001"]


@every_database
def test_a_run_has_one_proposal_whoever_forgets_the_lock(records: DatabaseRecords) -> None:
    with records.writing() as writer:
        writer.append_proposals([PROPOSAL])
    with pytest.raises(HistoryError, match=r"one_proposal_of_a_run|UNIQUE"):  # noqa: SIM117
        with records.writing() as writer:
            writer.append_events([RESULT])
            writer.append_proposals([PROPOSAL])
    assert records.read().events == ()


@every_database
def test_what_was_appended_before_an_error_is_not_kept(records: DatabaseRecords) -> None:
    def fail() -> None:
        with records.writing() as writer:
            writer.append_events([RESULT])
            assert writer.folded.events == (RESULT,)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert records.read().events == ()


@every_database
def test_recording_looks_at_no_other_run(sweep, monkeypatch) -> None:
    project = sweep.open()
    seen = []

    def whole(_: DatabaseWriter) -> None:
        pytest.fail("the whole history was read")

    find = DatabaseWriter.find

    def counting(self, **wanted):
        found = find(self, **wanted)
        seen.append(len(found.events))
        return found

    monkeypatch.setattr(DatabaseWriter, "folded", property(whole))
    monkeypatch.setattr(DatabaseWriter, "find", counting)
    record(project, "run-0001-aaaa", Result(metrics={"NMI": 0.5}), now="")
    params = {"lr": "0.02", "tau": "0.3"}
    for label in ("a", "b"):
        record(project, None, Result(metrics={"loss": 0.5}, params=params, label=label), now="")
    again = record(project, None, Result(metrics={"loss": 0.5}, params=params, label="a"), now="")
    assert again.event is None
    mark(project, ["run-0002-aaaa"], EventKind.EXCLUDE, note="why", now="")
    new = record(project, "mine", Result(metrics={"loss": 0.7}, params=params), now="")
    assert new.event is not None
    assert seen == [1, 0, 1, 2, 1, 0]
    assert [run.id[:8] for run in project.read().history.runs[6:]] == [
        *("run-0007", "run-0008", "mine")
    ]


@every_database
def test_a_run_is_found_by_amended_parameters_too(sweep, recommend) -> None:
    recommend("record", "run-0001-aaaa", "--param", "lr=2e-4", "--amend", "a zero too many")
    words = ["--param", "lr=0.00020", "--param", "tau=0.2", "--metric", "loss=0.7"]
    assert "run-0001-aaaa has the same parameters" in recommend("record", *words).err


@every_database
def test_names_of_columns_and_ids_are_data(records: DatabaseRecords) -> None:
    hostile = "loss); DROP TABLE recommender_results; --"
    event = Event(
        id="run-99999999999999999999-x",
        status=Status.COMPLETED,
        label="' OR 1=1 " + "x" * 9000,
        params={"lr": 0.1, "t": 0.9},
        metrics={hostile: 1.0, '"': 2.0, "%(x)s": 3.0, ":x": 4.0, "損失": 5.0},
        note="\ud800 \x1b[31m NUL\x00",
        extras={"code'": "v1"},
    )
    with records.writing() as writer:
        writer.append_events([event])
        assert [e.id for e in writer.find(label=event.label).events] == [event.id]
        assert writer.next_number() == 1
    (read,) = records.read().events
    assert read.metrics == event.metrics
    assert (read.label, read.extras, read.note) == (event.label, event.extras, "?  [31m NUL ")


def test_where_the_server_has_no_place_free_a_writer_waits_for_one(
    postgresql_server, postgresql, tmp_path, monkeypatch
) -> None:
    records = DatabaseRecords(postgresql, tmp_path, ["lr", "t"])
    waits = []
    with ExitStack() as others:
        with pytest.raises(psycopg.OperationalError, match="too many clients"):
            while True:
                others.enter_context(databases.connected(postgresql_server))

        def leave(seconds: float) -> None:
            waits.append(seconds)
            others.close()

        monkeypatch.setattr("recommender.records.database.connections.time.sleep", leave)
        with records.writing() as writer:
            writer.append_events([RESULT])
    assert len(waits) == 1
    assert records.read().events == (RESULT,)


# What is said of a URL, and with what


SECRET = "s3cr/et@x"
LEAKING = {
    f"postgresql+psycopg://me:{SECRET}@localhost:1/x": 1,
    "postgresql+psycopg://me:s3cr%2Fet%40x@localhost:1/x": 1,
    f"postgresql+psycopg://me@localhost:1/x?password={SECRET}": 1,
    f"postgresql+psycopg://:{SECRET}@localhost:1/x": 1,
    f"postgresql+psycopg://me:{SECRET}@localhost:1/x?nonsense=1": 1,
    f"postgresql+psycopg://me:{SECRET}@localhost:port/x": 2,
    f"oracle://me:{SECRET}@localhost/x": 2,
    f"sqlite://me:{SECRET}@localhost/x": 2,
    f"://me:{SECRET}@localhost/x": 2,
}


@pytest.mark.parametrize(("url", "status"), LEAKING.items())
@pytest.mark.parametrize("debug", [[], ["--debug"]])
def test_a_password_is_never_shown(sweep, recommend, monkeypatch, url, status, debug) -> None:
    monkeypatch.setenv("PGPASSWORD", SECRET)
    for place in ("", url):
        monkeypatch.setenv("RECOMMEND_HISTORY", place)
        commands = [["history", "copy", "history", url, "--json"]]
        for command in [["status"], ["next"], *commands] if place else commands:
            answer = recommend(*debug, *command, status=status)
            assert "***" in answer.err
            for piece in (SECRET, "s3cr", "et@x", "et%40x"):
                assert piece not in answer.out + answer.err
    for path in sweep.folder.rglob("*"):
        assert not path.is_file() or b"s3cr" not in path.read_bytes()


@pytest.mark.parametrize("url", LEAKING)
def test_a_password_in_the_sweep_file_is_refused(sweep, recommend, url) -> None:
    path = sweep.folder / "configs" / "sweep.yaml"
    path.write_text(f"history: '{url}'\n{path.read_text()}")
    error = recommend("status", status=2).error
    assert re.search(r"sweep.yaml:1: history: .*\*\*\*.* PGPASSWORD or ~/.pgpass", error)
    assert "s3cr" not in error


def test_a_url_without_a_password_is_shown_as_it_is() -> None:
    url = "postgresql+psycopg://me@host:5432/db?options=-csearch_path%3Da&sslmode=require"
    assert redacted(url) == url
    assert passwords(url) == []
    assert scrubbed("at host:5432", passwords(url)) == "at host:5432"


@pytest.mark.parametrize(
    "url", ["mysql://h/x", "sqlite://", "sqlite:///:memory:", "sqlite://host/x"]
)
def test_a_url_that_is_none_of_a_history_says_what_one_looks_like(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="sqlite:///"):
        DatabaseRecords(url, tmp_path, ["lr"])


@pytest.mark.parametrize("value", ["history/runs.db", "[a]", "3", "''"])
def test_what_is_no_url_in_the_sweep_file_is_refused(sweep, recommend, value) -> None:
    path = sweep.folder / "configs" / "sweep.yaml"
    path.write_text(f"{path.read_text()}history: {value}\n")
    assert "history: this is not the URL of a database" in recommend("status", status=2).error


def test_the_environment_wins_over_the_sweep_file(sweep, recommend, monkeypatch) -> None:
    path = sweep.folder / "configs" / "sweep.yaml"
    path.write_text(f"{path.read_text()}history: sqlite:///one.db\n")
    assert recommend("status", "--json").json["runs"] == 0
    monkeypatch.setenv("RECOMMEND_HISTORY", "sqlite:///two.db")
    recommend("record", "--param", "lr=0.01", "--param", "tau=0.3", "--metric", "loss=1")
    assert (sweep.folder / "two.db").exists()
    assert not (sweep.folder / "one.db").exists()
    monkeypatch.setenv("RECOMMEND_HISTORY", "two.db")
    with pytest.raises(UsageError, match="RECOMMEND_HISTORY is not the URL"):
        Project.open(sweep.folder, sweep.folder)


def test_a_file_that_is_no_database_is_an_error_and_stays(sweep, recommend, monkeypatch) -> None:
    path = sweep.write("notes.txt", "these are my notes, not a database\n" * 100)
    before = path.read_bytes()
    monkeypatch.setenv("RECOMMEND_HISTORY", "sqlite:///notes.txt")
    for command in (["status"], ["record", "a", "--param", "lr=0.1", "--param", "tau=0.5"]):
        assert "not a database" in recommend(*command, status=1).error
    assert path.read_bytes() == before


def test_a_server_that_is_not_there_is_one_error(sweep, recommend, monkeypatch) -> None:
    monkeypatch.setenv("RECOMMEND_HISTORY", "postgresql://me@/db?host=/nonexistent")
    for command in (["status"], ["next"], ["record", "run-0001-aaaa", "--metric", "loss=1"]):
        assert "the database cannot be used" in recommend(*command, status=1).error


@pytest.mark.parametrize("package", ["sqlalchemy", "alembic", "psycopg"])
def test_a_package_that_is_missing_is_named_with_what_to_install(sweep, package) -> None:
    url = "postgresql://me@/db?host=/x" if package == "psycopg" else "sqlite:///runs.db"
    code = (
        f"import sys; sys.modules['{package}'] = None\n"
        "from recommender.cli.main import main; main()"
    )
    call = [sys.executable, "-c", code, "record", "a", "--param", "lr=0.1", "--param", "tau=0.5"]
    environment = os.environ | {"RECOMMEND_HISTORY": url}
    done = subprocess.run(
        [*call, "--metric", "loss=1"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert f"needs the package {package}" in done.stderr
    assert "pip install 'recommender[database]'" in done.stderr
