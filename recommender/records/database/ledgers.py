"""The two ledgers as tables of a database. Implements `Records`."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from recommender.number import format_value, parse_number, parse_value
from recommender.records.columns import metric_names, read_events, read_proposals
from recommender.records.database.connections import Database
from recommender.records.database.schema import headers, proposals, results
from recommender.records.event import EventKind, same
from recommender.records.fold import Folded, fold
from recommender.records.header import PROPOSALS, RESULTS, Layout
from recommender.records.ledger import Row, line_of
from recommender.records.protocol import Content, Contents, Probe
from recommender.records.writer import Cells, CheckingWriter
from recommender.run import Params, Value, run_number

_TABLES = {RESULTS: results, PROPOSALS: proposals}
_LARGEST = 2**62  # a running number beyond is none of ours, whatever it looks like
_AMENDED = "amended"  # in place of the parameters' hash where a row gives only some of them


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of one ledger, in their order. Implements `Table`."""

    where: str
    headers: tuple[tuple[str, ...], ...]
    found: Sequence[tuple[int, dict[str, str]]]

    def rows(self) -> Iterator[Row]:
        for sequence, cells in self.found:
            whole = {name: cells.get(name, "") for name in self.headers[-1]}
            yield Row(f"{self.where}:{sequence}", self.headers[-1], whole)


class DatabaseRecords:
    """The ledgers in the database at a URL. Implements `Records`.

    The file of an SQLite database is meant from `folder` on. The tables are made when something is
    written for the first time, and brought up to date when they are of an older version.
    `backfill` is what runs had of a parameter that their rows leave blank.

    Raises:
        UsageError: the URL is none that can be used.
    """

    def __init__(
        self, url: str, folder: Path, parameters: Sequence[str], backfill: Params | None = None
    ) -> None:
        self.parameters = tuple(parameters)
        self.backfill = backfill or {}
        self.database = Database(url, folder)

    @property
    def results(self) -> str:
        """What messages call the ledger of results."""
        return self.database.name

    @property
    def file(self) -> Path | None:
        """The file that an SQLite database is."""
        return self.database.file

    def probe(self) -> Probe:
        """Write a row and take it back.

        Raises:
            HistoryError: the database cannot be written.
        """
        return self.database.probe()

    def read(self) -> Folded:
        """Return everything that the ledgers say.

        Raises:
            HistoryError: the database cannot be read, or a row makes no sense.
        """
        with self.database.reading() as connection:
            return self._folded(*_read(connection))

    def contents(self) -> Contents:
        """Return the ledgers as they stand. Raises as `read`."""
        with self.database.reading() as connection:
            return self._contents(*_read(connection))

    def _folded(self, results: _Rows, proposals: _Rows) -> Folded:
        folded = fold(
            read_events(results, self.parameters, self.backfill),
            read_proposals(proposals, self.parameters, self.backfill),
            self.parameters,
        )
        metrics = metric_names(results, self.parameters)
        content = json.dumps([(rows.headers, rows.found) for rows in (results, proposals)])
        return replace(folded, metrics=metrics, digest=_hash(content)[:12])

    def _contents(self, results: _Rows, proposals: _Rows) -> Contents:
        contents = [
            Content(rows.headers[0] if rows.headers else (), tuple(r.cells for r in rows.rows()))
            for rows in (results, proposals)
        ]
        return Contents(contents[0], contents[1], self._folded(results, proposals))

    @contextlib.contextmanager
    def writing(self, *, dry_run: bool = False) -> Iterator[DatabaseWriter]:
        """Hold the write lock and a transaction, which is committed in the end.

        In a dry run nothing is locked nor written.

        Raises:
            HistoryError: the lock cannot be had, or the database not be used.
        """
        if dry_run:
            with self.database.reading() as connection:
                yield DatabaseWriter(connection, self, dry_run=True)
            return
        with self.database.writing() as connection:
            yield DatabaseWriter(connection, self, dry_run=False)

    @contextlib.contextmanager
    def proposing(self, waiting: Callable[[], None]) -> Iterator[None]:
        """Hold the lock under which batches are proposed, waiting for it as long as it takes.

        Raises:
            HistoryError: the database cannot be used.
        """
        with self.database.proposing(waiting):
            yield


