from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import settings

from recommender.campaign.project import Project
from recommender.records import FileRecords, copy, open_records
from tests import databases

# A slow machine is no failure: how long things take is for benchmarks.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

PARAMETERS = ("lr", "tau")
SWEEP = """\
objective: {metric: loss, direction: minimize}
parameters:
  lr:  {type: real, low: 1.0e-5, high: 1.0e-1, scale: log}
  tau: {type: real, low: 0.1, high: 1.0}
"""
TEMPLATE = """\
# my training
name: toy     # what it is called
epochs: 10
optimizer:
  momentum: 0.9
lr: 3e-4
tau: 0.5
"""
COLUMNS = "id,event,status,recorded_at,label,hours,lr,tau,loss,NMI,note"
RUNS = """\
run-0001-aaaa,result,completed,,06-01,3.5,0.0001,0.2,0.91,,
run-0002-aaaa,result,completed,,06-02,3.5,0.001,0.3,0.62,,
run-0003-aaaa,result,completed,,06-03,3.5,0.01,0.5,0.55,,
run-0004-aaaa,result,completed,,06-04,3.5,0.05,0.7,0.88,,
run-0005-aaaa,result,completed,,06-05,3.5,0.003,0.9,0.71,,
run-0006-aaaa,result,completed,,06-06,3.5,0.00002,0.6,1.2,,
"""


# These take long, and what they test does not depend on the version of Python.
THOROUGH = (
    "tests/benchmarks/",
    "tests/cli/test_reporting.py",
    "tests/engine/test_outlook.py",
    "tests/engine/test_recommender_anywhere.py",
    "tests/engine/test_surrogate.py",
    "tests/engine/test_sweep.py",
    "tests/insight/",
    "tests/records/test_copying.py",
    "tests/reliability/",
    "tests/report/",
    "tests/test_architecture.py",
    "tests/test_readme.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        # That the driver of a database works here, tests/records shows without the command line.
        served = item.nodeid.startswith("tests/cli/") and "postgresql" in item.name
        if served or item.nodeid.startswith(THOROUGH):
            item.add_marker("thorough")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long", action="store_true", help="the long version of the tests in tests/reliability"
    )


@dataclass(frozen=True)
class Answer:
    """What one call of the command line gave."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The one error of a call that failed, with nothing else on either stream."""
        assert self.out == ""
        assert self.err.startswith("recommend: ")
        assert self.err.count("recommend: ") == 1
        assert "Traceback" not in self.err
        assert "internal error" not in self.err
        return self.err.removeprefix("recommend: ").removesuffix("\n")


BACKENDS = ("files", "sqlite", "postgresql")
every_backend = pytest.mark.parametrize("backend", BACKENDS, indirect=True)

Recommend = Callable[..., Answer]
SWEEP_LOG = Path(__file__).parents[2] / "shared" / "sweep-log.txt"


@dataclass(frozen=True)
class Sweep:
    """A small project in a temporary folder; its history is in files, or in a database at a URL."""

    folder: Path
    url: str = ""

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def history(self, rows: str = RUNS, columns: str = COLUMNS) -> None:
        if not self.url:
            self.write("history/runs.csv", f"{columns}\n{rows}")
            return
        from recommender.records.database.ledgers import DatabaseRecords
        from recommender.records.database.schema import metadata

        records = DatabaseRecords(self.url, self.folder, PARAMETERS)
        with records.database.writing() as connection:
            for table in metadata.sorted_tables:
                connection.execute(table.delete())
        aside = self.folder.with_name("aside")
        aside.mkdir(exist_ok=True)
        (aside / "runs.csv").write_text(f"{columns}\n{rows}")
        copy(FileRecords(aside, PARAMETERS), records)

    def ledger(self, name: str = "runs") -> str:
        """The text of a ledger, of one in a database what it becomes as a file."""
        if not self.url:
            return (self.folder / "history" / f"{name}.csv").read_text()
        with TemporaryDirectory() as aside:
            files = FileRecords(Path(aside), PARAMETERS)
            copy(open_records(self.url, self.folder, PARAMETERS), files)
            path = Path(aside, f"{name}.csv")
            return path.read_text() if path.exists() else ""

    def open(self) -> Project:
        return Project.open(self.folder, self.folder)

    def tree(self) -> dict[str, tuple[int, bytes]]:
        """Every file but the locks, with its time and content; folders too; and the ledgers."""
        ledgers = {}
        if self.url:
            ledgers = {name: (0, self.ledger(name).encode()) for name in ("runs", "proposals")}
        return ledgers | {
            path.relative_to(self.folder).as_posix(): (
                (path.stat().st_mtime_ns, path.read_bytes()) if path.is_file() else (0, b"")
            )
            for path in self.folder.rglob("*")
            if path.suffix != ".lock"
        }


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    with databases.server() as socket:
        yield socket


@pytest.fixture
def postgresql(postgresql_server: str) -> Iterator[str]:
    """The URL of an empty history on a real PostgreSQL server."""
    with databases.schema(postgresql_server) as url:
        yield url


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> str:
    """Where the history is kept: in files, unless a test is parametrised with other backends."""
    return str(getattr(request, "param", "files"))


@pytest.fixture
def history_url(backend: str, request: pytest.FixtureRequest) -> str:
    """The URL of an empty history, or nothing where it is kept in files."""
    if backend == "postgresql":
        return str(request.getfixturevalue("postgresql"))
    return "sqlite:///history/runs.db" if backend == "sqlite" else ""


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, history_url: str) -> Sweep:
    """A project without a history, in the current folder."""
    for name in ("RECOMMEND_PROJECT", "RECOMMEND_HISTORY", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    folder = tmp_path / "toy"
    sweep = Sweep(folder, history_url)
    if history_url:
        monkeypatch.setenv("RECOMMEND_HISTORY", history_url)
    sweep.write("configs/sweep.yaml", SWEEP)
    sweep.write("configs/base.yaml", TEMPLATE)
    monkeypatch.chdir(folder)
    return sweep


@pytest.fixture
def sweep(empty: Sweep) -> Sweep:
    """A project with six finished runs."""
    empty.history()
    return empty


@pytest.fixture
def recommend(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Recommend:
    """Call the command line in this process; where no status is expected, any will do."""
    from recommender.cli.main import main

    def call(*arguments: object, status: int | None = 0) -> Answer:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["recommend", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit:
            main()
        gc.unfreeze()  # what a command leaves behind goes with its process, but not here
        captured = capsys.readouterr()
        answer = Answer(int(exit.value.code or 0), captured.out, captured.err)
        assert status in (answer.status, None), answer
        return answer

    return call


@pytest.fixture(scope="session")
def write(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Write a file under a fresh name; session-wide, so that properties can use it."""
    folder = tmp_path_factory.mktemp("tables")
    numbers = count()

    def write(content: str | bytes, suffix: str = ".csv") -> Path:
        path = folder / f"{next(numbers)}{suffix}"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture(scope="session")
def sweep_log() -> Path:
    if not SWEEP_LOG.exists():
        pytest.skip("the real sweep log is not beside this repository")
    return SWEEP_LOG
