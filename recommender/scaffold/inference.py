"""A first sweep from a table of past runs: parameters, scales, bounds and the objective."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from recommender.errors import SpaceError, TableError, did_you_mean
from recommender.number import format_value
from recommender.run import Direction, Objective, Value
from recommender.scaffold.bounds import linear_bounds, log_bounds, spans_a_decade, whole
from recommender.space import Categorical, Integer, Parameter, Real, Scale
from recommender.tables.cells import decimal_commas, fault, is_failed_number, number_in
from recommender.tables.columns import (
    HOURS,
    LABELS,
    NOTES,
    STATUS,
    cells_by_column,
    describe,
    find_column,
    fold,
    is_numeric,
)
from recommender.tables.document import read_document, repair_table
from recommender.tables.runs import nothing_readable, read_runs
from recommender.tables.table import Document, Table, shown
from recommender.vocabulary import is_loss_like, is_metric_name, is_minimized, is_temperature_like

_NEITHER = LABELS | STATUS | HOURS | NOTES
_NOT_SEARCHED = frozenset({"seed", "randomseed"})


@dataclass(frozen=True, slots=True)
class InferredSweep:
    """What a table suggests for a sweep file, and notes for the person who checks it.

    `parameters` has each with one line on where its bounds came from. Nothing is suggested as a
    context: whether a parameter rescales the objective, only a person knows.
    """

    objective: Objective
    parameters: tuple[tuple[Parameter, str], ...]
    notes: tuple[str, ...]


def infer_sweep(
    path: Path,
    *,
    metric: str | None = None,
    reserved: Collection[str] = (),
    encoding: str | None = None,
) -> InferredSweep:
    """Infer a sweep from the table of a file that has the most rows with numbers.

    Columns are told apart by name and by place: metrics by their name, and what stands right of
    the first of them; numeric columns left of it are parameters. `metric` names the objective;
    without it, the metric with the most values is it. No parameter has a `reserved` name.

    Raises:
        TableError: the file cannot be read, or no metric, parameter or run can be found in it.
    """
    document = read_document(path, encoding)
    tables = [repair_table(table)[0] for table in document.tables]
    main = max(tables, key=_rows_with_numbers)
    cells = cells_by_column([main])
    where = f"{path}:{main.line}"
    if metric is not None:
        metric = _named_metric(main, metric, where)
    metrics = _metrics(cells, metric)
    if not metrics:
        raise TableError(
            f"{where}: none of the columns {describe(main)} is a metric by its name; "
            "say which one is, with --metric NAME"
        )
    unread = _unread(document, main, cells)
    names, notes = _parameters(main, cells, metrics, reserved)
    if not names:
        none = (
            f"{where}: none of the columns {describe(main)} is a parameter; parameters are columns "
            "of numbers, left of the metrics"
        )
        raise TableError("\n".join([none, *unread]))
    reading = read_runs(path, names, metrics=metrics, encoding=encoding)
    if not reading.runs:
        raise nothing_readable(reading, reading.findings)
    if metric is None:
        metric = max(metrics, key=lambda name: sum(name in run.metrics for run in reading.runs))
    parameters = []
    for name in names:
        values = [run.params[name] for run in reading.runs]
        if isinstance(values[0], str) and len(set(values)) == 1:
            notes.append(f"{name} is {values[0]} in every run, so it is no parameter")
            continue
        try:
            parameters.append(_parameter(name, values))
        except SpaceError as error:
            raise TableError(f"{where}: {error}; correct or delete that column") from error
    if not parameters:
        raise TableError("\n".join([f"{where}: nothing varies: {'; '.join(notes)}", *unread]))
    suspects = [name for name in names if is_temperature_like(name)]
    if is_loss_like(metric) and suspects:
        notes.append(
            f"{', '.join(suspects)} may change the scale of {metric} itself; where it does, values "
            "compare only at equal ones: list it under objective.context"
        )
    direction = Direction.MINIMIZE if is_minimized(metric) else Direction.MAXIMIZE
    return InferredSweep(
        objective=Objective(metric=metric, direction=direction),
        parameters=tuple(parameters),
        notes=(*notes, *unread),
    )


def _named_metric(table: Table, metric: str, where: str) -> str:
    found = find_column(table.header, metric)
    if found is None:
        raise TableError(
            f"{where}: there is no column for the metric {metric}"
            f"{did_you_mean(metric, table.header)}; the columns are {describe(table)}"
        )
    return table.header[found]


def _unread(document: Document, table: Table, cells: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what of the file and of the table cannot be read, one sentence each."""
    unread = [
        f"line {finding.line}: {finding.message}"
        for finding in document.findings
        if finding.kind == "left-out"
    ]
    if commas := decimal_commas(cell for filled in cells.values() for cell in filled):
        unread.append(commas)
    if table.rows and not any(cells.values()):
        unread.append("no row has as many cells as the header")
    return unread


