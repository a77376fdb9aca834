"""A CSV file of results, one row a dataclass, which grows one piece of work at a time."""

from __future__ import annotations

import csv
import multiprocessing
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

Row = TypeVar("Row")
Key = TypeVar("Key")


def read(path: Path, kind: type[Row]) -> list[Row]:
    """Return the rows of a file; there are none in a file that does not exist."""
    if not path.exists():
        return []
    types = get_type_hints(kind)
    with path.open(newline="", encoding="utf-8") as file:
        return [
            kind(**{name: types[name](text) for name, text in cells.items()})
            for cells in csv.DictReader(file)
        ]


def append(path: Path, rows: Sequence[Any]) -> None:
    """Append rows to a file, which is made with its header where there is none."""
    new = not path.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        if new:
            writer.writerow([field.name for field in fields(rows[0])])
        writer.writerows(astuple(row) for row in rows)


def go_on(
    work: Callable[[Key], Sequence[Any]],
    keys: Iterable[Key],
    done: set[Key],
    out: Path,
    jobs: int,
    only_list: bool,
) -> None:
    """Do the pieces of work that are not done yet, and append the rows of each when it ends."""
    wanted = [key for key in keys if key not in done]
    print(f"{len(done)} done, {len(wanted)} left", flush=True)
    if only_list or not wanted:
        return
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"  # as many processes as cores, so a thread each
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=spawn) as pool:
        for rows in pool.map(work, wanted):
            append(out, rows)
