"""Where a file system cannot lock: one file for each append, in `history/inbox/`.

Every file is a small ledger under a name of its own, so that no two writers meet. It is read
together with the ledger, and what it says stands only once even while it is in both. The next
writer that can lock moves it into the ledger.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from recommender.errors import HistoryError
from recommender.records import disk
from recommender.records.event import Event
from recommender.records.ledger import Ledger, parse
from recommender.run import Proposal

FOLDER = "inbox"
_Row = TypeVar("_Row", Event, Proposal)


class Letter(NamedTuple):
    """One file of an inbox."""

    path: Path
    ledger: Ledger


class Inbox:
    """The files in the inbox beside a ledger that are meant for that ledger."""

    def __init__(self, ledger: Path, where: str, required: Sequence[str]) -> None:
        self._folder = ledger.with_name(FOLDER)
        self._where = where.replace(ledger.name, FOLDER)
        self._prefix = f"{ledger.stem}-"
        self._required = required

    def names(self) -> list[str]:
        """Return the names of the files, the older ones first as far as clocks can tell.

        Raises:
            HistoryError: the folder is there but cannot be read.
        """
        try:
            names = os.listdir(self._folder)  # noqa: PTH208 - it is asked for at every reading
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise HistoryError(f"{self._folder}: cannot be read: {error.strerror}") from error
        return sorted(n for n in names if n.startswith(self._prefix) and n.endswith(".csv"))

    def read(self) -> tuple[Letter, ...]:
        """Return the files.

        Raises:
            HistoryError: one cannot be read.
        """
        letters = []
        for name in self.names():
            path = self._folder / name
            ledger = parse(disk.read(path), f"{self._where}/{name}", self._required)
            if ledger.records:  # else it was moved into the ledger since it was listed
                letters.append(Letter(path, ledger))
        return tuple(letters)

    def post(self, data: bytes) -> None:
        """Add a file, and return when it is safe on the disk.

        Raises:
            HistoryError: it could not be written.
        """
        name = f"{self._prefix}{time.time_ns():020d}-{os.urandom(8).hex()}.csv"
        with disk.explained(self._folder):
            self._folder.mkdir(exist_ok=True)
        disk.replace(self._folder / name, data)


def new_rows(known: list[_Row], posted: Iterable[list[_Row]]) -> list[_Row]:
    """Return the rows of the inbox that say something which the ledger does not say."""
    letters = [row for rows in posted for row in rows]
    said: dict[str, list[_Row]] = {row.id: [] for row in letters}
    for row in known if said else ():
        if row.id in said:
            said[row.id].append(row)
    new: list[_Row] = []
    for row in letters:
        if row not in said[row.id]:
            said[row.id].append(row)
            new.append(row)
    return new
