"""How runs stand in a terminal: a table where it fits, else turned, with a column for each run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from recommender.cli.session import printable
from recommender.number import format_value
from recommender.run import Run

LONG_NAME = 12  # a longer heading is broken at its underlines

Row = Sequence[str]


def print_runs(console: Console, headings: Sequence[str], rows: Sequence[Row]) -> None:
    """Print a row for each run; no figure is ever cut off.

    Where the terminal is too narrow for that, the table is turned, with as many runs side by side
    as fit.
    """
    table = _table([_broken(name) for name in headings])
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    if _width(console, table) <= console.width:
        console.print(table)
        return
    start = 0
    while start < len(rows):
        end = next(
            end
            for end in range(len(rows), start, -1)
            if end == start + 1
            or _width(console, _turned(headings, rows[start:end])) <= console.width
        )
        if start:
            console.print()
        turned = _turned(headings, rows[start:end])
        turned.width = _width(console, turned)  # however narrow the terminal is
        console.print(turned, soft_wrap=True)
        start = end


def print_line(console: Console, first: str, text: str, style: str = "") -> None:
    """Print a text after a mark or an id: wrapped beside it on a terminal, else on one line."""
    if not console.is_terminal:
        console.print(Text(f"{printable(first)} {printable(text)}", style=style), soft_wrap=True)
        return
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column()
    grid.add_row(Text(printable(first), style=style), Text(printable(text), style=style))
    console.print(grid)


def print_title(console: Console, title: str) -> None:
    """Print the heading of a table."""
    console.print()
    console.print(Text(printable(title), style="bold"))


def cells(run: Run) -> list[str]:
    """Return a run's id and parameters as the cells of a row."""
    return [run.id, *(format_value(value) for value in run.params.values())]


def run_document(run: Run) -> dict[str, Any]:
    """Return a run as programs read it."""
    return {"id": run.id, "params": dict(run.params), "metrics": dict(run.metrics)}


def _table(headings: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for index, heading in enumerate(headings):
        justify = "left" if index == 0 else "right"
        table.add_column(Text(printable(heading)), justify=justify, no_wrap=True)  # type: ignore[arg-type]
    return table


def _turned(headings: Sequence[str], rows: Sequence[Row]) -> Table:
    table = _table([headings[0], *(row[0] for row in rows)])
    for index, heading in enumerate(headings[1:], 1):
        cells = (heading, *(row[index] for row in rows))
        table.add_row(*(Text(printable(cell)) for cell in cells))
    return table


def _broken(name: str) -> str:
    return name.replace("_", "_\n") if len(name) > LONG_NAME else name


def _width(console: Console, table: Table) -> int:
    return console.measure(table, options=console.options.update_width(100_000)).maximum
