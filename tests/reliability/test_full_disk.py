"""A disk that fills up, a limit on files, folders that cannot be written or that vanish."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from recommender.errors import HistoryError
from recommender.records import FileRecords
from tests.conftest import Recommend, Sweep
from tests.needs import unavailable
from tests.reliability.worker import ACTIONS, PARAMETERS, result

LEDGER = (
    "id,event,status,recorded_at,label,hours,lr,t,loss,note\n"
    "run-1,result,completed,,,,0.1,0.9,0.5,first\n"
)
ROW = 'run-2,result,completed,,,,0.25,0.75,0.48,"two, words"\n'
PAGE = 4096
NOBODY = 65534


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of sixteen pages."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={16 * PAGE}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        unavailable("there is no mount command")
    if done.returncode:
        unavailable(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path, free: int = 0) -> None:
    """Leave room for `free` pages."""
    filler = folder / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(b"x" * PAGE):
            pass
    os.truncate(filler, filler.stat().st_size // PAGE * PAGE - free * PAGE)


def refused(folder: Path, action: str) -> str:
    """Return the one line that an action which cannot be done says; nothing is changed by it."""
    before = (folder / "runs.csv").read_bytes()
    names = {path.name for path in folder.iterdir()} | {".runs.lock"}
    with pytest.raises(HistoryError, match="nothing was recorded") as error:
        ACTIONS[action](FileRecords(folder, PARAMETERS))
    assert (folder / "runs.csv").read_bytes() == before
    assert {path.name for path in folder.iterdir()} <= names
    assert "\n" not in str(error.value)
    return str(error.value)


def works(folder: Path, action: str) -> None:
    records = FileRecords(folder, PARAMETERS)
    ACTIONS[action](records)
    folded = records.read()
    assert [run.id for run in folded.history.runs] == ["run-1", "run-2"]
    assert folded.notices == ()


@pytest.mark.parametrize("room", range(len(ROW) + 1))
def test_an_append_to_a_disk_with_room_for_part_of_the_row(small_disk: Path, room: int) -> None:
    folder = small_disk / "history"
    folder.mkdir()
    pad = "# " + "x" * (PAGE - room - len(LEDGER) - 3) + "\n"
    (folder / "runs.csv").write_text(LEDGER + pad)
    fill(small_disk)
    if room < len(ROW):
        assert "make room" in refused(folder, "record")
        (small_disk / "filler").unlink()
    works(folder, "record")


@pytest.mark.parametrize("free", range(5))
def test_a_rewrite_on_a_disk_with_room_for_part_of_the_file(small_disk: Path, free: int) -> None:
    folder = small_disk / "history"
    folder.mkdir()
    (folder / "runs.csv").write_text(LEDGER + ("#" + "x" * 98 + "\n") * 200)  # five pages
    fill(small_disk, free)
    assert "make room" in refused(folder, "record-new-metric")
    (small_disk / "filler").unlink()
    works(folder, "record-new-metric")


def test_a_command_on_a_full_disk(small_disk: Path, sweep: Sweep, recommend: Recommend) -> None:
    shutil.copytree(sweep.folder / "configs", small_disk / "configs")
    shutil.copytree(sweep.folder / "history", small_disk / "history")
    fill(small_disk)
    before = (small_disk / "history" / "runs.csv").read_bytes()
    given = ["-C", small_disk, "record", "run-0001-aaaa", "--metric", "ARI=0.5"]
    assert "make room on the disk" in recommend(*given, status=1).error
    assert (small_disk / "history" / "runs.csv").read_bytes() == before
    recommend("-C", small_disk, "status")
    (small_disk / "filler").unlink()
    recommend(*given)


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Limit the size of files; Python ignores the signal SIGXFSZ, so that writes fail."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("action", ["record", "record-new-metric"])
def test_a_limit_on_the_size_of_files_at_every_byte(tmp_path: Path, action: str) -> None:
    folder = tmp_path / "history"
    folder.mkdir()
    path = folder / "runs.csv"
    path.write_text(LEDGER)
    first = len(LEDGER) if action == "record" else 0
    for size in range(first, len(LEDGER) + len(ROW)):
        with largest_file(size):
            assert "limit on file sizes" in refused(folder, action)
    works(folder, action)


def as_nobody(work: Callable[[], None]) -> None:
    """Run `work` in a process whose rights to a folder count, which root's do not."""

    def run() -> None:
        if os.geteuid() == 0:
            os.setresuid(NOBODY, NOBODY, NOBODY)
        work()

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    process.join(60)
    assert process.exitcode == 0


@pytest.mark.parametrize("action", ["record", "record-new-metric"])
def test_a_folder_that_may_only_be_read(action: str) -> None:
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders bar other users
        Path(name).chmod(0o755)
        folder = Path(name) / "history"
        folder.mkdir()
        (folder / "runs.csv").write_text(LEDGER)
        (folder / "runs.csv").chmod(0o444)
        folder.chmod(0o555)

        def work() -> None:
            assert "writable for you" in refused(folder, action)
            assert len(FileRecords(folder, PARAMETERS).read().events) == 1

        as_nobody(work)
        folder.chmod(0o755)


@pytest.mark.parametrize("metric", ["loss", "NMI"])
def test_a_folder_that_vanishes_while_it_is_written_is_not_made_anew(
    tmp_path: Path, metric: str
) -> None:
    folder = tmp_path / "history"
    folder.mkdir()
    (folder / "runs.csv").write_text(LEDGER)
    with FileRecords(folder, PARAMETERS).writing() as writer:
        assert len(writer.folded.events) == 1
        shutil.rmtree(folder)
        with pytest.raises(HistoryError, match="nothing was recorded"):
            writer.append_events([result("run-2", **{metric: 0.48})])
    assert not folder.exists()


def test_a_project_that_vanished_is_not_made_anew(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="cannot be written: No such file"):
        ACTIONS["record"](FileRecords(tmp_path / "gone" / "history", PARAMETERS))
    assert not (tmp_path / "gone").exists()
