"""One ledger on the disk, with its inbox: reading it, and what appends to it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from recommender.records import disk
from recommender.records.columns import whole_header
from recommender.records.inbox import Inbox, Letter
from recommender.records.ledger import Ledger, parse


class Reading(NamedTuple):
    """One reading of a ledger and its inbox; the `stamp` changes with the ledger's file."""

    ledger: Ledger
    letters: tuple[Letter, ...]
    digest: str
    stamp: tuple[int, ...]


class Readings(NamedTuple):
    """One reading of both ledgers."""

    runs: Reading
    proposals: Reading

    @property
    def torn(self) -> list[str]:
        """Where cut-off rows stand."""
        return [reading.ledger.torn for reading in self if reading.ledger.torn]

    @property
    def digest(self) -> str:
        """12 hex digits that stand for the content of both ledgers."""
        names = [letter.path.name for reading in self for letter in reading.letters]
        parts = "".join((*(reading.digest for reading in self), *names))
        return hashlib.sha256(parts.encode()).hexdigest()[:12]


class LedgerFile:
    """One ledger on the disk, with our own columns: the `front`, the parameters, the `rest`."""

    def __init__(
        self, folder: Path, name: str, front: tuple[str, ...], rest: tuple[str, ...]
    ) -> None:
        # Not `Path.resolve`, which raises an error of its own where links form a loop.
        self.path = Path(os.path.realpath(folder / name))
        self.where = f"{folder.absolute().name}/{name}"
        self.front, self.rest = front, rest
        self.inbox = Inbox(self.path, self.where, (*front, *rest))

    def read(self) -> Reading:
        """Return what the ledger and its inbox say.

        Raises:
            HistoryError: a file cannot be read.
        """
        # Before the ledger, so that what is moved meanwhile is seen twice rather than not at all.
        letters = self.inbox.read()
        stamp = disk.stamp(self.path)
        data = disk.read(self.path)
        ledger = parse(data, self.where, (*self.front, *self.rest))
        return Reading(ledger, letters, hashlib.sha256(data).hexdigest(), stamp)

    def heal(self) -> None:
        """Make a cut-off row a comment."""
        ledger = self.read().ledger
        header = whole_header(ledger.headers, (), (), (*self.front, *self.rest))
        disk.replace(self.path, ledger.rewritten(header, ()))

    def prepared(
        self,
        reading: Reading,
        rows: Sequence[Mapping[str, str]],
        parameters: Iterable[str],
        metrics: Iterable[str],
        extras: Iterable[str],
        *,
        to_inbox: bool,
    ) -> Callable[[], None]:
        """Return what appends the rows, after everything that may be wrong with them was tried."""
        if reading.stamp != disk.stamp(self.path):  # edited by hand since
            reading = self.read()
        ledger = reading.ledger
        ours = (*self.front, *self.rest)
        headers = ledger.headers or ((*self.front, *parameters, *self.rest),)
        header = whole_header(headers, (*parameters, *metrics), tuple(extras), ours)
        if to_inbox:
            empty = parse(b"", self.where, ours)
            return partial(self.inbox.post, empty.rewritten(header, rows))
        if ledger.headers[-1:] == (header,) and not ledger.torn:
            return partial(disk.append, self.path, ledger.appended(rows))
        return partial(disk.replace, self.path, ledger.rewritten(header, rows))
