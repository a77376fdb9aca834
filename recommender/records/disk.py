"""Files that survive a crash: locking, appending and replacing them."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from recommender.errors import HistoryError


class CannotLockError(HistoryError):
    """The file system cannot lock files."""


@contextlib.contextmanager
def locked(path: Path, seconds: float, late: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock that the file at `path` stands for.

    The file is none of the ledgers, because a ledger may be replaced, and is never deleted,
    because two processes could then hold two files of one name. The kernel frees the lock of a
    process that dies.

    Args:
        path: the file.
        seconds: how long to wait in silence.
        late: what is called then, with the name of the holder; if it returns, the waiting goes on.

    Raises:
        CannotLockError: the file system cannot lock.
        HistoryError: the file cannot be written.
    """
    own_name = f"{os.getpid()} on {os.uname().nodename}"
    with explained(path.parent):
        path.parent.mkdir(exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        try:
            if _holder(file) == own_name:
                time.sleep(0.01)  # lets those who wait go first
            if not _taken(file, fcntl.LOCK_EX, seconds):
                late(_holder(file) or "unknown")
                fcntl.flock(file, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):
                raise CannotLockError(
                    f"{path}: files cannot be locked here ({error.strerror}); do this on a machine "
                    "where they can"
                ) from error
            with explained(path):
                raise
        # Who holds the lock is told to those who wait; on a full disk it stays untold.
        with contextlib.suppress(OSError):
            os.ftruncate(file, 0)
            os.pwrite(file, f"{own_name}\n".encode(), 0)
        yield
    finally:
        os.close(file)


@contextlib.contextmanager
def locked_in_time(path: Path, seconds: float) -> Iterator[None]:
    """Hold the lock that the file at `path` stands for, waiting at most `seconds` for it.

    Raises:
        HistoryError: the lock cannot be had; the message names the holder.
    """

    def late(holder: str) -> None:
        raise HistoryError(
            f"{path}: another process holds the lock (process {holder}); wait for it to finish, "
            "or end it, and try again"
        )

    with locked(path, seconds, late):
        yield


def await_writer(path: Path, seconds: float) -> None:
    """Wait at most `seconds` for whoever holds the lock at `path` to let go."""
    with contextlib.suppress(OSError):  # without a lock file nobody writes
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _taken(file, fcntl.LOCK_SH, seconds)
        finally:
            os.close(file)


def _taken(file: int, operation: int, seconds: float) -> bool:
    began = time.monotonic()
    while True:
        try:
            fcntl.flock(file, operation | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            waited = time.monotonic() - began
            if waited > seconds:
                return False
            # Who has waited longer tries more often, and so mostly comes first.
            time.sleep(max(0.001, 0.05 / (1 + 10 * waited)))


def _holder(file: int) -> str:
    """Return who holds the lock or, if it is free, who held it last."""
    return os.pread(file, 200, 0).decode(errors="replace").strip()


def read(path: Path) -> bytes:
    """Return the content of a file; a missing one is empty.

    Raises:
        HistoryError: it is there but cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise HistoryError(f"{path}: cannot be read: {error.strerror}") from error


def stamp(path: Path) -> tuple[int, ...]:
    """Return numbers that change when somebody edits or replaces the file."""
    try:
        state = path.stat()
    except OSError:
        return ()
    return (state.st_ino, state.st_size, state.st_mtime_ns)


def append(path: Path, data: bytes) -> None:
    """Append `data`, and return when it is on the disk; on failure the file is as before.

    Raises:
        HistoryError: the data could not be written.
    """
    with explained(path):
        # The name may be new: whoever made the file (git, an editor, a process that was killed)
        # need not have brought the folder to the disk.
        _sync_folder(path.parent)
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        try:
            size = os.fstat(file).st_size
            try:
                _write(file, data)
            except BaseException:
                os.ftruncate(file, size)
                raise
        finally:
            os.close(file)


def replace(path: Path, data: bytes) -> None:
    """Make `data` the content of the file: at every moment it holds the old or the new one.

    Raises:
        HistoryError: the data could not be written.
    """
    draft = path.with_name(f".{path.name}.draft.lock")  # named like a lock so that git ignores it
    with explained(path):
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else None
        draft.unlink(missing_ok=True)
        try:
            file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
            try:
                if mode is not None:
                    os.fchmod(file, mode)
                _write(file, data)
            finally:
                os.close(file)
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    try:
        _sync_folder(path.parent)
        if mode is None:  # the folder may be as new as the file
            _sync_folder(path.parent.parent)
    except OSError as error:
        raise HistoryError(
            f"{path}: was written, but the disk did not confirm it: {error.strerror}; see to that, "
            "and then whether it still stands there"
        ) from error


def remove(paths: Iterable[Path]) -> None:
    """Delete files that nobody needs; it does no harm where one stays."""
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink()


def _write(file: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]
    os.fsync(file)


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # folders need no such thing there
            raise
    finally:
        os.close(file)


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn an error of the operating system into a `HistoryError` that says what to do."""
    try:
        yield
    except OSError as error:
        todo = {
            errno.ENOSPC: "make room on the disk",
            errno.EDQUOT: "make room in your quota",
            errno.EFBIG: "raise the limit on file sizes",
            errno.EACCES: "make the folder and its files writable for you",
            errno.EPERM: "make the folder and its files writable for you",
            errno.EROFS: "use a project folder that can be written",
        }.get(error.errno or 0, "see to that")
        raise HistoryError(
            f"{path}: cannot be written: {error.strerror or error}; nothing was recorded: {todo} "
            "and try again"
        ) from error
