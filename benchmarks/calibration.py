"""How often what the engine says with a probability comes true.

    python -m benchmarks.calibration --jobs 2       # goes on where it was stopped, then the table
    python -m benchmarks.calibration --list         # how many sweeps are left

The sweeps are those of the race, base condition, the engine alone. After 16, 24, 32 and 40 runs
what was said is held against the truth: the intervals in which the results since were predicted,
the chance of each proposal to beat the incumbent, the probability that the incumbent is the best of
the runs, and the probability that it is near enough to the best there is, by which the sweep may
stop.
"""

from __future__ import annotations

import argparse
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.markdown import table
from benchmarks.peers.engine import Engine
from benchmarks.peers.peer import Result
from benchmarks.race import checkpoints
from benchmarks.results import CHECKPOINTS
from benchmarks.rows import go_on, read
from benchmarks.tasks import KINDS, REPORTING, Task, load, names_of
from benchmarks.world import BASE, CONDITIONS
from recommender.engine.answers import Suggestion
from recommender.insight.calibration import coverage
from recommender.run import Params

RESULTS = Path(__file__).with_name("results") / "calibration.csv"
SEEDS = 20
NOMINAL = (0.5, 0.8, 0.95)


@dataclass(frozen=True, order=True)
class Key:
    """Which sweep."""

    task: str
    seed: int


@dataclass(frozen=True)
class Row:
    """What was said after so many runs of a sweep, and whether it was so.

    Of the `predicted` results since the row before, so many lay within the central 50, 80 and 95 %
    intervals, and by the truth `beaten` of those runs were better than the incumbent of their time;
    `chances` is the sum of the chances that they had been given. `best` is the probability said
    that the incumbent is the best run, and `is_best` whether it is; `near` the probability that its
    regret is within the tolerance, and `is_near` whether it is, of all configurations. Both are nan
    where nothing is said. `stop` is the advice.
    """

    task: str
    seed: int
    runs: int
    predicted: int
    inside_50: int
    inside_80: int
    inside_95: int
    chances: float
    beaten: int
    best: float
    is_best: int
    near: float
    is_near: int
    stop: int
    regret: float

    @property
    def key(self) -> Key:
        """Which sweep it was."""
        return Key(self.task, self.seed)


class Watched(Engine):
    """The engine, with what it predicted of every result.

    Attributes:
        predicted: the results with the mean and the standard deviation that were predicted.
        hoped: the proposals' chances, and whether each has beaten the incumbent of its time.
    """

    def __init__(self, task: Task, seed: int) -> None:
        super().__init__(task.space, seed)
        self.task = task
        self.predicted: list[tuple[float, float, float]] = []
        self.hoped: list[tuple[float, bool]] = []
        self._asked: list[Suggestion] = []

    def ask(self, n: int) -> list[Params]:
        """Propose n runs, and remember what is said of them."""
        to_beat = self.task.scored(self.best())
        self._asked = list(self.recommender.ask(n))
        for suggestion in self._asked:
            if (chance := suggestion.probability_of_improvement) is not None:
                self.hoped.append((chance, self.task.scored(suggestion.params) < to_beat))
        return [suggestion.params for suggestion in self._asked]

    def tell(self, results: Sequence[Result]) -> None:
        """Take the results of the batch."""
        super().tell(results)
        told = list(results)
        for suggestion in self._asked:
            at = next(i for i, (params, _) in enumerate(told) if params == suggestion.params)
            _, loss = told.pop(at)
            if loss is not None and suggestion.mean is not None and suggestion.sd is not None:
                self.predicted.append((loss, suggestion.mean, suggestion.sd))


def examine(key: Key) -> list[Row]:
    """Run one sweep, and hold what is said at each checkpoint against the truth."""
    task = load(key.task)
    peer = Watched(task, key.seed)
    rows = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries that train the tasks' models
        for runs, finished in zip(
            CHECKPOINTS, checkpoints(peer, task, CONDITIONS[BASE], key.seed), strict=True
        ):
            rows.append(_row(key, runs, peer, task, [params for params, _ in finished]))
            peer.predicted.clear()
            peer.hoped.clear()
    return rows


