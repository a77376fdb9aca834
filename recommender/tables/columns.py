"""What each column of a run table is: a parameter, a metric, or something said about the run."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from recommender.errors import TableError
from recommender.tables.cells import is_failed_number, is_missing, number_in
from recommender.tables.table import Finding, Table, listed, shown
from recommender.vocabulary import is_metric_name


def fold(name: str) -> str:
    """Return a name without case, width, blanks, dashes, underscores, and arrows: `NMI ↑`."""
    return re.sub(r"[\s_↑↓-]+", "", unicodedata.normalize("NFKC", name)).casefold()


LABELS = frozenset(
    {"id", "run", "runid", "runname", "label", "name", "experiment", "trial"}
    | {"time", "date", "datetime", "timestamp", "日期", "时间", "日期时间", "编号", "名称"}
)
STATUS = frozenset({"status", "state", "状态"})
HOURS = frozenset({"hours", "durationhours"})
NOTES = frozenset({"note", "notes", "comment", "comments", "备注"})


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of a run table's columns by what they are."""

    label: str | None
    status: str | None
    hours: str | None
    note: str | None
    metrics: tuple[str, ...]
    extras: tuple[str, ...]

    def without(self, reserved: Collection[str]) -> tuple[Columns, list[str]]:
        """Return these less the metrics and extras of `reserved` names, and which those were."""
        kept = replace(
            self,
            metrics=tuple(name for name in self.metrics if name not in reserved),
            extras=tuple(name for name in self.extras if name not in reserved),
        )
        return kept, [name for name in (*self.metrics, *self.extras) if name in reserved]


def find_column(header: Sequence[str], name: str, others: Sequence[str] = ()) -> int | None:
    """Return where `name` stands: exactly, or else apart from case, blanks, dashes, underscores.

    A column that bears exactly the name of one of `others` is that one, not this.
    """
    if name in header:
        return header.index(name)
    folded = (i for i, column in enumerate(header) if fold(column) == fold(name) != "")
    return next((i for i in folded if header[i] not in others), None)


def with_names(table: Table, wanted: Sequence[str], path: Path) -> tuple[Table, list[Finding]]:
    """Return the table with the columns that fit `wanted` under exactly those names.

    Raises:
        TableError: two columns have one name.
    """
    header = list(table.header)
    findings = []
    for name in wanted:
        found = find_column(table.header, name, wanted)
        if found is not None and table.header[found] != name:
            message = f"the column {shown(table.header[found])} is taken for {name}"
            findings.append(Finding(table.line, "noticed", message))
            header[found] = name
    repeated = next((name for name, count in Counter(header).items() if name and count > 1), None)
    if repeated is not None:
        raise TableError(
            f"{path}:{table.line}: two columns are named {shown(repeated)}; every column needs "
            "a name of its own: rename or delete one"
        )
    return Table(table.line, tuple(header), table.rows, table.place), findings


def check_metrics(columns: Columns, known: Sequence[str], where: str) -> None:
    """Check that no two metrics have one name in all but case, blanks, dashes, underscores.

    Those that are `known` under both names are two.

    Raises:
        TableError: two columns are one metric.
    """
    by_fold: dict[str, str] = {}
    for name in columns.metrics:
        other = by_fold.setdefault(fold(name), name)
        is_metric = name in known or other in known or is_metric_name(name)
        if other != name and is_metric and not {name, other}.issubset(known):
            raise TableError(
                f"{where}: the columns {shown(other)} and {shown(name)} are one metric by their "
                "names; rename or delete one"
            )


def split_at_headers(table: Table, parameters: Sequence[str]) -> list[Table]:
    """Return the table, parted at each row that holds the name of every parameter.

    Files that were joined, and sheets with several tables, have such rows.
    """
    wanted = set(parameters)
    tops = [i for i, row in enumerate(table.rows) if wanted and wanted.issubset(row.cells)]
    parts = [Table(table.line, table.header, table.rows[: tops[0] if tops else None], table.place)]
    for top, end in zip(tops, [*tops[1:], None], strict=False):
        row = table.rows[top]
        parts.append(Table(row.line, row.cells, table.rows[top + 1 : end], table.place))
    return parts


def check_nameless(table: Table) -> list[Finding]:
    """Return a finding where a column without a name holds something, which is not read."""
    if "" not in table.header:
        return []
    nameless = [i for i, name in enumerate(table.header) if not name]
    lines = [row.line for row in table.rows if any("".join(row.cells[i : i + 1]) for i in nameless)]
    message = f"a column without a name holds text in {len(lines)} row(s); give it a name"
    return [Finding(lines[0], "left-out", message)] if lines else []


def cells_by_column(tables: Iterable[Table]) -> dict[str, list[str]]:
    """Return the filled cells of each named column, over all rows that fit their header."""
    cells: dict[str, list[str]] = {}
    for table in tables:
        for name in filter(None, table.header):
            cells.setdefault(name, [])
        for row in table.rows:
            if len(row.cells) == len(table.header):
                for name, cell in zip(table.header, row.cells, strict=True):
                    if name and not is_missing(cell):
                        cells[name].append(cell)
    return cells


def is_numeric(cells: Iterable[str]) -> bool:
    """Whether a column holds at least one strict number."""
    return any(number_in(cell) is not None for cell in cells)


def classify(tables: Sequence[Table], parameters: Sequence[str], metrics: Sequence[str]) -> Columns:
    """Tell what the columns are that are no parameters; `metrics` are so by name.

    The label is a column with a name for it, else the first one left of the parameters that
    holds text. A column with a number in it is a metric, and so is one that is named like a
    metric and holds nothing else than failed numbers, or nothing at all so far.
    """
    cells = cells_by_column(tables)
    rest = [name for name in cells if name not in parameters]
    free = [name for name in rest if name not in metrics]

    def first(names: frozenset[str]) -> str | None:
        return next((name for name in free if fold(name) in names), None)

    status, hours, note = first(STATUS), first(HOURS), first(NOTES)
    header = tables[0].header
    places = [header.index(name) for name in parameters if name in header]
    left = header[: min(places)] if places else header
    texts = (
        name
        for name in left
        if name in free
        and name not in {status, hours, note}
        and 2 * sum(number_in(cell) is None for cell in cells[name]) > len(cells[name])
    )
    label = first(LABELS) or next(texts, None)
    about = {label, status, hours, note}

    def is_metric(name: str) -> bool:
        if name in metrics:
            return True
        if name in about or fold(name) in LABELS:
            return False
        to_be_one = is_metric_name(name) and all(map(is_failed_number, cells[name]))
        return to_be_one or is_numeric(cells[name])

    found = [name for name in rest if is_metric(name)]
    extras = [name for name in rest if name not in found and name not in about]
    return Columns(label, status, hours, note, tuple(found), tuple(extras))


def describe(table: Table) -> str:
    """Return the table's columns for a message."""
    names = [name for name in table.header if name]
    if len(table.header) == 1:
        return f"{listed(names)} alone (columns are separated by commas, semicolons or tabs)"
    return listed(names) or "no named column"
