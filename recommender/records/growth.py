"""A ledger that has only grown since it was read last: what is new is parsed and read alone.

A process that records a thousand results reads the ledger before each, while it holds the lock
that the others wait for.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Generic, TypeVar

from recommender.errors import HistoryError
from recommender.records.columns import is_by_hand
from recommender.records.event import Event
from recommender.records.ledger import Ledger, parse
from recommender.run import Proposal

_Row = TypeVar("_Row", Event, Proposal)


class Parser:
    """Parses the bytes of one ledger, again and again; as `ledger.parse`, only sooner."""

    def __init__(self, where: str, required: Sequence[str]) -> None:
        self._where = where
        self._required = required
        self._last = b"", parse(b"", where, required)

    def parse(self, data: bytes) -> Ledger:
        """Return the ledger. Raises as `ledger.parse`."""
        known, ledger = self._last
        grown = self._extended(ledger, data[len(known) :]) if data.startswith(known) else None
        self._last = data, parse(data, self._where, self._required) if grown is None else grown
        return self._last[1]

    def _extended(self, ledger: Ledger, more: bytes) -> Ledger | None:
        """Return the ledger with further rows, or None if that takes a look at the whole.

        That is so where it has no header or no line end at its end, and where another section
        begins or a row cannot be read.
        """
        if not ledger.sections:
            return None
        header, last = ledger.records[ledger.sections[-1]], ledger.records[-1]
        if not (header.text.endswith("\n") and last.text.endswith("\n")):
            return None
        try:
            added = parse(header.text.encode() + more, self._where, self._required)
        except HistoryError:
            return None
        if len(added.sections) > 1:
            return None
        shift = last.line + _lines(last.text) - 1 - _lines(header.text)
        records = [record._replace(line=record.line + shift) for record in added.records[1:]]
        return replace(ledger, records=(*ledger.records, *records))


class Reader(Generic[_Row]):
    """Reads what the rows of one ledger say, again and again, by a function that reads them."""

    def __init__(self, read: Callable[[Ledger], list[_Row]]) -> None:
        self._read: Callable[[Ledger], list[_Row]] = read
        self._last: tuple[Ledger, list[_Row]] | None = None

    def read(self, ledger: Ledger) -> list[_Row]:
        """Return what the rows say. Raises as the function."""
        rows = self._grown(ledger)
        self._last = ledger, self._read(ledger) if rows is None else rows
        return self._last[1]

    def _grown(self, ledger: Ledger) -> list[_Row] | None:
        if self._last is None or (more := _since(self._last[0], ledger)) is None:
            return None
        rows = self._read(more)
        # What id a row without one gets depends on the rows before it.
        return None if any(is_by_hand(row.id) for row in rows) else self._last[1] + rows


def _since(before: Ledger, now: Ledger) -> Ledger | None:
    """Return what came to a ledger, under its last header, or None if it has not only grown."""
    known = len(before.records)
    if not 0 < known <= len(now.records) or before.sections != now.sections:
        return None
    if now.records[known - 1] is not before.records[-1]:
        return None
    header = now.records[now.sections[-1]]
    return Ledger(now.where, now.bom, (header, *now.records[known:]), (0,))


def _lines(text: str) -> int:
    """Return how many lines a text is, as a ledger counts them."""
    return sum(1 for _ in io.StringIO(text, newline=""))
