"""Excel workbooks: one table a sheet."""

from __future__ import annotations

import datetime as dt
import io
import warnings
from pathlib import Path

from recommender.errors import TableError
from recommender.number import format_value
from recommender.tables.table import Document, Row, Table, under_header


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


def read_spreadsheet(data: bytes, path: Path) -> Document:
    """Return the tables of an `.xlsx` file, its cells as text; lines are rows of the sheet.

    Raises:
        TableError: openpyxl is not installed, or the file is not a workbook.
    """
    import pandas as pd  # slow to load, and only workbooks need it

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of styles that it drops
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
    for name, sheet in sheets.items():
        rows = [
            Row(line, tuple(_text(value) for value in values))
            for line, values in enumerate(sheet.itertuples(index=False, name=None), start=1)
        ]
        tables += under_header(rows, f"sheet {name!r}" if len(sheets) > 1 else "")
    return Document(tuple(tables))