def _rows_with_numbers(table: Table) -> int:
    return sum(sum(number_in(cell) is not None for cell in row.cells) > 1 for row in table.rows)


def _metrics(cells: dict[str, list[str]], metric: str | None) -> tuple[str, ...]:
    """Return the metric columns: by name, and those right of the first unless it comes first."""
    columns = [name for name in cells if fold(name) not in _NEITHER or name == metric]
    by_name = [name for name in columns if name == metric or is_metric_name(name)]
    if not by_name:
        return ()
    first = columns.index(by_name[0])
    if not any(is_numeric(cells[name]) for name in columns[:first]):
        return tuple(by_name)
    return tuple(
        name
        for name in columns[first:]
        if name in by_name or not cells[name] or is_numeric(cells[name])
    )


def _parameters(
    table: Table, cells: dict[str, list[str]], metrics: Sequence[str], reserved: Collection[str]
) -> tuple[list[str], list[str]]:
    """Return the parameters' names, and notes on the columns that were passed over."""
    names = []
    notes = []
    has_label = any(fold(name) in LABELS for name in cells)
    for name, filled in cells.items():
        if name in metrics or fold(name) in _NEITHER:
            continue
        numbers = sum(number_in(cell) is not None for cell in filled)
        if fold(name) in _NOT_SEARCHED:
            notes.append(f"{name} is not searched; it only repeats a training")
        elif name in reserved:
            notes.append(
                f"{name} is not searched, for the history has a column of that name; to search "
                "it, rename it in the table"
            )
        elif not filled:
            notes.append(f"{name} is blank in every row, so it is no parameter")
        elif 2 * numbers > len(filled):
            names.append(name)
        elif not has_label and name == table.header[0]:
            has_label = True
        elif failed := next(filter(is_failed_number, filled), None):
            notes.append(f"{name} is not a parameter yet: {shown(failed)} {fault(failed)}")
        elif numbers == 0 and _repeats(filled):
            names.append(name)
        else:
            notes.append(f"{name} holds neither numbers nor a few repeated words; not a parameter")
    return names, notes


def _repeats(filled: Sequence[str]) -> bool:
    few = 2 <= len(set(filled)) <= 10
    return few and len(set(filled)) < len(filled)


def _parameter(name: str, values: Sequence[Value]) -> tuple[Parameter, str]:
    """Return the parameter that a column suggests, and where its bounds or choices came from."""
    numbers = [value for value in values if not isinstance(value, str)]
    distinct = sorted(set(numbers))
    if not distinct:
        choices = tuple(dict.fromkeys(values))
        return Categorical(name, choices), f"the {len(choices)} values in the runs"
    if distinct == [0, 1] and all(isinstance(value, int) for value in numbers):
        return Integer(name, 0, 1), "0 or 1 in every run: a switch, or else make it real"
    spread = f"runs span {format_value(distinct[0])} to {format_value(distinct[-1])}"
    scale: Scale = "linear"
    if len(distinct) == 1:
        low, high = linear_bounds(distinct)
        origin = (
            f"never varied: every run has {format_value(distinct[0])}; bounds are a guess, "
            "check them"
        )
    elif spans_a_decade(distinct):
        scale, (low, high) = "log", log_bounds(distinct)
        origin = (
            f"{spread} ({len(distinct)} values); log scale because they span a decade or more; "
            "bounds one step of 1-2-5 beyond"
        )
    else:
        low, high = linear_bounds(distinct)
        origin = f"{spread} ({len(distinct)} values); bounds up to a quarter of that range beyond"
    if all(isinstance(value, int) for value in numbers) and distinct[-1] >= 2:
        return Integer(name, *whole(low, high, distinct[0]), scale), origin
    return Real(name, low, high, scale), origin
