"""Examines the runs, or how they are stored, and mends what can be mended safely."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from recommender.campaign.project import Project
from recommender.campaign.viewing import view_of
from recommender.errors import ConflictError, HistoryError
from recommender.insight.check import Check, Level
from recommender.insight.doctor import doctor
from recommender.insight.storage import check_database, check_storage
from recommender.records import DatabaseLike, FileRecords


def examine(project: Project, metric: str | None, now: str) -> list[Check]:
    """Examine the runs, as seen through a metric, by default the objective.

    What contradicts itself or cannot be read must be mended first, and is all that is found then.

    Raises:
        ConfigError: the objective looks like a misspelt metric of the history.
        UsageError: no run has a value of that metric.
    """
    try:
        folded = project.read()
        seen = view_of(project, folded, metric)
    except ConflictError:
        conflicts = project.records.read().conflicts
        return [Check("contradiction", Level.FAIL, c.message, (c.id,)) for c in conflicts]
    except HistoryError as error:
        return [Check("readable", Level.FAIL, str(error))]
    return doctor(seen, datetime.fromisoformat(now))


def examine_storage(project: Project, now: str) -> list[Check]:
    """Examine what the history is stored on, and the history's own state."""
    records, time = project.records, datetime.fromisoformat(now)
    if isinstance(records, FileRecords):
        return check_storage(records, time)
    return check_database(cast(DatabaseLike, records), time)


def mend_storage(project: Project, *, dry_run: bool) -> list[str]:
    """Mend what can be mended without a decision, and return what was done, a sentence each.

    There is nothing of that kind in a database.

    Raises:
        HistoryError: a ledger cannot be read, or nothing be written.
    """
    records = project.records
    return records.mend(dry_run=dry_run) if isinstance(records, FileRecords) else []


def require_all_pass(checks: Sequence[Check]) -> None:
    """Check that every examination passed.

    Raises:
        ConflictError: one did not.
    """
    codes = dict.fromkeys(check.code for check in checks if check.level is not Level.PASS)
    if codes:
        raise ConflictError(f"not all is well: {', '.join(codes)}")
