"""A file becomes tables of text cells, whatever format it is in."""

from __future__ import annotations

import re
from pathlib import Path

from recommender.errors import TableError
from recommender.tables.delimited import read_delimited
from recommender.tables.jsonlines import read_json_lines
from recommender.tables.markdown import read_markdown
from recommender.tables.spreadsheet import read_spreadsheet
from recommender.tables.table import MAX_BYTES, Document, Finding, Row, Table, shown
from recommender.tables.text import decode, looks_damaged, repair

_ZIP = b"PK\x03\x04"
_JSON = re.compile(r"\s*(\{|\[\s*[\[{])")
_BLANKS = re.compile(r"[\s\u200b\u2060\ufeff]+")  # those without a width too


def read_document(path: Path, encoding: str | None = None) -> Document:
    """Return every table of a file, its text not yet repaired.

    The name's ending tells the format (.md, .csv, .tsv, .jsonl, .xlsx); with any other ending,
    and for .txt, the content does.

    Raises:
        TableError: the file cannot be read, or holds no table.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise TableError(f"{path}: cannot be read: {reason}; give a readable file") from error
    if len(data) > MAX_BYTES:
        raise TableError(f"{path}: is larger than {MAX_BYTES} bytes; give the table of runs alone")
    suffix = path.suffix.lower()
    if suffix == ".xlsx" or data.startswith(_ZIP):
        document = read_spreadsheet(data, path)
    else:
        document = _read_text(decode(data, encoding, path), suffix, path)
    if not document.tables:
        reasons = "".join(f"; line {f.line}: {f.message}" for f in document.findings[:1])
        raise TableError(
            f"{path}: holds no table{reasons}; give a header and rows (in Markdown with "
            "an alignment row | --- | --- | under the header), or one JSON object a line"
        )
    return document


def _read_text(text: str, suffix: str, path: Path) -> Document:
    if suffix in {".jsonl", ".ndjson"}:
        return read_json_lines(text)
    if suffix == ".csv":
        return read_delimited(text, path)
    if suffix == ".tsv":
        return read_delimited(text, path, "\t")
    document = read_markdown(text)
    if document.tables or suffix in {".md", ".markdown"}:
        return document
    return read_json_lines(text) if _JSON.match(text) else read_delimited(text, path)


def repair_table(table: Table) -> tuple[Table, list[Finding]]:
    """Return the table with every certain repair made, and a finding for each damaged text."""
    findings: list[Finding] = []

    def checked(text: str, line: int, what: str) -> str:
        if not looks_damaged(text):
            return text
        repaired = repair(text)
        if repaired is None:
            message = (
                f"{what} {shown(text)} looks damaged, with bytes lost that cannot be restored "
                "with certainty; kept as it is"
            )
            findings.append(Finding(line, "noticed", message))
            return text
        message = f"{what} {shown(text)} was UTF-8 read in a wrong code page: {shown(repaired)}"
        findings.append(Finding(line, "repaired", message))
        return repaired

    header = tuple(
        _BLANKS.sub(" ", checked(name, table.line, "the column name")).strip()
        for name in table.header
    )
    names = {i: f"{name}:" for i, name in enumerate(header)}
    rows = tuple(
        Row(
            row.line,
            tuple(
                checked(cell, row.line, names.get(i, "a cell")) for i, cell in enumerate(row.cells)
            ),
        )
        for row in table.rows
    )
    return Table(table.line, header, rows, table.place), findings
