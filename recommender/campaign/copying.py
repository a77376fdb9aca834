"""Copies a history from one place to another."""

from __future__ import annotations

from pathlib import Path

from recommender.campaign.project import Project
from recommender.errors import UsageError
from recommender.history_url import is_url, redacted
from recommender.records import Copied, Records, copy, open_records


def copy_history(
    project: Project, source: str, target: str, *, here: Path, dry_run: bool = False
) -> Copied:
    """Add to the history at `target` what the one at `source` has and it lacks.

    A place is a URL, as in the sweep file, or a folder from `here` on.

    Raises:
        UsageError: there is no history at `source`, or a place is none that can be used.
        ConflictError: the two histories contradict each other; nothing is written.
        HistoryError: a history cannot be read or written.
    """

    def at(place: str) -> Records:
        config = project.config
        folder = project.folder if is_url(place) else here
        return open_records(place, folder, config.space.names, config.backfill)

    origin = at(source)
    given = origin.contents()
    if not given.results.columns and not given.proposals.columns:
        raise UsageError(
            f"{redacted(source)}: there is no history here; name a folder that holds runs.csv, or "
            "the URL of a database"
        )
    return copy(origin, at(target), dry_run=dry_run)
