"""Examines how the history is stored, and mends what can be mended safely."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from recommender.campaign.project import Project
from recommender.errors import ConflictError, UsageError
from recommender.insight.check import Check, Level
from recommender.insight.storage import check_storage
from recommender.records import FileRecords


def examine_storage(project: Project, now: str) -> list[Check]:
    """Examine the file system below the history, and the history's files.

    Raises:
        UsageError: the history is not kept in files.
    """
    return check_storage(_files(project), datetime.fromisoformat(now))


def mend_storage(project: Project, *, dry_run: bool) -> list[str]:
    """Mend what can be mended without a decision, and return what was done, a sentence each.

    Raises:
        UsageError: the history is not kept in files.
        HistoryError: a ledger cannot be read, or nothing be written.
    """
    return _files(project).mend(dry_run=dry_run)


def require_all_pass(checks: Sequence[Check]) -> None:
    """Check that every examination passed.

    Raises:
        ConflictError: one did not.
    """
    codes = dict.fromkeys(check.code for check in checks if check.level is not Level.PASS)
    if codes:
        raise ConflictError(f"not all is well: {', '.join(codes)}")


def _files(project: Project) -> FileRecords:
    if not isinstance(project.records, FileRecords):
        raise UsageError("--storage examines files, but this history is kept elsewhere")
    return project.records
