"""Excel workbooks: one table a sheet."""

from __future__ import annotations

import datetime as dt
import io
import warnings
import zipfile
from pathlib import Path
from typing import Any

from recommender.errors import TableError
from recommender.number import format_value
from recommender.tables.table import (
    MAX_BYTES,
    Document,
    Finding,
    Row,
    Table,
    listed,
    under_header,
)

_MAX_CELLS = 5_000_000  # of the whole rectangle, because the blank ones take memory too


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, int | float):
        return format_value(value)
    return str(value).strip(" \t\r\n")


def _formulas(data: bytes) -> dict[str, list[Any]]:
    """Return the cells of each sheet that hold a formula.

    Raises:
        ValueError: the workbook is far larger than it looks.
    """
    import openpyxl

    unpacked = sum(part.file_size for part in zipfile.ZipFile(io.BytesIO(data)).infolist())
    if unpacked > MAX_BYTES:
        raise ValueError(f"it unpacks to {unpacked} bytes; {MAX_BYTES} at most")
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    for sheet in book.worksheets:
        rows, columns = sheet.max_row or 0, sheet.max_column or 0
        if rows * columns > _MAX_CELLS:
            raise ValueError(
                f"sheet {sheet.title!r} spans {rows} rows and {columns} columns; delete what "
                "stands far from the table"
            )
    return {
        sheet.title: [cell for row in sheet.rows for cell in row if cell.data_type == "f"]
        for sheet in book.worksheets
    }


def read_spreadsheet(data: bytes, path: Path) -> Document:
    """Return the tables of an `.xlsx` file, its cells as text; lines are rows of the sheet.

    Of a formula, the value counts that the workbook keeps of it. A program that wrote the formula
    without calculating it keeps none: such cells are blank, with a finding.

    Raises:
        TableError: openpyxl is not installed, or the file is not a workbook.
    """
    import pandas as pd  # slow to load, and only workbooks need it

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of styles that it drops
            formulas = _formulas(data)
            sheets = pd.read_excel(
                io.BytesIO(data),
                sheet_name=None,
                header=None,
                dtype=object,
                na_filter=False,
                engine="openpyxl",
            )
    except ImportError as error:
        raise TableError(
            f"{path}: reading Excel files needs openpyxl; run: pip install 'recommender[xlsx]'"
        ) from error
    except Exception as error:  # a damaged workbook fails in whichever part is damaged
        raise TableError(
            f"{path}: not a readable Excel workbook ({error}); save it anew as .xlsx or .csv"
        ) from error
    tables: list[Table] = []
    findings: list[Finding] = []
    for name, sheet in sheets.items():
        place = f"sheet {name!r}" if len(sheets) > 1 else ""
        rows = [
            Row(line, tuple(_text(value) for value in values))
            for line, values in enumerate(sheet.itertuples(index=False, name=None), start=1)
        ]
        tables += under_header(rows, place)
        filled = {
            (row.line, column)
            for row in rows
            for column, text in enumerate(row.cells, start=1)
            if text
        }
        empty = [cell for cell in formulas[name] if (cell.row, cell.column) not in filled]
        if empty:
            message = (
                f"{place}{': ' if place else ''}{len(empty)} cell(s) hold a formula and no value, "
                f"as if never calculated: {listed([cell.coordinate for cell in empty])}; open the "
                "workbook in a spreadsheet program and save it, or write the numbers"
            )
            findings.append(Finding(empty[0].row, "left-out", message))
    return Document(tuple(tables), tuple(findings))
