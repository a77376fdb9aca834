"""Whether the history is stored safely: what is below it works, and its rows are in order."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from recommender.errors import HistoryError
from recommender.insight.check import Check, Level
from recommender.records import DatabaseLike, Event, FileRecords, Folded
from recommender.records.disk import CannotLockError
from recommender.records.storage import leftovers, lock_excludes, try_replace
from recommender.run import Proposal

_LITTLE_SPACE, _NO_SPACE = 100_000_000, 1_000_000  # bytes
_CLOCK_TOLERANCE = timedelta(minutes=5)
MEND = "recommend doctor --storage --fix"


def check_storage(records: FileRecords, now: datetime) -> list[Check]:
    """Examine the file system below a history, then its files.

    Args:
        records: the history.
        now: the time, with a time zone.
    """
    folder = records.folder if records.folder.is_dir() else records.folder.parent
    barred = _barred(records)
    if barred:
        shown = ", ".join(path.name for path in barred)
        message = f"{shown}: cannot be written by you; make the folder and its files writable"
        checks = [Check("permission", Level.FAIL, message)]
    else:
        checks = [
            Check("permission", Level.PASS, f"{folder} and its files can be written"),
            _lock(folder),
            *_write(folder, now),
        ]
    return [*checks, _space(folder), *_files(records, now)]


def check_database(records: DatabaseLike, now: datetime) -> list[Check]:
    """Examine a database, then the rows in it.

    Args:
        records: the history.
        now: the time, with a time zone.
    """
    checks = []
    if records.file is not None:
        checks = [_lock(records.file.parent), _space(records.file.parent)]
    try:
        folded = records.read()
    except HistoryError as error:
        return [*checks, Check("readable", Level.FAIL, str(error))]
    runs = f"{len(folded.history.runs)} runs can be read"
    checks.append(Check("readable", Level.PASS, runs))
    return [*checks, *_tried(records, now), *_rows(folded, now)]


def _tried(records: DatabaseLike, now: datetime) -> Iterator[Check]:
    try:
        found = records.probe()
    except HistoryError as error:
        yield Check("write", Level.FAIL, str(error))
        return
    if found.revision is None:
        yield Check("tables", Level.PASS, "there are none yet; the first row makes them")
    else:
        yield Check("tables", Level.PASS, f"they are of revision {found.revision}, as expected")
    yield Check("write", Level.PASS, "a row can be written under the lock, and taken back")
    if found.time is not None:
        yield _clock(f"{records.results}: its rows would be", found.time, now)
    if found.damage:
        message = f"{records.results}: damaged ({found.damage}); restore it from a backup"
        yield Check("intact", Level.FAIL, message)
    elif records.file is not None and found.revision is not None:
        yield Check("intact", Level.PASS, "the file is whole")


def _barred(records: FileRecords) -> list[Path]:
    folder = records.folder if records.folder.is_dir() else records.folder.parent
    ours = ("runs.csv", "proposals.csv", ".runs.lock", ".next.lock", "inbox")
    paths = [folder, *(records.folder / name for name in ours)]
    return [path for path in paths if path.exists() and not os.access(path, os.W_OK)]


def _lock(folder: Path) -> Check:
    try:
        if lock_excludes(folder):
            return Check("lock", Level.PASS, "a lock keeps a second process out")
        message = (
            f"{folder}: two processes can hold one lock, so that what two write at once may be "
            "lost; mount the file system with locks, or keep the project on another one"
        )
        return Check("lock", Level.FAIL, message)
    except CannotLockError:
        message = (
            f"{folder}: this file system cannot lock files; every result becomes a file of its "
            "own in inbox/, and two `recommend next` at once may propose alike"
        )
        return Check("lock", Level.WARNING, message)
    except HistoryError as error:
        return Check("lock", Level.FAIL, str(error))


def _write(folder: Path, now: datetime) -> Iterator[Check]:
    try:
        written = try_replace(folder)
    except HistoryError as error:
        yield Check("write", Level.FAIL, str(error))
        return
    yield Check("write", Level.PASS, "a file can be flushed to the disk and replaced as a whole")
    yield _clock(f"{folder}: its files are", datetime.fromtimestamp(written, UTC), now)


def _clock(what: str, theirs: datetime, now: datetime) -> Check:
    apart = abs(now - theirs)
    if apart <= _CLOCK_TOLERANCE:
        return Check("clock", Level.PASS, "what is written is dated as this machine's clock says")
    message = (
        f"{what} dated {apart.total_seconds() / 60:.0f} minutes off the time of this machine; set "
        "the clocks (only labels depend on it)"
    )
    return Check("clock", Level.WARNING, message)


def _space(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    if free > _LITTLE_SPACE:
        return Check("space", Level.PASS, f"{free / 1e9:.1f} GB free")
    level = Level.WARNING if free > _NO_SPACE else Level.FAIL
    return Check("space", level, f"{folder}: only {free / 1e6:.1f} MB free; make room on the disk")


def _files(records: FileRecords, now: datetime) -> Iterator[Check]:
    lying = [path.relative_to(records.folder).as_posix() for path in leftovers(records.folder)]
    if lying:
        message = f"{', '.join(lying)}: left by commands that were killed; remove with: {MEND}"
        yield Check("leftover", Level.WARNING, message)
    else:
        yield Check("leftover", Level.PASS, "no command left a draft behind")
    try:
        folded = records.read()
        torn, posted = records.torn(), records.posted()
    except HistoryError as error:
        yield Check("readable", Level.FAIL, str(error))
        return
    yield Check("readable", Level.PASS, f"{len(folded.history.runs)} runs can be read")
    if torn:
        message = f"{', '.join(torn)}: cut off while it was written; make it a comment with: {MEND}"
        yield Check("torn", Level.WARNING, message)
    else:
        yield Check("torn", Level.PASS, "no row is cut off")
    if posted:
        message = f"{posted} files wait in inbox/; move them into the ledgers with: {MEND}"
        yield Check("inbox", Level.WARNING, message)
    else:
        yield Check("inbox", Level.PASS, "nothing waits in the inbox")
    yield from _rows(folded, now)


def _rows(folded: Folded, now: datetime) -> Iterator[Check]:
    for conflict in folded.conflicts:
        yield Check("contradiction", Level.FAIL, conflict.message, (conflict.id,))
    if not folded.conflicts:
        yield Check("contradiction", Level.PASS, "no two rows contradict each other")
    twice = tuple(dict.fromkeys((*_repeated(folded.events), *_repeated(folded.proposals))))
    if twice:
        message = f"{', '.join(twice)}: rows stand twice, as after a merge; they count once"
        yield Check("duplicate", Level.WARNING, message, twice)
    else:
        yield Check("duplicate", Level.PASS, "no row stands twice")
    dated = [(event.id, event.recorded_at) for event in folded.events]
    dated += [(proposal.id, proposal.proposed_at) for proposal in folded.proposals]
    ahead = tuple(dict.fromkeys(id for id, time in dated if _is_ahead(time, now)))
    if ahead:
        message = (
            f"{', '.join(ahead)}: dated in the future; the clock of the machine that wrote it is "
            "wrong (nothing is ordered by it)"
        )
        yield Check("future", Level.WARNING, message, ahead)
    else:
        yield Check("future", Level.PASS, "no row is dated in the future")


def _repeated(rows: Sequence[Event] | Sequence[Proposal]) -> Iterator[str]:
    """Yield the ids of rows that stand there already."""
    seen: dict[str, list[Event | Proposal]] = {}
    for row in rows:
        others = seen.setdefault(row.id, [])
        if row in others:
            yield row.id
        others.append(row)


def _is_ahead(time: str, now: datetime) -> bool:
    try:
        return datetime.fromisoformat(time).astimezone(UTC) > now + _CLOCK_TOLERANCE
    except (ValueError, OverflowError):  # a person may have written anything there
        return False
