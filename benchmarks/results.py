"""The results: a file of one row a race, appended when the race ends, and its arrays of regrets."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.peers import OURS, PEERS

Array = npt.NDArray[np.float64]

FOLDER = Path(__file__).with_name("results")
RESULTS, ABLATION = FOLDER / "race.csv", FOLDER / "ablation.csv"
CHECKPOINTS = (16, 24, 32, 40)
LOST = 1.0  # the regret of a race that broke off: the median of random configurations
COLUMNS = (
    "condition",
    "task",
    "peer",
    "seed",
    *(f"regret_{runs}" for runs in CHECKPOINTS),
    "luckiest_40",
    "seconds",
    "error",
)


@dataclass(frozen=True, order=True)
class Key:
    """Which race: everything that decides how it ends."""

    condition: str
    task: str
    peer: str
    seed: int


@dataclass(frozen=True)
class Row:
    """How a race ended.

    Attributes:
        key: which race.
        regrets: the regret of the recommended run at each checkpoint that was reached.
        luckiest: the regret of the run with the lowest recorded loss, in the end.
        seconds: the processor time of the whole race, without loading the library.
        error: why the race broke off, or nothing.
    """

    key: Key
    regrets: tuple[float, ...]
    luckiest: float | None
    seconds: float
    error: str = ""


class Results:
    """The races of some conditions and tasks, to be compared peer with peer."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = {row.key: row for row in rows}
        found = dict.fromkeys(key.peer for key in self.rows)
        self.peers = sorted(found, key=[*PEERS, *found].index)
        self.others = [name for name in self.peers if name != OURS]

    def only(self, condition: str, tasks: Sequence[str]) -> Results:
        """Return the races of one condition on these tasks."""
        return Results(
            row
            for key, row in self.rows.items()
            if key.condition == condition and key.task in tasks
        )

    def on(self, task: str) -> Results:
        """Return the races on one task."""
        return Results(row for key, row in self.rows.items() if key.task == task)

    @property
    def often_raced(self) -> list[str]:
        """The peers with at least half as many races as this engine."""
        counts = Counter(key.peer for key in self.rows)
        return [name for name in self.peers if 2 * counts[name] >= counts[OURS]]

    def of(self, peers: Sequence[str], runs: int) -> Array:
        """Return (n, p) regrets after so many runs: of the n races that all these peers ended."""
        shared = [
            {(key.task, key.seed): row for key, row in self.rows.items() if key.peer == peer}
            for peer in peers
        ]
        races = sorted(set.intersection(*map(set, shared))) if shared else []
        table = [[_regret(rows[race], runs) for rows in shared] for race in races]
        return np.array(table).reshape(len(races), len(peers))

    def pairs(self, peer: str, runs: int = CHECKPOINTS[-1]) -> tuple[Array, Array]:
        """Return our regrets and those of a peer in the races that both ended."""
        table = self.of([OURS, peer], runs)
        return table[:, 0], table[:, 1]

    def pairs_by_task(self, peer: str) -> list[tuple[Array, Array]]:
        """Return the same pairs after all runs, task by task, of the tasks that have any."""
        tasks = dict.fromkeys(key.task for key in self.rows)
        pairs = [self.on(task).pairs(peer) for task in tasks]
        return [pair for pair in pairs if len(pair[0])]

    @property
    def failed(self) -> dict[str, list[Row]]:
        """The races that broke off, by peer."""
        return {
            peer: [row for key, row in self.rows.items() if key.peer == peer and row.error]
            for peer in self.peers
        }


def read(path: Path) -> list[Row]:
    """Return the rows of a file; there are none in a file that does not exist."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [_row(cells) for cells in csv.DictReader(file)]


def append(path: Path, row: Row) -> None:
    """Append one race."""
    if not path.exists():
        write(path, [])
    with path.open("a", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerow(_cells(row))


def write(path: Path, rows: Iterable[Row]) -> None:
    """Write a file anew."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(_cells(row) for row in rows)


def _regret(row: Row, runs: int) -> float:
    place = CHECKPOINTS.index(runs)
    return row.regrets[place] if place < len(row.regrets) else LOST


def _row(cells: dict[str, str]) -> Row:
    regrets = [cells[f"regret_{runs}"] for runs in CHECKPOINTS]
    return Row(
        Key(cells["condition"], cells["task"], cells["peer"], int(cells["seed"])),
        tuple(float(regret) for regret in regrets if regret),
        float(cells["luckiest_40"]) if cells["luckiest_40"] else None,
        float(cells["seconds"]),
        cells["error"],
    )


def _cells(row: Row) -> list[str]:
    regrets = [f"{regret:.6g}" for regret in row.regrets]
    return [
        row.key.condition,
        row.key.task,
        row.key.peer,
        str(row.key.seed),
        *regrets,
        *[""] * (len(CHECKPOINTS) - len(regrets)),
        "" if row.luckiest is None else f"{row.luckiest:.6g}",
        f"{row.seconds:.2f}",
        row.error,
    ]
