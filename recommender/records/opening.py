"""The ledgers at a place: a folder of files, or a database."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from recommender.errors import HistoryError
from recommender.history_url import is_url, redacted
from recommender.records.files import FileRecords
from recommender.records.protocol import Records
from recommender.run import Params


def open_records(
    place: str, folder: Path, parameters: Sequence[str], backfill: Params | None = None
) -> Records:
    """Return the ledgers at a place.

    Args:
        place: a URL or a folder, which are meant from `folder` on.
        folder: as above.
        parameters: the names of which every run has a value.
        backfill: the values that runs had of the parameters that their rows leave blank.

    Raises:
        UsageError: the URL is none that can be used.
        HistoryError: a package that a database needs is not installed.
    """
    if not is_url(place):
        return FileRecords(folder / place, parameters, backfill)
    try:
        if find_spec("alembic") is None:  # which is loaded only where tables are made
            raise ImportError(name="alembic")
        from recommender.records.database.ledgers import DatabaseRecords

        return DatabaseRecords(place, folder, parameters, backfill)
    except ImportError as error:
        raise HistoryError(
            f"{redacted(place)}: a history in a database needs the package "
            f"{error.name or 'psycopg[binary]'}; install what it takes with: "
            "pip install 'recommender[database]'"
        ) from None
