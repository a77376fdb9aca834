"""The ledgers as two CSV files in a project's `history/`."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from recommender.records import disk
from recommender.records.columns import metric_names, read_events, read_proposals
from recommender.records.event import Event
from recommender.records.fold import Folded, fold
from recommender.records.header import PROPOSALS, RESULTS, Layout
from recommender.records.ledger import Ledger, parse
from recommender.records.protocol import Content, Contents
from recommender.records.writer import Cells, CheckingWriter
from recommender.run import Params, Proposal, next_number

_SECONDS_TO_WRITE = 60.0  # more than anybody holds the write lock
_SECONDS_OF_SILENCE = 1.0


class FileRecords:
    """The ledgers `runs.csv` and `proposals.csv` in a folder. Implements `Records`.

    A ledger that is a symbolic link is written where the link points. The locks lie beside
    `runs.csv`, as `.runs.lock` and `.next.lock`.
    """

    def __init__(self, folder: Path, parameters: Sequence[str]) -> None:
        self.parameters = tuple(parameters)
        self._files = {layout: _File(folder, layout) for layout in (RESULTS, PROPOSALS)}

    @property
    def results(self) -> str:
        """What messages call the ledger of results."""
        return self._files[RESULTS].where

    def read(self) -> Folded:
        """Return everything that the ledgers say; a missing one says nothing.

        Raises:
            HistoryError: a ledger cannot be read, or a row of one makes no sense.
        """
        return self._settled()[-1]

    def contents(self) -> Contents:
        """Return the ledgers as they stand. Raises as `read`."""
        return _contents(*self._settled())

    def _settled(self) -> _Reading:
        reading = self._read()
        if reading[-1].notices:  # what seems cut off may be in the course of being written
            disk.await_writer(self._write_lock, _SECONDS_TO_WRITE)
            reading = self._read()
        return reading

    def _read(self) -> _Reading:
        # Results first: what is appended meanwhile can then not be a result without its proposal.
        runs, proposals = (self._files[layout].read() for layout in (RESULTS, PROPOSALS))
        results = self._files[RESULTS].parse(runs)
        asked = self._files[PROPOSALS].parse(proposals)
        folded = fold(
            read_events(results, self.parameters),
            read_proposals(asked, self.parameters),
            self.parameters,
        )
        notices = tuple(
            f"{ledger.torn}: this row was cut off while it was written, and is passed over"
            for ledger in (results, asked)
            if ledger.torn
        )
        folded = replace(
            folded,
            metrics=metric_names(results, self.parameters),
            notices=notices,
            digest=_digest(runs, proposals),
        )
        return results, asked, folded

    @property
    def _write_lock(self) -> Path:
        return self._files[RESULTS].path.with_name(".runs.lock")

    @contextlib.contextmanager
    def writing(self, *, dry_run: bool = False) -> Iterator[FileWriter]:
        """Hold the write lock; in a dry run only check what is appended, and leave no trace.

        Raises:
            HistoryError: the lock cannot be had, or a ledger not be read.
        """
        lock = disk.locked_in_time(self._write_lock, _SECONDS_TO_WRITE)
        with contextlib.nullcontext() if dry_run else lock:
            yield FileWriter(self, dry_run)

    @contextlib.contextmanager
    def proposing(self, waiting: Callable[[], None]) -> Iterator[None]:
        """Hold the lock under which batches are proposed, waiting for it as long as it takes.

        Raises:
            HistoryError: the lock cannot be had.
        """
        lock = self._files[RESULTS].path.with_name(".next.lock")
        with disk.locked(lock, _SECONDS_OF_SILENCE, lambda _: waiting()):
            yield


class FileWriter(CheckingWriter):
    """Appends to the ledgers of a `FileRecords` whose write lock is held, or only checks."""

    def __init__(self, records: FileRecords, dry_run: bool) -> None:
        super().__init__(records.parameters, dry_run)
        self._records = records
        self._read: _Reading | None = None

    def _reading(self) -> _Reading:
        if self._read is None:
            self._read = self._records._read()
        return self._read

    @property
    def folded(self) -> Folded:
        """What the ledgers say now, with everything that this writer has appended."""
        return self._reading()[-1]

    def find(self, *, id: str = "", label: str = "", params: Params | None = None) -> Folded:
        """Return everything that the ledgers say, since they are read from the top anyway."""
        return self.folded

    def next_number(self) -> int:
        """Return the number after the highest in use."""
        return next_number([run.id for run in self.folded.history.runs])

    def contents(self) -> Contents:
        """Return the ledgers as they stand now."""
        return _contents(*self._reading())

    def append_contents(self, results: Content, proposals: Content) -> None:
        """Append rows as they stand in other ledgers, and the columns that are new.

        Raises:
            UsageError: a column stands on the other side of our last one, or a cell is too long.
            HistoryError: the rows could not be written.
        """
        # Proposals first, so that no result ever stands without its proposal.
        prepared = [
            self._records._files[layout].prepared_content(content)
            for layout, content in ((PROPOSALS, proposals), (RESULTS, results))
            if content.columns
        ]
        self._write(*prepared)

    def _append(
        self, layout: Layout, rows: Sequence[Cells], metrics: Iterable[str], extras: Iterable[str]
    ) -> None:
        _ = self.folded  # raises where the ledgers make no sense: nothing goes on top of that
        if rows:
            file = self._records._files[layout]
            self._write(file.prepared(rows, self._records.parameters, metrics, extras))

    def _write(self, *prepared: Callable[[], None]) -> None:
        if not self._dry_run:
            self._read = None
            for write in prepared:
                write()


class _File:
    """One ledger on the disk."""

    def __init__(self, folder: Path, layout: Layout) -> None:
        # Not `Path.resolve`, which raises an error of its own where links form a loop.
        self.path = Path(os.path.realpath(folder / f"{layout.name}.csv"))
        self.where = f"{folder.absolute().name}/{layout.name}.csv"
        self.layout = layout

    def read(self) -> bytes:
        return disk.read(self.path)

    def parse(self, data: bytes) -> Ledger:
        return parse(data, self.where, self.layout.ours)

    def prepared(
        self,
        rows: Sequence[Cells],
        parameters: Iterable[str],
        metrics: Iterable[str],
        extras: Iterable[str],
    ) -> Callable[[], None]:
        """Return what appends the rows, after everything that may be wrong with them was tried."""
        ledger = self.parse(self.read())
        header = self.layout.header(ledger.headers, parameters, metrics, extras)
        if ledger.headers[-1:] == (header,) and not ledger.torn:
            return partial(disk.append, self.path, ledger.appended(rows))
        return partial(disk.replace, self.path, ledger.rewritten(header, rows))

    def prepared_content(self, content: Content) -> Callable[[], None]:
        """Return what appends rows as they stand; a cell of several lines must not be cut off."""
        ledger = self.parse(self.read())
        header = self.layout.header((*ledger.headers, content.columns), ())
        return partial(disk.replace, self.path, ledger.rewritten(header, content.rows))


_Reading = tuple[Ledger, Ledger, Folded]


def _contents(results: Ledger, proposals: Ledger, folded: Folded) -> Contents:
    return Contents(
        results=_content(RESULTS, results, folded.events),
        proposals=_content(PROPOSALS, proposals, folded.proposals),
        folded=folded,
    )


def _content(layout: Layout, ledger: Ledger, read: Sequence[Event | Proposal]) -> Content:
    rows = tuple(
        row.cells if row.cells["id"].strip() else {**row.cells, "id": named.id}
        for row, named in zip(ledger.rows(), read, strict=True)
    )
    return Content(layout.header(ledger.headers, ()) if ledger.headers else (), rows)


def _digest(*ledgers: bytes) -> str:
    parts = "".join(hashlib.sha256(ledger).hexdigest() for ledger in ledgers)
    return hashlib.sha256(parts.encode()).hexdigest()[:12]
