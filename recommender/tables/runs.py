"""The run tables of a file: which tables hold runs, and what each row states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from recommender.errors import TableError, did_you_mean
from recommender.number import format_value, parse_value
from recommender.tables.cells import decimal_commas, fault, is_failed_number, is_missing, number_in
from recommender.tables.columns import (
    Columns,
    cells_by_column,
    check_metrics,
    check_nameless,
    classify,
    describe,
    find_column,
    is_numeric,
    split_at_headers,
    with_names,
)
from recommender.tables.document import read_document, repair_table
from recommender.tables.table import Finding, Row, Table, shown
from recommender.tables.text import looks_damaged

Values = Mapping[str, float | int | str]


@dataclass(frozen=True, slots=True)
class TableRun:
    """One past run as the table states it.

    Texts are as written, after certain repair. `metrics` and `extras` hold only the filled cells;
    `hours` is the run's duration.
    """

    line: int
    label: str
    params: Values
    metrics: Mapping[str, float]
    status: str
    hours: float | None
    note: str
    extras: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TableReading:
    """What a file says of past runs, and all that was repaired, left out or noticed.

    `metrics` and `extras` name the columns in order, blank ones too; `rows` counts the rows that
    hold anything, taken or not; `commas` says how many numbers have a decimal comma, and is empty
    if none has; `findings` are in line order.
    """

    path: str
    metrics: tuple[str, ...]
    extras: tuple[str, ...]
    rows: int
    commas: str
    runs: tuple[TableRun, ...]
    findings: tuple[Finding, ...]


def read_runs(
    path: Path,
    parameters: Sequence[str],
    *,
    backfill: Values | None = None,
    metrics: Sequence[str] = (),
    known_metrics: Sequence[str] = (),
    reserved: Collection[str] = (),
    encoding: str | None = None,
) -> TableReading:
    """Read the past runs from every table of a file that has all `parameters` as columns.

    Nothing is guessed: a cell that is not strictly a number is left out with a finding, and a row
    whose parameters are not all readable too.

    Args:
        path: the file.
        parameters: the names of the parameters.
        backfill: the values that runs had of parameters which a table may lack or leave blank.
        metrics: the names of the metrics that the table should have.
        known_metrics: those of further metrics that it may have; a column that differs from such a
            name only in case, blanks, dashes or underscores is that metric.
        reserved: names that no metric and no further column may have; such a column is left out.
        encoding: that of a text that is neither UTF-8 nor UTF-16.

    Raises:
        TableError: the file cannot be read, no table has all the parameters, or two columns of
            a run table have one name.
    """
    named = list(dict.fromkeys((*metrics, *known_metrics)))
    backfill = backfill or {}
    needed = [name for name in parameters if name not in backfill]
    tables, findings = _run_tables(path, parameters, needed, named, encoding)
    columns, refused = classify(tables, parameters, named).without(reserved)
    check_metrics(columns, named, f"{path}:{tables[0].line}")
    for name in refused:
        message = f"the column {name} is not read, for the history has one of its own; rename it"
        findings.append(Finding(tables[0].line, "left-out", message))
    for name in (name for name in metrics if name not in columns.metrics):
        hint = did_you_mean(name, [*columns.metrics, *columns.extras])
        message = f"there is no column for the metric {name}{hint}"
        findings.append(Finding(tables[0].line, "noticed", message))
    cells = cells_by_column(tables)
    for name in columns.extras:
        if not cells[name] or not all(map(is_failed_number, cells[name])):
            continue
        text = cells[name][0]
        message = f"{name} is kept as text, for no cell is a number: {shown(text)} {fault(text)}"
        findings.append(Finding(tables[0].line, "noticed", message))
    numbers = [*parameters, *columns.metrics, *([columns.hours] if columns.hours else [])]
    numeric = frozenset(name for name in parameters if is_numeric(cells.get(name, ())))
    runs: list[TableRun] = []
    rows = 0
    for table in tables:
        reader = _Rows(table, tuple(parameters), backfill, columns, numeric)
        runs += reader.read()
        rows += reader.filled
        findings += reader.findings
    return TableReading(
        path=str(path),
        metrics=columns.metrics,
        extras=columns.extras,
        rows=rows,
        commas=decimal_commas(cell for name in numbers for cell in cells.get(name, ())),
        runs=tuple(runs),
        findings=tuple(sorted(findings, key=lambda finding: finding.line)),
    )


def nothing_readable(reading: TableReading, findings: Sequence[Finding]) -> TableError:
    """Return the error that none of the rows can be taken as a run, for the reasons found."""
    left_out = [finding for finding in findings if finding.kind == "left-out"]
    reasons = [f"{reading.path}:{finding.line}: {finding.message}" for finding in left_out[:5]]
    if len(left_out) > len(reasons):
        reasons.append(f"and {len(left_out) - len(reasons)} more like these")
    because = f": {reading.commas}" if reading.commas else ""
    said = f"{reading.path}: none of its {reading.rows} row(s) can be taken as a run{because}"
    return TableError("\n".join([said, *reasons]))


def _run_tables(
    path: Path,
    parameters: Sequence[str],
    needed: Sequence[str],
    metrics: Sequence[str],
    encoding: str | None,
) -> tuple[list[Table], list[Finding]]:
    """Return the tables with all needed parameters, their columns under the names asked for."""
    document = read_document(path, encoding)
    findings = list(document.findings)
    others: list[Table] = []
    tables: list[Table] = []
    wanted = [*parameters, *metrics]
    for raw in document.tables:
        whole, repairs = repair_table(raw)
        parts = split_at_headers(whole, needed)
        holding_runs = [part for part in parts if not _lacking(part, needed)]
        others += [part for part in parts if _lacking(part, needed)]
        findings += repairs if holding_runs else []
        for part in holding_runs:
            named, renamed = with_names(part, wanted, path)
            tables.append(named)
            wanted += [name for name in named.header if name and name not in wanted]
            findings += [*renamed, *check_nameless(named)]
    if not tables:
        nearest = min(others, key=lambda table: len(_lacking(table, needed)))
        raise _no_run_table(path, nearest, needed)
    for table in others:
        message = (
            f"{_in(table)}the table with the columns {describe(table)} holds no runs: "
            f"it lacks {', '.join(_lacking(table, needed))}"
        )
        findings.append(Finding(table.line, "left-out", message))
    return tables, findings


def _in(table: Table) -> str:
    return f"{table.place}: " if table.place else ""


def _lacking(table: Table, parameters: Sequence[str]) -> list[str]:
    return [name for name in parameters if find_column(table.header, name, parameters) is None]


def _no_run_table(path: Path, table: Table, parameters: Sequence[str]) -> TableError:
    lacking = (f"{name}{did_you_mean(name, table.header)}" for name in _lacking(table, parameters))
    return TableError(
        f"{path}:{table.line}: {_in(table)}no table has a column for every parameter; the nearest "
        f"has {describe(table)} and lacks {', '.join(lacking)}. Rename the columns, or "
        "the parameters in the sweep file"
    )


class _LeftOutError(Exception):
    """A row cannot be taken, for the reason given."""


@dataclass(slots=True)
class _Rows:
    """Types the rows of one run table and keeps what it found."""

    table: Table
    parameters: tuple[str, ...]
    backfill: Values
    columns: Columns
    numeric: frozenset[str]
    findings: list[Finding] = field(default_factory=list)
    backfilled: Counter[str] = field(default_factory=Counter)
    filled: int = 0

    def read(self) -> list[TableRun]:
        runs = []
        blank = []
        for row in self.table.rows:
            if all(is_missing(cell) for cell in row.cells):
                blank.append(row.line)
                continue
            self.filled += 1
            try:
                runs.append(self._run(row))
            except _LeftOutError as reason:
                self._find(row.line, f"the row is left out: {reason}")
        if blank:
            where = ", ".join(map(str, blank[:10])) + (", ..." if len(blank) > 10 else "")
            self._find(blank[0], f"{len(blank)} blank row(s), at line {where}")
        for name, count in self.backfilled.items():
            value = format_value(self.backfill[name])
            message = f"{_in(self.table)}{name} is blank in {count} row(s), and taken as {value}"
            self.findings.append(Finding(self.table.line, "noticed", message))
        return runs

    def _find(self, line: int, message: str) -> None:
        self.findings.append(Finding(line, "left-out", _in(self.table) + message))

    def _run(self, row: Row) -> TableRun:
        width = len(self.table.header)
        if len(row.cells) != width:
            raise _LeftOutError(
                f"it has {len(row.cells)} cells under {width} columns; a comma inside a "
                "number or a text shifts the cells: write a decimal point, or quote the text"
            )
        cells = {
            name: "" if is_missing(cell) else cell
            for name, cell in zip(self.table.header, row.cells, strict=True)
            if name
        }
        params = {name: self._parameter(name, cells.get(name, "")) for name in self.parameters}
        numbers = {
            name: number
            for name in self.columns.metrics
            if (number := self._number(row.line, name, cells)) is not None
        }
        return TableRun(
            line=row.line,
            label=cells.get(self.columns.label or "", ""),
            params=params,
            metrics=numbers,
            status=cells.get(self.columns.status or "", ""),
            hours=self._number(row.line, self.columns.hours or "", cells),
            note=cells.get(self.columns.note or "", ""),
            extras={name: cells[name] for name in self.columns.extras if cells.get(name)},
        )

    def _parameter(self, name: str, cell: str) -> float | int | str:
        if not cell and name in self.backfill:
            self.backfilled[name] += 1
            return self.backfill[name]
        if not cell:
            raise _LeftOutError(f"{name} is blank; a run needs a value for every parameter")
        if number_in(cell) is not None:
            return parse_value(cell)
        if name in self.numeric or is_failed_number(cell):
            raise _LeftOutError(f"{name} is {shown(cell)}, which {fault(cell)}")
        if looks_damaged(cell):
            raise _LeftOutError(f"{name} is {shown(cell)}, which is damaged; write it anew")
        return parse_value(cell)

    def _number(self, line: int, name: str, cells: Mapping[str, str]) -> float | None:
        cell = cells.get(name, "")
        number = number_in(cell)
        if cell and number is None:
            self._find(line, f"{name}: the cell {shown(cell)} {fault(cell)}")
        return number
