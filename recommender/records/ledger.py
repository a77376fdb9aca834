"""The text of a ledger: a CSV table that people edit too, kept byte for byte as it stands.

A byte order mark, the line ends, comments (lines that start with `#`), blank lines, the order
of the columns and unknown columns are all preserved. Every row that this program appends ends
with a line end, so a last line without one is a row that was cut off while it was written, or
one that a person typed. If it has fewer cells than the header it is taken for cut off: passed
over in reading, made a comment before the next row is appended. With all its cells it is taken as
it stands: that is safe because the columns that hold numbers come before a last column of text
(see `columns`), so that at most the end of a note is missing, never the end of a number.

A later header line begins a new section. That is what `merge=union` makes of two branches, of
which one added a column and the other a row: both versions of every row, each under its header.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from recommender.errors import HistoryError, UsageError, did_you_mean

_BOM = "\ufeff"
_RAW_CELL = re.compile(r'(?:^|,)("(?:[^"]|"")*"|[^,]*)')
_LONGEST_CELL = 100_000  # Python's csv module reads no cell above 131,072 characters.


class Row(NamedTuple):
    """A row of the ledger, the columns of its section, and its place (`history/runs.csv:12`)."""

    where: str
    header: tuple[str, ...]
    cells: Mapping[str, str]


class Table(Protocol):
    """Rows of cells under the columns of a header, wherever they are kept."""

    @property
    def where(self) -> str:
        """What messages call it."""

    @property
    def headers(self) -> tuple[tuple[str, ...], ...]:
        """The columns of each section; none: it is empty."""

    def rows(self) -> Iterator[Row]:
        """Yield the rows, each with the columns of its section."""


class _Record(NamedTuple):
    """One or more lines as they stand; `cells` is None for a comment, a blank or a cut-off line."""

    line: int
    text: str
    cells: tuple[str, ...] | None = None
    torn: bool = False


@dataclass(frozen=True, slots=True)
class Ledger:
    """A parsed ledger; one without a header is empty."""

    where: str
    bom: str
    records: tuple[_Record, ...]
    sections: tuple[int, ...]  # which of the records are headers

    @property
    def headers(self) -> tuple[tuple[str, ...], ...]:
        """The columns of each section; a new row stands under the last ones."""
        return tuple(_names(self.records[section]) for section in self.sections)

    @property
    def torn(self) -> str:
        """Where a cut-off row stands, or an empty string."""
        last = self.records[-1] if self.records else None
        return f"{self.where}:{last.line}" if last and last.torn else ""

    @property
    def line_end(self) -> str:
        """The line end that the ledger uses."""
        first = self.records[0].text if self.records else ""
        return first[len(first.rstrip("\r\n")) :] if first.endswith(("\r", "\n")) else "\n"

    def rows(self) -> Iterator[Row]:
        """Yield the rows, each with the columns of its section."""
        header: tuple[str, ...] = ()
        for index, record in enumerate(self.records):
            if index in self.sections:
                header = _names(record)
            elif record.cells and (record.cells[0].strip() or "".join(record.cells).strip()):
                cells = dict(zip(header, record.cells, strict=True))
                yield Row(f"{self.where}:{record.line}", header, cells)

    def appended(self, rows: Sequence[Mapping[str, str]]) -> bytes:
        """Return the bytes that append `rows` under the last header, where no row is torn."""
        ended = self.records[-1].text.endswith(("\r", "\n"))
        lines = _lines(self.headers[-1], rows, self.line_end)
        return (("" if ended else self.line_end) + lines).encode()

    def rewritten(self, header: Sequence[str], rows: Sequence[Mapping[str, str]]) -> bytes:
        """Return the whole ledger under one header that has all columns so far, and with `rows`.

        Every cell that was there stays byte for byte; a torn row becomes a comment.
        """
        texts: list[str] = []
        columns: tuple[str, ...] = ()
        for index, record in enumerate(self.records):
            text = f"# torn: {record.text}" if record.torn else record.text
            text = text if text.endswith(("\r", "\n")) else text + self.line_end
            if index in self.sections:
                columns = _names(record)
            if index in self.sections[1:]:
                continue
            if record.cells is not None and columns != header:
                text = _widened(text, columns, header, index in self.sections)
            texts.append(text)
        if not self.sections:
            texts.append(line_of(header) + self.line_end)
        return (self.bom + "".join(texts) + _lines(header, rows, self.line_end)).encode()


def parse(data: bytes, where: str, required: Sequence[str]) -> Ledger:
    """Parse the bytes of a ledger that has the `required` columns; messages call it `where`.

    Raises:
        HistoryError: it is not text, a row does not fit its header, or a column is missing or
            stands twice.
    """
    text = _decode(data, where)
    bom = _BOM if text.startswith(_BOM) else ""
    records: list[_Record] = []
    sections: list[int] = []
    columns = 0
    sign = max(required, key=len)  # most rows are seen to be no header by this alone
    for record in _records(text.removeprefix(_BOM), where):
        if record.cells is not None:
            if not sections or (sign in record.text and {*required} <= {*_names(record)}):
                names = _names(record)
                columns = len(names)
                others = {_names(records[index]): records[index].line for index in sections}
                _check_header(f"{where}:{record.line}", names, others, required)
                sections.append(len(records))
            elif len(record.cells) != columns:
                record = _cut_off(record, columns, where)  # noqa: PLW2901
        records.append(record)
    return Ledger(where, bom, tuple(records), tuple(sections))


def _cut_off(record: _Record, columns: int, where: str) -> _Record:
    """Return a record that does not fit the header, marked as torn."""
    count = len(record.cells or ())
    if count < columns and not record.text.endswith(("\r", "\n")):
        return _Record(record.line, record.text, torn=True)
    raise HistoryError(
        f"{where}:{record.line}: the cells in this row are {count}, the columns in the header "
        f"{columns}; give the row a cell for each column (text with a comma needs "
        '"quotes")'
    )


def _decode(data: bytes, where: str) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise HistoryError(
            f"{where}:{line}: this is not UTF-8 text; save the file as CSV in UTF-8"
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise HistoryError(
            f"{where}:{line}: there is a NUL character, so the file is damaged or not text; "
            "restore it from git or a backup"
        )
    return text


def _records(text: str, where: str) -> Iterator[_Record]:
    # newline="" splits at LF, CR LF and CR alone, as the csv module does, and keeps them.
    lines = enumerate(io.StringIO(text, newline=""), start=1)
    for number, line in lines:
        if not line.strip() or line.startswith("#"):
            yield _Record(number, line)
            continue
        if '"' not in line and len(line) <= _LONGEST_CELL:  # what csv makes of it, but faster
            yield _Record(number, line, tuple(line.rstrip("\r\n").split(",")))
            continue
        taken = [line]
        try:
            cells = next(csv.reader(_taking(taken, lines), strict=True))
        except csv.Error as error:
            if len(taken) == 1 and not line.endswith(("\r", "\n")):
                yield _Record(number, line, torn=True)
                return
            raise HistoryError(
                f"{where}:{number}: this row cannot be read ({error}); look for a quote that is "
                'not closed, and write a quote inside a cell as ""'
            ) from None
        yield _Record(number, "".join(taken), tuple(cells))


def _taking(taken: list[str], lines: Iterator[tuple[int, str]]) -> Iterator[str]:
    """Yield the line already taken, then those that a quoted cell runs on into."""
    yield taken[0]
    for _, line in lines:
        taken.append(line)
        yield line


def _names(record: _Record) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in record.cells or ())


def _check_header(
    where: str,
    names: tuple[str, ...],
    others: Mapping[tuple[str, ...], int],
    required: Sequence[str],
) -> None:
    for index, name in enumerate(names):
        if not name:
            raise HistoryError(f"{where}: column {index + 1} has no name; name it or remove it")
        if name in names[:index]:
            raise HistoryError(f"{where}: the column {name} stands twice; rename or remove one")
    missing = [name for name in required if name not in names]
    if missing:
        raise HistoryError(
            f"{where}: the header lacks {', '.join(missing)}; the first line must name the columns "
            f"{', '.join(required)}{did_you_mean(missing[0], names)}"
        )
    for other, line in others.items():
        # A merge may interleave two such sections, and then their rows cannot be told apart.
        if len(other) == len(names) and other != names:
            raise HistoryError(
                f"{where}: this header names other columns than the one on line {line}; two "
                "branches added different columns: put all rows under one header that has both"
            )


def clean(text: str) -> str:
    """Return `text` as a cell can hold it: on one line, and encodable."""
    text = text.encode("utf-8", "replace").decode()
    return "".join(" " if unicodedata.category(c) == "Cc" and c != "\t" else c for c in text)


def _lines(header: Sequence[str], rows: Iterable[Mapping[str, str]], line_end: str) -> str:
    """Return rows as lines of CSV."""
    return "".join(line_of([row.get(name, "") for name in header]) + line_end for row in rows)


def line_of(cells: Sequence[str]) -> str:
    """Return cells as a line of CSV, without a line end.

    Raises:
        UsageError: a cell is too long.
    """
    longest = max(cells, key=len)
    if len(longest) > _LONGEST_CELL:
        raise UsageError(
            f"a cell has {len(longest)} characters ({longest[:40]}...); {_LONGEST_CELL} at most"
        )
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\r\n").writerow(cells)  # quotes what holds either of them
    line = file.getvalue()[:-2]
    # Unquoted, such a cell at the start would make the row a comment.
    return f'"{cells[0]}"{line[len(cells[0]) :]}' if line.startswith("#") else line


def _widened(text: str, old: Sequence[str], new: Sequence[str], is_header: bool) -> str:
    """Return a record with empty cells (in a header: names) where `new` has further columns."""
    body = text.rstrip("\r\n")
    raw = dict(zip(old, _RAW_CELL.findall(body), strict=True))
    added = {name: line_of([name]) if is_header else "" for name in new}
    return ",".join(raw.get(name, added[name]) for name in new) + text[len(body) :]
