"""Comma-, semicolon- and tab-separated tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

from recommender.errors import TableError
from recommender.tables.table import Document, Finding, Row, under_header

_SNIFFED_ROWS = 200


def _rows(text: str, delimiter: str, path: Path, comments: list[int]) -> Iterator[Row]:
    """Yield the rows; the lines that are comments go to `comments`."""
    lines = iter(io.StringIO(text, newline=""))
    number = 0
    for line in lines:
        number += 1
        if line.startswith("#"):
            comments.append(number)
        if line.startswith("#") or not line.strip():
            continue
        # One reader for one record: a `#` that starts a line inside a quoted cell is no comment.
        reader = csv.reader(
            chain([line], lines), delimiter=delimiter, skipinitialspace=True, strict=True
        )
        try:
            cells = next(reader)
        except csv.Error as error:
            raise TableError(
                f"{path}:{number}: this row cannot be read as CSV ({error}); a cell is too long, "
                "or a quote is not closed: write a quote inside a quoted cell twice"
            ) from error
        yield Row(number, tuple(cell.strip(" \t\r\n") for cell in cells))
        number += reader.line_num - 1


def _consistency(text: str, delimiter: str, path: Path) -> tuple[int, int]:
    """Return how many of the first rows are as wide as the header, and how wide that is."""
    try:
        tables = under_header(list(islice(_rows(text, delimiter, path, []), _SNIFFED_ROWS)))
    except TableError:
        return (0, 0)
    width = len(tables[0].header) if tables else 1
    if width < 2:
        return (0, 0)
    return (1 + sum(len(row.cells) == width for row in tables[0].rows), width)


def read_delimited(text: str, path: Path, delimiters: str = ",;\t") -> Document:
    """Return the one table of the text, separated by whichever delimiter fits best.

    Lines that start with `#` are comments. A row keeps the number of cells it was written with.

    Raises:
        TableError: a quote is never closed, or a cell is longer than the `csv` module takes.
    """
    best = max(delimiters, key=lambda delimiter: _consistency(text, delimiter, path))
    comments: list[int] = []
    rows = list(_rows(text, best, path, comments))
    findings = []
    if comments:
        message = f"{len(comments)} line(s) that start with # skipped as comments"
        findings.append(Finding(comments[0], "noticed", message))
    if rows and not text.endswith(("\n", "\r")):
        message = "the file ends without a line end; is this row complete?"
        findings.append(Finding(rows[-1].line, "noticed", message))
    return Document(under_header(rows), tuple(findings))
