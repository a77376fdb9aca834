"""What the file system of a history can do, tried out; and what was left lying about there."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from recommender.errors import HistoryError
from recommender.records import disk
from recommender.records.inbox import FOLDER

_PATIENCE = 1.0  # seconds in which a lock that nobody else knows of must be had
_TRY_TO_LOCK = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(3)
"""
_LEFTOVERS = (".*.draft.lock", f"{FOLDER}/.*.draft.lock", ".probe-*.lock")
_SECONDS_AT_WORK = 3600.0  # no command writes a file for longer


@contextlib.contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    path = folder / f".probe-{os.getpid()}.lock"  # named like a lock so that git ignores it
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def lock_excludes(folder: Path) -> bool:
    """Whether a lock that one process holds keeps another process out.

    Raises:
        CannotLockError: the file system cannot lock.
        HistoryError: nothing can be written there.
    """

    def late(holder: str) -> None:
        raise HistoryError(f"{folder}: a new lock is held already (by process {holder})")

    with _scratch(folder) as path, disk.locked(path, _PATIENCE, late):
        command = [sys.executable, "-S", "-E", "-c", _TRY_TO_LOCK, str(path)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 3


def try_replace(folder: Path) -> float:
    """Write, flush and replace a file as a ledger is, and return its time (seconds since 1970).

    Raises:
        HistoryError: that failed.
    """
    with _scratch(folder) as path:
        for data in (b"before", b"after"):
            disk.replace(path, data)
        disk.append(path, b"wards")
        if disk.read(path) != b"afterwards":
            raise HistoryError(f"{folder}: a file that was written reads otherwise")
        return path.stat().st_mtime


def leftovers(folder: Path) -> list[Path]:
    """Return the drafts that killed commands left, which nobody reads."""
    return sorted(
        path for pattern in _LEFTOVERS for path in folder.glob(pattern) if _is_abandoned(path)
    )


def _is_abandoned(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > _SECONDS_AT_WORK
    except OSError:  # its command has just finished
        return False
