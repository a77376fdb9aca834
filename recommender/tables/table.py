"""A table as it stands in a file, and what is said about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MAX_BYTES = 100_000_000  # of a file, and of what a workbook unpacks to


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was repaired, left out, or noticed, at a line of the file.

    `kind` is `repaired`, `left-out` or `noticed`; `message` is a sentence without the line number.
    """

    line: int
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row, all text, and the line of the file where it starts (from 1)."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a file. A row may have more or fewer cells than the header has names.

    `line` is the header's line; `place` names the sheet of a workbook, and is empty elsewhere.
    """

    line: int
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    place: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """The tables of one file, in order, and what their reader found on the way."""

    tables: tuple[Table, ...]
    findings: tuple[Finding, ...] = ()


def under_header(rows: Sequence[Row], place: str = "") -> tuple[Table, ...]:
    """Return the rows as one table, headed by the first row with two filled cells or more.

    What stands above it is a title. No rows give no table.
    """
    filled = [sum(1 for cell in row.cells if cell) for row in rows]
    top = next((i for i, count in enumerate(filled) if count > 1), 0)
    if not rows:
        return ()
    return (Table(rows[top].line, rows[top].cells, tuple(rows[top + 1 :]), place),)


def shown(text: str) -> str:
    """Return the text for a message: quoted, shortened, control characters escaped."""
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


def listed(names: Sequence[str]) -> str:
    """Return names for a message, shortened where there are many."""
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return ", ".join(shown(name) for name in names[:20]) + more