def _row(key: Key, runs: int, peer: Watched, task: Task, finished: list[Params]) -> Row:
    incumbent, outlook = peer.recommender.best(), peer.recommender.outlook()
    assert incumbent is not None
    value = task.scored(incumbent.params)
    result, mean, sd = np.reshape(peer.predicted, (-1, 3)).T
    inside = [coverage(result, mean, sd, nominal).inside for nominal in NOMINAL]
    said = incumbent.probability_best
    return Row(
        task=key.task,
        seed=key.seed,
        runs=runs,
        predicted=len(peer.predicted),
        inside_50=inside[0],
        inside_80=inside[1],
        inside_95=inside[2],
        chances=round(sum(chance for chance, _ in peer.hoped), 4),
        beaten=sum(beaten for _, beaten in peer.hoped),
        best=math.nan if said is None else round(said, 4),
        is_best=int(value <= min(task.scored(params) for params in finished)),
        near=math.nan if outlook is None else round(outlook.chance, 4),
        is_near=int(outlook is not None and value - task.scale.best <= outlook.tolerance),
        stop=int(outlook is not None and outlook.stop),
        regret=float(f"{task.regret(incumbent.params):.4g}"),
    )


def report(rows: Sequence[Row]) -> str:
    """Return how often what was said came true, as a Markdown table, and what stopping cost."""
    heads = ("", "said", *(f"in {nominal:.0%}" for nominal in NOMINAL), "beats: said", "so",
             "best: said", "so", "near: said", "so", "stops", "right")  # fmt: skip
    own = [row for row in rows if row.task in names_of("reporting")]
    groups = {
        f"after {runs} runs": [row for row in own if row.runs == runs] for runs in CHECKPOINTS
    }
    groups |= {kind: [row for row in own if KINDS[row.task] == kind] for kind in REPORTING}
    groups["all"] = own
    groups["the choosing half"] = [row for row in rows if row.task in names_of("choosing")]
    lines = [[name, *_cells(some)] for name, some in groups.items() if some]
    return f"{table(heads, lines)}\n\n{_stopping(own)}" if lines else "No results yet."


def _cells(rows: Sequence[Row]) -> list[str]:
    predicted = sum(row.predicted for row in rows)
    inside = np.sum([(row.inside_50, row.inside_80, row.inside_95) for row in rows], axis=0)
    best = [row for row in rows if not math.isnan(row.best)]
    near = [row for row in rows if not math.isnan(row.near)]
    stops = [row for row in rows if row.stop]
    return [
        str(len(rows)),
        *(f"{count / predicted:.0%}" if predicted else "" for count in inside),
        f"{sum(row.chances for row in rows) / predicted:.2f}" if predicted else "",
        f"{sum(row.beaten for row in rows) / predicted:.2f}" if predicted else "",
        _share([row.best for row in best]),
        _share([row.is_best for row in best]),
        _share([row.near for row in near]),
        _share([row.is_near for row in near]),
        str(len(stops)),
        str(sum(row.is_near for row in stops)),
    ]


def _share(values: Sequence[float]) -> str:
    return f"{np.mean(values):.2f}" if values else ""


def _stopping(rows: Sequence[Row]) -> str:
    """Return what it would have cost to stop where that was advised first."""
    last = {row.key: row for row in rows if row.runs == CHECKPOINTS[-1]}
    first: dict[Key, Row] = {}
    for row in sorted(rows, key=lambda row: row.runs):
        if row.stop and row.runs < CHECKPOINTS[-1] and row.key in last:
            first.setdefault(row.key, row)
    if not first:
        return "No sweep was advised to stop before its last batch."
    then, on = (
        np.mean([row.regret for row in some])
        for some in (first.values(), [last[key] for key in first])
    )
    spared = sum(CHECKPOINTS[-1] - row.runs for row in first.values())
    return (
        f"{len(first)} of {len(last)} sweeps were advised to stop before {CHECKPOINTS[-1]} runs, "
        f"which spares {spared} runs. Their mean regret was {then:.4f} then, and {on:.4f} at the "
        "end."
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"of each task (default {SEEDS})")
    parser.add_argument("--jobs", type=int, default=2, help="processes side by side (default 2)")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the results file")
    parser.add_argument("--list", action="store_true", help="say how many are left, and run none")
    options = parser.parse_args()
    done = {row.key for row in read(options.out, Row)}
    keys = [
        Key(task, seed)
        for seed in range(options.seeds)
        for half in ("choosing", "reporting")
        for task in names_of(half)
    ]
    go_on(examine, keys, done, options.out, options.jobs, options.list)
    print(report(read(options.out, Row)))


if __name__ == "__main__":
    main()
