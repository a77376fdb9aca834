"""The pipe tables of a Markdown text, wherever they stand between the prose."""

from __future__ import annotations

import re
from collections.abc import Sequence

from recommender.tables.table import Document, Finding, Row, Table

_LINE_END = re.compile(r"\r\n|\r|\n")
_PIPE = re.compile(r"(?<!\\)\|")
_ALIGNMENT = re.compile(r":?-+:?")
_LONG_ALIGNMENT = re.compile(r":?-{3,}:?")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def _plain(cell: str) -> str:
    """Return a cell without the backticks or the emphasis around the whole of it."""
    for mark in ("`", "**", "__", "*", "_"):
        inner = cell[len(mark) : -len(mark)]
        whole = cell.startswith(mark) and cell.endswith(mark) and mark not in inner
        if whole and inner and inner == inner.strip(" \t"):
            return _plain(inner)
    return _ESCAPE.sub(r"\1", cell)


def _is_closed(line: str) -> bool:
    return line.rstrip(" \t").endswith("|") and not line.rstrip(" \t").endswith("\\|")


def _split(line: str) -> list[str]:
    inner = line.strip(" \t").removeprefix("|")
    if _is_closed(inner):
        inner = inner.rstrip(" \t")[:-1]
    return [cell.strip(" \t") for cell in _PIPE.split(inner)]


def _starts_table(
    lines: Sequence[str], i: int, alignment: re.Pattern[str] = _LONG_ALIGNMENT
) -> bool:
    """Whether lines `i` and `i + 1` are a header and its alignment row.

    Between other rows, only three dashes make one: `| - | - |` is a row of missing values there.
    """
    if "|" not in lines[i] or i + 1 >= len(lines) or "|" not in lines[i + 1]:
        return False
    return all(alignment.fullmatch(cell) for cell in _split(lines[i + 1]))


def _row(line: int, text: str, width: int) -> Row:
    """Return a row, padded as Markdown does; only blank cells beyond the header are dropped."""
    cells = [_plain(cell) for cell in _split(text)]
    while len(cells) > width and not cells[-1]:
        cells.pop()
    return Row(line, (*cells, *[""] * (width - len(cells))))


def read_markdown(text: str) -> Document:
    """Return every table that has an alignment row (`| --- | --- |`) under its header.

    A table ends at a blank line. Rows under no header, and a last row that was cut off in the
    middle, are left out with a finding.
    """
    lines = _LINE_END.split(text)
    tables: list[Table] = []
    findings: list[Finding] = []
    i = 0
    while i < len(lines):
        if _starts_table(lines, i, _ALIGNMENT):
            end = i + 2
            while end < len(lines) and lines[end].strip(" \t") and not _starts_table(lines, end):
                end += 1
            header = tuple(_plain(cell) for cell in _split(lines[i]))
            numbered = [(n + 1, lines[n]) for n in range(i + 2, end)]
            if end == len(lines) and numbered:
                findings += _check_end(lines[i], len(header), numbered)
            rows = tuple(_row(n, line, len(header)) for n, line in numbered)
            tables.append(Table(i + 1, header, rows))
            i = end
        elif lines[i].lstrip(" \t").startswith("|"):
            end = i + 1
            while (
                end < len(lines)
                and lines[end].lstrip(" \t").startswith("|")
                and not _starts_table(lines, end)
            ):
                end += 1
            message = (
                f"{end - i} table row(s) under no header; put them right below their table, "
                "or give them a header and an alignment row (| --- | --- |)"
            )
            findings.append(Finding(i + 1, "left-out", message))
            i = end
        else:
            i += 1
    return Document(tuple(tables), tuple(findings))


def _check_end(header: str, width: int, rows: list[tuple[int, str]]) -> list[Finding]:
    """Judge the row that ends the file without a line end; drop it from `rows` if cut off."""
    line, last = rows[-1]
    if _is_closed(last) and len(_split(last)) >= width:
        return []
    if _is_closed(header) or len(_split(last)) < width:
        rows.pop()
        message = "the file ends in the middle of this row; write the row to its end"
        return [Finding(line, "left-out", message)]
    return [Finding(line, "noticed", "the file ends without a line end; is this row complete?")]
