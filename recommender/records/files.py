"""The ledgers as two CSV files in a project's `history/`, and an inbox where nothing can lock."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from recommender.errors import HistoryError
from recommender.records import disk
from recommender.records.columns import metric_names, read_events, read_proposals
from recommender.records.event import Event
from recommender.records.fold import Folded, fold
from recommender.records.growth import Reader
from recommender.records.header import PROPOSALS, RESULTS, Layout
from recommender.records.inbox import FOLDER, new_rows
from recommender.records.ledger import Ledger
from recommender.records.ledger_file import LedgerFile, Reading, Readings, content_of
from recommender.records.protocol import Content, Contents
from recommender.records.storage import leftovers
from recommender.records.writer import Cells, CheckingWriter
from recommender.run import Params, Proposal, next_number

_SECONDS_TO_WRITE = 60.0  # more than anybody holds the write lock
_SECONDS_OF_SILENCE = 1.0


class FileRecords:
    """The ledgers `runs.csv` and `proposals.csv` in a folder. Implements `Records`.

    A ledger that is a symbolic link is written where the link points. The locks lie beside
    `runs.csv`, as `.runs.lock` and `.next.lock`. `backfill` is what runs had of a parameter that
    their rows leave blank.
    """

    def __init__(
        self, folder: Path, parameters: Sequence[str], backfill: Params | None = None
    ) -> None:
        self.parameters = tuple(parameters)
        self.backfill = backfill or {}
        self.folder = folder
        self._shown = folder.absolute().name
        self.files = {layout: LedgerFile(folder, layout) for layout in (RESULTS, PROPOSALS)}
        self._runs, self._proposals = self.files[RESULTS], self.files[PROPOSALS]
        self._event_reader = Reader(self._read_events)
        self._proposal_reader = Reader(self._read_proposals)

    @property
    def results(self) -> str:
        """What messages call the ledger of results."""
        return self._runs.where

    def read(self) -> Folded:
        """Return everything that the ledgers say; a missing one says nothing.

        Raises:
            HistoryError: a ledger cannot be read, or a row of one makes no sense.
        """
        return self._folded(self._settled())

    def contents(self) -> Contents:
        """Return the ledgers as they stand, with what waits in the inbox. Raises as `read`."""
        readings = self._settled()
        return _contents(readings, self._folded(readings))

    def _settled(self) -> Readings:
        readings = self._read()
        if readings.torn:  # what seems cut off may be in the course of being written
            disk.await_writer(self._write_lock, _SECONDS_TO_WRITE)
            readings = self._read()
        return readings

    def _read(self) -> Readings:
        # Results first: what is appended meanwhile can then not be a result without its proposal.
        return Readings(runs=self._runs.read(), proposals=self._proposals.read())

    def _folded(self, readings: Readings) -> Folded:
        events, posted_events = self._events(readings.runs)
        proposals, posted_proposals = self._proposed(readings.proposals)
        folded = fold([*events, *posted_events], [*proposals, *posted_proposals], self.parameters)
        notices = [
            f"{torn}: this row was cut off while it was written, and is passed over"
            for torn in readings.torn
        ]
        letters = len(readings.runs.letters) + len(readings.proposals.letters)
        if letters:
            notices.append(
                f"{self._shown}/{FOLDER}: {letters} files of results or proposals wait here, "
                "because they were written where files cannot be locked; they count as if they "
                "stood in the ledgers"
            )
        metrics = [metric_names(ledger, self.parameters) for ledger in readings.runs.ledgers]
        return replace(
            folded,
            metrics=tuple(dict.fromkeys(name for names in metrics for name in names)),
            notices=tuple(notices),
            digest=readings.digest,
        )

    def _events(self, reading: Reading) -> tuple[list[Event], list[Event]]:
        """Return the rows of results in the ledger, and those that only the inbox has."""
        events = self._event_reader.read(reading.ledger)
        return events, new_rows(events, map(self._read_events, reading.ledgers[1:]))

    def _read_events(self, ledger: Ledger) -> list[Event]:
        return read_events(ledger, self.parameters, self.backfill)

    def _proposed(self, reading: Reading) -> tuple[list[Proposal], list[Proposal]]:
        """Return the proposals in the ledger, and those that only the inbox has."""
        proposals = self._proposal_reader.read(reading.ledger)
        return proposals, new_rows(proposals, map(self._read_proposals, reading.ledgers[1:]))

    def _read_proposals(self, ledger: Ledger) -> list[Proposal]:
        return read_proposals(ledger, self.parameters, self.backfill)

    def torn(self) -> list[str]:
        """Return where cut-off rows stand.

        Raises:
            HistoryError: a ledger cannot be read.
        """
        return self._read().torn

    def posted(self) -> int:
        """Return how many files wait in the inbox.

        Raises:
            HistoryError: the inbox cannot be read.
        """
        return len(self._runs.inbox.names()) + len(self._proposals.inbox.names())

    def mend(self, *, dry_run: bool = False) -> list[str]:
        """Empty the inbox, make cut-off rows comments, remove leftovers; return what was done.

        Raises:
            HistoryError: nothing can be locked or written, or a ledger not be read.
        """
        with contextlib.nullcontext() if dry_run else self._locked():
            files = (self._runs, self._proposals)
            posted = self.posted()
            done = [f"{self._shown}/{FOLDER}: {posted} files moved into the ledgers"] * bool(posted)
            torn = [file for file in files if file.read().ledger.torn]
            done += [f"{file.read().ledger.torn}: the cut-off row made a comment" for file in torn]
            lying = leftovers(self.folder)
            done += [f"{self._shown}/{path.relative_to(self.folder)}: removed" for path in lying]
            if not dry_run:
                for file in torn:
                    file.heal()
                self._empty_inbox()
                disk.remove(lying)
        return done

    @property
    def _write_lock(self) -> Path:
        return self._runs.path.with_name(".runs.lock")

    @contextlib.contextmanager
    def writing(self, *, dry_run: bool = False) -> Iterator[FileWriter]:
        """Hold the write lock; in a dry run only check what is appended, and leave no trace.

        What waits in the inbox is moved into the ledgers first. Where the file system cannot
        lock, what is appended goes there.

        Raises:
            HistoryError: the lock cannot be had, or a ledger not be read.
        """
        if dry_run:
            yield FileWriter(self, dry_run=True)
            return
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(self._locked())
            except disk.CannotLockError:
                writer = FileWriter(self, to_inbox=True)
            else:
                writer = FileWriter(self)
                self._empty_inbox()
            yield writer

    def _locked(self) -> contextlib.AbstractContextManager[None]:
        return disk.locked_in_time(self._write_lock, _SECONDS_TO_WRITE)

    def _empty_inbox(self) -> None:
        """Move what waits in the inbox into the ledgers; the write lock is held."""
        if not (self._runs.inbox.names() or self._proposals.inbox.names()):
            return
        readings = self._read()
        _, events = self._events(readings.runs)
        _, proposals = self._proposed(readings.proposals)
        writer = FileWriter(self)
        writer.append_proposals(proposals)
        letters = [letter.ledger for letter in readings.runs.letters]
        metrics = [name for each in letters for name in metric_names(each, self.parameters)]
        writer.append_events(events, metrics)
        disk.remove(letter.path for reading in readings for letter in reading.letters)

    @contextlib.contextmanager
    def proposing(self, waiting: Callable[[], None]) -> Iterator[None]:
        """Hold the lock under which batches are proposed, waiting for it as long as it takes.

        Where the file system cannot lock nothing is held: the ids of what two propose at once
        differ all the same, unless they propose the same.

        Raises:
            HistoryError: the lock cannot be had.
        """
        lock = self._runs.path.with_name(".next.lock")
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(disk.CannotLockError):
                stack.enter_context(disk.locked(lock, _SECONDS_OF_SILENCE, lambda _: waiting()))
            yield


class FileWriter(CheckingWriter):
    """Appends to the ledgers of a `FileRecords`, or to their inbox, or only checks."""

    def __init__(
        self, records: FileRecords, *, dry_run: bool = False, to_inbox: bool = False
    ) -> None:
        super().__init__(records.parameters, dry_run)
        self._records = records
        self._to_inbox = to_inbox
        self._known: tuple[Readings, Folded] | None = None

    @property
    def folded(self) -> Folded:
        """What the ledgers say now, with everything that this writer has appended."""
        return self._look()[1]

    def _look(self) -> tuple[Readings, Folded]:
        if self._known is None:
            readings = self._records._read()
            folded = self._records._folded(readings)
            if self._to_inbox:
                notice = (
                    f"{self._records._shown}: files cannot be locked on this file system, so what "
                    f"is written goes into {FOLDER}/, one file each, and is read from there"
                )
                folded = replace(folded, notices=(notice,))
            self._known = readings, folded
        return self._known

    def find(self, *, id: str = "", label: str = "", params: Params | None = None) -> Folded:
        """Return everything that the ledgers say, since they are read from the top anyway."""
        return self.folded

    def next_number(self) -> int:
        """Return the number after the highest in use."""
        return next_number([run.id for run in self.folded.history.runs])

    def contents(self) -> Contents:
        """Return the ledgers as they stand now."""
        return _contents(*self._look())

    def append_contents(self, results: Content, proposals: Content) -> None:
        """Append rows as they stand in other ledgers, and the columns that are new.

        Raises:
            UsageError: a column stands on the other side of our last one, or a cell is too long.
            HistoryError: the rows could not be written, or files cannot be locked here.
        """
        if self._to_inbox:
            raise HistoryError(
                f"{self._records._shown}: files cannot be locked here; copy on a machine where "
                "they can, or into another folder"
            )
        # Proposals first, so that no result ever stands without its proposal.
        readings = self._look()[0].by_layout
        self._write(
            *(
                self._records.files[layout].prepared_content(readings[layout], content)
                for layout, content in ((PROPOSALS, proposals), (RESULTS, results))
                if content.columns
            )
        )

    def _append(
        self, layout: Layout, rows: Sequence[Cells], metrics: Iterable[str], extras: Iterable[str]
    ) -> None:
        reading = self._look()[0].by_layout[layout]  # raises where the ledgers make no sense
        if rows:
            file = self._records.files[layout]
            self._write(
                file.prepared(
                    reading, rows, self._parameters, metrics, extras, to_inbox=self._to_inbox
                )
            )

    def _write(self, *prepared: Callable[[], None]) -> None:
        if not self._dry_run:
            self._known = None
            for write in prepared:
                write()


def _contents(readings: Readings, folded: Folded) -> Contents:
    return Contents(
        results=content_of(RESULTS, readings.runs, folded.events),
        proposals=content_of(PROPOSALS, readings.proposals, folded.proposals),
        folded=folded,
    )
