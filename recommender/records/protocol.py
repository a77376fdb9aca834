"""What the rest of the program may ask of the ledgers, wherever they are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from recommender.records.event import Event
from recommender.records.fold import Folded
from recommender.run import Params, Proposal


@dataclass(frozen=True, slots=True)
class Content:
    """One ledger as it stands: its columns, none if it is empty, and the cells of each row.

    A row that a person added without an id has the one that it is known by.
    """

    columns: tuple[str, ...] = ()
    rows: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Contents:
    """Both ledgers as they stand, and what they say."""

    results: Content
    proposals: Content
    folded: Folded


@dataclass(frozen=True, slots=True)
class Probe:
    """What was found when a database was tried out.

    Attributes:
        revision: of its tables; None: there are none yet.
        time: what its clock says; None: it has none but that of this machine.
        damage: what is broken in its file.
    """

    revision: str | None
    time: datetime | None = None
    damage: str = ""


class Writer(Protocol):
    """The right to append, held under the write lock."""

    @property
    def folded(self) -> Folded:
        """What the ledgers say now, with everything that this writer has appended."""

    def find(self, *, id: str = "", label: str = "", params: Params | None = None) -> Folded:
        """Return what the ledgers say of the runs with this id, this label or these parameters.

        Other runs may be among them: a file is read from the top anyway, a database need not be.
        """

    def next_number(self) -> int:
        """Return the number after the highest in use."""

    def contents(self) -> Contents:
        """Return the ledgers as they stand now."""

    def append_events(self, events: Sequence[Event], metrics: Iterable[str] = ()) -> None:
        """Append rows of results, all or none; they are safe when the lock is let go.

        `metrics` are names that get a column with the rows, even if it stays blank.

        Raises:
            UsageError: a row holds what a ledger cannot keep.
            HistoryError: the rows could not be written; the ledger is as before.
        """

    def append_proposals(self, proposals: Sequence[Proposal]) -> None:
        """Append proposals, all or none; they are safe when the lock is let go.

        Raises:
            UsageError: a proposal holds what a ledger cannot keep.
            HistoryError: the rows could not be written; the ledger is as before.
        """

    def append_contents(self, results: Content, proposals: Content) -> None:
        """Append rows as they stand in other ledgers, and the columns that are new.

        Raises:
            UsageError: a column stands on the other side of our last one, or a cell is too long.
            HistoryError: the rows could not be written.
        """


class Records(Protocol):
    """The two append-only ledgers: what came back, and what was asked."""

    @property
    def results(self) -> str:
        """What messages call the ledger of results: `history/runs.csv`."""

    def read(self) -> Folded:
        """Return everything that the ledgers say. Waits for nobody.

        Raises:
            HistoryError: a ledger cannot be read, or a row of one makes no sense.
        """

    def contents(self) -> Contents:
        """Return the ledgers as they stand. Raises as `read`."""

    def writing(self, *, dry_run: bool = False) -> AbstractContextManager[Writer]:
        """Hold the write lock: nobody else appends between a look and the append it led to.

        In a dry run nothing is locked nor written, but all that is appended is checked.

        Raises:
            HistoryError: the lock cannot be had in time.
        """

    def proposing(self, waiting: Callable[[], None]) -> AbstractContextManager[None]:
        """Hold the lock under which batches are proposed, one after the other.

        `waiting` is called where that takes a while. Whoever proposes takes it before reading and
        then, to append, the write lock; recording a result needs only the write lock, and so
        never waits for a proposal.
        """


class DatabaseLike(Records, Protocol):
    """Ledgers in a database, which can be tried out."""

    @property
    def file(self) -> Path | None:
        """The file that the database is; None: a server has it."""

    def probe(self) -> Probe:
        """Write a row and take it back.

        Raises:
            HistoryError: the database cannot be written.
        """
