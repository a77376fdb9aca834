"""One ledger on the disk, with its inbox: reading it, and what appends to it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from recommender.records import disk
from recommender.records.columns import event_cells, proposal_cells
from recommender.records.event import Event
from recommender.records.growth import Parser
from recommender.records.header import PROPOSALS, RESULTS, Layout
from recommender.records.inbox import Inbox, Letter
from recommender.records.ledger import Ledger, parse
from recommender.records.protocol import Content
from recommender.records.writer import Cells
from recommender.run import Proposal


class Reading(NamedTuple):
    """One reading of a ledger and its inbox; the `stamp` changes with the ledger's file."""

    ledger: Ledger
    letters: tuple[Letter, ...]
    digest: str
    stamp: tuple[int, ...]

    @property
    def ledgers(self) -> tuple[Ledger, ...]:
        """The ledger, and those that are the files of its inbox."""
        return (self.ledger, *(letter.ledger for letter in self.letters))


class Readings(NamedTuple):
    """One reading of both ledgers."""

    runs: Reading
    proposals: Reading

    @property
    def torn(self) -> list[str]:
        """Where cut-off rows stand."""
        return [reading.ledger.torn for reading in self if reading.ledger.torn]

    @property
    def by_layout(self) -> dict[Layout, Reading]:
        """Each by its ledger's layout."""
        return {RESULTS: self.runs, PROPOSALS: self.proposals}

    @property
    def digest(self) -> str:
        """12 hex digits that stand for the content of both ledgers."""
        names = [letter.path.name for reading in self for letter in reading.letters]
        parts = "".join((*(reading.digest for reading in self), *names))
        return hashlib.sha256(parts.encode()).hexdigest()[:12]


class LedgerFile:
    """One ledger on the disk."""

    def __init__(self, folder: Path, layout: Layout) -> None:
        # Not `Path.resolve`, which raises an error of its own where links form a loop.
        self.path = Path(os.path.realpath(folder / f"{layout.name}.csv"))
        self.where = f"{folder.absolute().name}/{layout.name}.csv"
        self.layout = layout
        self.inbox = Inbox(self.path, self.where, layout.ours)
        self._parser = Parser(self.where, layout.ours)

    def read(self) -> Reading:
        """Return what the ledger and its inbox say.

        Raises:
            HistoryError: a file cannot be read.
        """
        # Before the ledger, so that what is moved meanwhile is seen twice rather than not at all.
        letters = self.inbox.read()
        stamp = disk.stamp(self.path)
        data = disk.read(self.path)
        ledger = self._parser.parse(data)
        return Reading(ledger, letters, hashlib.sha256(data).hexdigest(), stamp)

    def heal(self) -> None:
        """Make a cut-off row a comment."""
        ledger = self.read().ledger
        disk.replace(self.path, ledger.rewritten(self.layout.header(ledger.headers, ()), ()))

    def prepared(
        self,
        reading: Reading,
        rows: Sequence[Cells],
        parameters: Iterable[str],
        metrics: Iterable[str],
        extras: Iterable[str],
        *,
        to_inbox: bool,
    ) -> Callable[[], None]:
        """Return what appends the rows, after everything that may be wrong with them was tried."""
        ledger = self._now(reading).ledger
        header = self.layout.header(ledger.headers, parameters, metrics, extras)
        if to_inbox:
            empty = parse(b"", self.where, self.layout.ours)
            return partial(self.inbox.post, empty.rewritten(header, rows))
        if ledger.headers[-1:] == (header,) and not ledger.torn:
            return partial(disk.append, self.path, ledger.appended(rows))
        return partial(disk.replace, self.path, ledger.rewritten(header, rows))

    def prepared_content(self, reading: Reading, content: Content) -> Callable[[], None]:
        """Return what appends rows as they stand; a cell of several lines must not be cut off."""
        ledger = self._now(reading).ledger
        header = self.layout.header((*ledger.headers, content.columns), ())
        return partial(disk.replace, self.path, ledger.rewritten(header, content.rows))

    def _now(self, reading: Reading) -> Reading:
        edited = reading.stamp != disk.stamp(self.path)  # by hand, since it was read
        return self.read() if edited else reading


def content_of(layout: Layout, reading: Reading, read: Sequence[Event | Proposal]) -> Content:
    """Return a ledger as it stands, and as it will when its inbox is moved into it.

    `read` is what each of its rows says, and after them those that only the inbox has.
    """
    headers = [header for ledger in reading.ledgers for header in ledger.headers]
    rows: list[Cells] = [
        row.cells if row.cells["id"].strip() else {**row.cells, "id": named.id}
        for row, named in zip(reading.ledger.rows(), read, strict=False)
    ]
    for posted in read[len(rows) :]:
        rows.append(event_cells(posted) if isinstance(posted, Event) else proposal_cells(posted))
    return Content(layout.header(headers, ()) if headers else (), tuple(rows))