class DatabaseWriter(CheckingWriter):
    """Appends rows in a transaction that holds the write lock, or in a dry run only checks."""

    def __init__(
        self, connection: Connection | None, records: DatabaseRecords, *, dry_run: bool
    ) -> None:
        super().__init__(records.parameters, dry_run)
        self._records = records
        self._connection = connection
        self._folded: Folded | None = None

    @property
    def folded(self) -> Folded:
        """What the ledgers say now, with everything that this writer has appended."""
        if self._folded is None:
            self._folded = self._records._folded(*_read(self._connection))
        return self._folded

    def find(self, *, id: str = "", label: str = "", params: Params | None = None) -> Folded:
        """Return what the ledgers say of the runs with this id, this label or these parameters."""
        if self._connection is None:
            return self.folded
        runs = {id} if id else set()
        for table in _TABLES.values():
            wanted: list[ColumnElement[bool]] = []
            if label:
                wanted.append(table.c.label == _hash(label))
            if params:
                wanted.append(table.c.params.in_((*self._hashes(params), _AMENDED)))
            if wanted:
                runs |= set(self._connection.scalars(sa.select(table.c.run).where(sa.or_(*wanted))))
        return self._records._folded(*_read(self._connection, runs))

    def _hashes(self, params: Params) -> list[str]:
        """Return the hash of parameters, and those of rows from before some were declared."""
        new = [
            name
            for name, value in self._records.backfill.items()
            if name in params and same(params[name], value)
        ]
        return [
            _params_hash({name: params[name] for name in params if name not in left_out})
            for count in range(len(new) + 1)
            for left_out in combinations(new, count)
        ]

    def next_number(self) -> int:
        """Return the number after the highest in use."""
        if self._connection is None:
            return 1
        highest = (
            self._connection.scalar(sa.select(sa.func.max(table.c.number)))
            for table in _TABLES.values()
        )
        return max(number or 0 for number in highest) + 1

    def contents(self) -> Contents:
        """Return the ledgers as they stand now."""
        return self._records._contents(*_read(self._connection))

    def append_contents(self, results: Content, proposals: Content) -> None:
        """Append rows as they stand in other ledgers, and the columns that are new.

        Raises:
            UsageError: a column stands on the other side of our last one, or a cell is too long.
            HistoryError: the rows could not be written.
        """
        for layout, content in ((RESULTS, results), (PROPOSALS, proposals)):
            if content.columns:
                known = _header(self._connection, layout)
                header = layout.header((*known, content.columns), ())
                self._insert(layout, known, header, content.rows, self._proposals_of_runs())

    def _append(
        self, layout: Layout, rows: Sequence[Cells], metrics: Iterable[str], extras: Iterable[str]
    ) -> None:
        if rows:
            known = _header(self._connection, layout)
            header = layout.header(known, self._parameters, metrics, extras)
            self._insert(layout, known, header, rows, Counter())

    def _insert(
        self,
        layout: Layout,
        known: tuple[tuple[str, ...], ...],
        header: tuple[str, ...],
        rows: Sequence[Cells],
        proposed: Counter[str],
    ) -> None:
        """Add rows and, where it is new, the header; `proposed` counts the proposals of a run."""
        values = []
        for row in rows:
            line_of([*row.values()])  # raises where a cell is longer than files can keep
            values.append(self._values(layout, row))
            if layout is PROPOSALS:
                values[-1]["occurrence"] = proposed[values[-1]["run"]]
                proposed[values[-1]["run"]] += 1
        if self._dry_run or self._connection is None:
            return
        self._folded = None
        if known != (header,):
            written = {"ledger": layout.name, "columns": json.dumps(header)}
            self._connection.execute(sa.insert(headers), written)
        if values:
            self._connection.execute(sa.insert(_TABLES[layout]), values)

    def _values(self, layout: Layout, row: Cells) -> dict[str, Any]:
        id = row["id"].strip()
        label = row["label"] if layout is RESULTS else ""
        params = {
            name: parse_value(row[name]) for name in self._parameters if row.get(name, "").strip()
        }
        amended = layout is RESULTS and row["event"].strip() == EventKind.AMEND
        return {
            "run": id,
            "number": run_number(id) if run_number(id) < _LARGEST else 0,
            "label": _hash(label) if label else "",
            "params": "" if not params else _AMENDED if amended else _params_hash(params),
            "cells": json.dumps({name: cell for name, cell in row.items() if cell}),
        }

    def _proposals_of_runs(self) -> Counter[str]:
        if self._connection is None:
            return Counter()
        return Counter(self._connection.scalars(sa.select(proposals.c.run)))


def _header(connection: Connection | None, layout: Layout) -> tuple[tuple[str, ...], ...]:
    """Return the columns of a ledger as its one header; none if nothing was written yet."""
    if connection is None:
        return ()
    of_ledger = sa.select(headers.c.columns).where(headers.c.ledger == layout.name)
    written = connection.scalar(of_ledger.order_by(headers.c.sequence.desc()).limit(1))
    return () if written is None else (tuple(json.loads(written)),)


def _read(
    connection: Connection | None, runs: Collection[str] | None = None
) -> tuple[_Rows, _Rows]:
    """Return the rows of both ledgers, of all runs or of some."""
    found = [_rows(connection, layout, runs) for layout in (RESULTS, PROPOSALS)]
    return found[0], found[1]


def _rows(connection: Connection | None, layout: Layout, runs: Collection[str] | None) -> _Rows:
    table = _TABLES[layout]
    where = "results" if layout is RESULTS else "proposals"
    wanted = sa.select(table.c.sequence, table.c.cells).order_by(table.c.sequence)
    if runs is not None:
        wanted = wanted.where(table.c.run.in_(runs))
    if connection is None:
        return _Rows(where, (), ())
    found = [(sequence, json.loads(cells)) for sequence, cells in connection.execute(wanted)]
    return _Rows(where, _header(connection, layout), found)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _params_hash(params: Params) -> str:
    """Return what equal parameters share, however their numbers are written."""
    return _hash(json.dumps([[name, _plain(params[name])] for name in sorted(params)]))


def _plain(value: Value) -> str:
    number = parse_number(format_value(value))
    return format_value(value) if number is None else repr(number + 0.0)  # 0.0 and -0.0 are equal
