"""What the rest of the program may ask of the ledgers, wherever they are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from recommender.records.event import Event
from recommender.records.fold import Folded
from recommender.run import Proposal


class Writer(Protocol):
    """The right to append, held under the write lock."""

    @property
    def folded(self) -> Folded:
        """What the ledgers say now, with everything that this writer has appended."""

    def append_events(self, events: Sequence[Event], metrics: Iterable[str] = ()) -> None:
        """Append rows of results, and return when they are safe on the disk; all or none.

        `metrics` are names that get a column with the rows, even if it stays blank.

        Raises:
            UsageError: a row holds what a ledger cannot keep.
            HistoryError: the rows could not be written; the ledger is as before.
        """

    def append_proposals(self, proposals: Sequence[Proposal]) -> None:
        """Append proposals, and return when they are safe on the disk; all or none.

        Raises:
            UsageError: a proposal holds what a ledger cannot keep.
            HistoryError: the rows could not be written; the ledger is as before.
        """


class Records(Protocol):
    """The two append-only ledgers: what came back, and what was asked."""

    def read(self) -> Folded:
        """Return everything that the ledgers say. Waits for nobody.

        Raises:
            HistoryError: a ledger cannot be read, or a row of one makes no sense.
        """

    def writing(self, *, dry_run: bool = False) -> AbstractContextManager[Writer]:
        """Hold the write lock: nobody else appends between a look and the append it led to.

        In a dry run nothing is locked nor written, but all that is appended is checked.
        """

    def proposing(self, waiting: Callable[[], None]) -> AbstractContextManager[None]:
        """Hold the lock under which batches are proposed, one after the other.

        `waiting` is called where that takes a while. Whoever proposes takes it before reading and
        then, to append, the write lock; recording a result needs only the write lock, and so
        never waits for a proposal.
        """
